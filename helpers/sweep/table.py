"""What a sweep has found so far: a row for each run, a line for each setting.

It reads while runs are in progress, and disturbs none.
"""

import csv
import re
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from helpers.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.sweep.intervals import mean_interval
from helpers.sweep.number import (
    FIT_LOCK,
    LOCK,
    folder_of,
    is_done,
    is_locked,
    read_result,
    why_failed,
)
from helpers.sweep.plan import Run, differing, read_plan

HOUR = 3600  # s


class Row(NamedTuple):
    """What is known of one run. Scores are nan until it is done."""

    number: int
    setting: int
    seed: int
    options: dict[str, str]  # those that differ between the runs of the sweep
    state: str  # done, running, failed, interrupted or waiting
    val_acc: float
    test_acc: float
    steps: int
    starts: int  # how often it was begun or gone on with
    seconds: float  # of all starts, but for what a kill took with it
    memory_mib: float  # the highest


class Setting(NamedTuple):
    """What the runs of one setting have reached."""

    number: int
    options: dict[str, str]
    scores: list[float]  # validation accuracies, one for each seed that is done
    mean: float
    low: float  # of the 95 % interval of the mean; that is the mean itself where there is one seed
    high: float


def read_table(sweep: Path) -> list[Row]:
    """A row for each run of the plan."""
    runs = read_plan(sweep)
    names = differing(runs)
    return [_read_row(sweep, run, names) for run in runs]


def _read_row(sweep: Path, run: Run, names: list[str]) -> Row:
    folder = folder_of(sweep, run.number)
    notes = ""
    if (folder / "starts.txt").exists():
        notes = (folder / "starts.txt").read_text()
    result = read_result(sweep, run.number)
    return Row(
        number=run.number,
        setting=run.setting,
        seed=run.seed,
        options={name: run.options[name] for name in names},
        state=_state(sweep, run.number),
        val_acc=result.get(VAL_ACC, float("nan")),
        test_acc=result.get(TEST_ACC, float("nan")),
        steps=result.get("steps", 0),
        starts=len(re.findall(r" start on ", notes)),
        seconds=sum(map(float, re.findall(r" end after ([\d.]+) s", notes))),
        memory_mib=result.get("memory_mib", float("nan")),
    )


def _state(sweep: Path, number: int) -> str:
    folder = folder_of(sweep, number)
    if is_done(sweep, number):
        return "done"
    if not (folder / "starts.txt").exists():
        return "waiting"
    if is_locked(folder / LOCK) or is_locked(folder / FIT_LOCK):
        return "running"
    return "failed" if (folder / "failed.txt").exists() else "interrupted"


def read_curves(sweep: Path) -> dict[int, list[tuple[int, float]]]:
    """The validation accuracies of each run that has some: (step, accuracy) in order."""
    curves = {}
    for run in read_plan(sweep):
        scores = read_scores(folder_of(sweep, run.number))
        if VAL_ACC in scores:
            steps, values = scores[VAL_ACC]
            curves[run.number] = [(int(step), float(value)) for step, value in zip(steps, values)]
    return curves


def by_setting(rows: list[Row]) -> list[Setting]:
    """The settings of which a run is done, the best mean first."""
    settings = {}
    for row in rows:
        if row.state == "done":
            settings.setdefault(row.setting, []).append(row)
    found = []
    for number, members in settings.items():
        scores = [row.val_acc for row in members]
        low = high = mean(scores)
        if len(scores) >= 2:
            low, high = mean_interval(scores)
        found.append(Setting(number, members[0].options, scores, mean(scores), low, high))
    return sorted(found, key=lambda setting: -setting.mean)


MAY_DIFFER = ("starts", "seconds", "memory_mib")  # with what happened on the way


def count_differences(sweep: Path | str, other: Path | str) -> int:
    """How many numbers of two tables and of their learning curves differ, but for MAY_DIFFER."""
    n_different = 0
    for row, same in zip(read_table(Path(sweep)), read_table(Path(other)), strict=True):
        for name in row._fields:
            if name not in MAY_DIFFER:
                n_different += getattr(row, name) != getattr(same, name)
    curves, others = read_curves(Path(sweep)), read_curves(Path(other))
    for number in sorted(set(curves) | set(others)):
        points = set(curves.get(number, [])) ^ set(others.get(number, []))
        n_different += len(points)
    return n_different


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write the rows as CSV, each option in a column of its own."""
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        names = list(rows[0].options)
        columns = [name for name in Row._fields if name != "options"]
        table.writerow([*columns[:3], *names, *columns[3:]])
        for row in rows:
            values = [getattr(row, name) for name in columns]
            table.writerow([*values[:3], *row.options.values(), *values[3:]])


def write_curves(path: Path, curves: dict[int, list[tuple[int, float]]]) -> None:
    """Write the learning curves as CSV, a line for each validation."""
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["number", "step", VAL_ACC])
        for number, curve in curves.items():
            table.writerows([number, step, value] for step, value in curve)


def show_table(sweep: Path) -> None:
    """Print what is done, and what each setting has reached; write CSV files and a picture."""
    from helpers.sweep.curves import plot_sweep  # here: the other functions draw nothing

    rows = read_table(sweep)
    settings = by_setting(rows)
    print(*describe(sweep, rows, settings), sep="\n")
    write_rows(sweep / "table.csv", rows)
    write_curves(sweep / "curves.csv", read_curves(sweep))
    print(f"\nall runs        {sweep / 'table.csv'}\ntheir curves    {sweep / 'curves.csv'}")
    if settings:
        axes = plot_sweep(settings)
        axes.flat[0].figure.savefig(sweep / "table.png", dpi=150, bbox_inches="tight")
        print(f"picture         {sweep / 'table.png'}")


def describe(sweep: Path, rows: list[Row], settings: list[Setting]) -> list[str]:
    """The lines of the table."""
    states = [row.state for row in rows]
    counts = [f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states))]
    hours = sum(row.seconds for row in rows) / HOUR
    size = sum(path.stat().st_size for path in sweep.rglob("*") if path.is_file()) / 1e6
    lines = [f"{len(rows)} runs: {', '.join(counts)}; {hours:.2g} device-hours, {size:.0f} MB"]
    for row in rows:
        if row.state == "failed":
            lines.append(f"number {row.number} failed: {why_failed(sweep, row.number)}")
    if not settings:
        return lines
    names = list(settings[0].options)
    header = ["setting", *names, VAL_ACC, "95 % interval", "seeds"]
    body = [header]
    for setting in settings:
        interval = "unknown"
        if len(setting.scores) > 1:
            interval = f"{setting.low:.4f} to {setting.high:.4f}"
        values = [setting.options[name] for name in names]
        n_seeds = str(len(setting.scores))
        body.append([str(setting.number), *values, f"{setting.mean:.4f}", interval, n_seeds])
    widths = [max(map(len, column)) for column in zip(*body)]
    lines.append("")
    for line in body:
        lines.append("  ".join(word.rjust(width) for word, width in zip(line, widths)))
    return lines
