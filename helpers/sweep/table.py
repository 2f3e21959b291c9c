"""What a sweep has found so far: a row for each run, a line for each setting.

It reads while runs are in progress, and disturbs none.
"""

import re
from collections import Counter
from math import nan
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from helpers.engine.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.sweep.intervals import seed_interval
from helpers.sweep.number import (
    FAILURE,
    LOCK,
    NUMBER_LOCK,
    is_locked,
    read_result,
    read_results,
    warn_of_processors,
)
from helpers.sweep.plan import STARTS, TABLES, TEST, folder_of, read_file, read_plan, write_runs
from helpers.sweep.plot_sweep import plot_sweep
from helpers.tools.write_whole import write_csv


class Row(NamedTuple):
    """What is known of one run. Scores are nan until it is done."""

    number: int
    setting: int
    seed: int
    options: dict[str, str]  # those that differ between the runs of the sweep
    state: str  # done, done without validation, running, failed, interrupted or waiting
    val_acc: float
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
    low: float  # of the 95 % interval of the mean; that is the mean itself if there is one seed
    high: float


def read_table(sweep: Path | str) -> list[Row]:
    """A row for each run of the plan."""
    runs = read_plan(sweep)
    differing = [name for name in runs[0].options if len({run.options[name] for run in runs}) > 1]
    rows = []
    for run, result in zip(runs, read_results(sweep, runs)):
        folder = folder_of(sweep, run.number)
        notes = read_file(folder / STARTS)
        rows.append(
            Row(
                *run[:3],  # number, setting and seed
                options={name: run.options[name] for name in differing},
                state=_state(folder, notes, result),
                val_acc=result.get(VAL_ACC, nan),
                steps=result.get("steps", 0),
                starts=notes.count(" start on "),
                seconds=sum(map(float, re.findall(r" end after ([\d.]+) s", notes))),
                memory_mib=result.get("memory_mib", nan),
            )
        )
    return rows


def _state(folder, notes, result):
    if result:
        return "done" if VAL_ACC in result else "done without validation"
    if not notes:
        return "waiting"
    if is_locked(folder / NUMBER_LOCK) or is_locked(folder / LOCK):
        return "running"
    if (folder / FAILURE).exists():
        return "failed"
    return "interrupted"


def read_curves(sweep: Path | str) -> list[tuple[int, int, float]]:
    """The validation accuracies of all runs in order: (number, step, accuracy)."""
    return [
        (run.number, int(step), float(value))
        for run in read_plan(sweep)
        for step, value in zip(*read_scores(folder_of(sweep, run.number)).get(VAL_ACC, ()))
    ]


def read_tests(sweep: Path | str) -> list[float]:
    """The accuracies of all runs in the test, in order: for the one setting that is chosen."""
    return [
        read_result(folder_of(sweep, run.number), TEST).get(TEST_ACC, nan)
        for run in read_plan(sweep)
    ]


def by_setting(rows: list[Row]) -> list[Setting]:
    """The settings of which a run is done, with validation, the best mean first."""
    scores_of = {}
    for row in rows:
        if row.state == "done":
            setting = row.setting, tuple(row.options.items())
            scores_of.setdefault(setting, []).append(row.val_acc)
    found = []
    for (number, options), scores in scores_of.items():
        low = high = mean(scores)
        if len(scores) >= 2:
            low, high = seed_interval(scores)
        found.append(Setting(number, dict(options), scores, mean(scores), low, high))
    return sorted(found, key=lambda setting: -setting.mean)


def count_differences(sweep: Path | str, other: Path | str) -> int:
    """How many numbers of two tables and of their learning curves differ.

    Starts, seconds and memory do not count: they differ with what happened on the way.
    """
    n_different = len({*map(str, read_curves(sweep))} ^ {*map(str, read_curves(other))})
    for row, same in zip(read_table(sweep), read_table(other), strict=True):
        # as texts, of which nan equals nan
        n_different += sum(str(ours) != str(theirs) for ours, theirs in zip(row[:-3], same[:-3]))
    return n_different


def show_table(sweep: Path, test: bool) -> None:
    """Print what is done, and what each setting has reached; write CSV files and a picture.

    test: print also what the best setting in validation reaches in the test
    """
    rows = read_table(sweep)
    settings = by_setting(rows)
    states = sorted(Counter(row.state for row in rows).items())
    counts = ", ".join(f"{n} {state}" for state, n in states)
    seconds = sum(row.seconds for row in rows)
    print(f"{len(rows)} runs: {counts}; {seconds / 3600:.2g} device-hours")
    warn_of_processors("\n".join(read_file(folder_of(sweep, row.number) / STARTS) for row in rows))
    for row in rows:
        if row.state == "failed":
            reason = read_file(folder_of(sweep, row.number) / FAILURE)
            print(f"number {row.number} failed: {reason}")
    if settings:
        print("", *_lines_of(settings), sep="\n")
    table, curves, picture = (sweep / name for name in TABLES)
    write_runs(table, rows)
    write_csv(curves, [("number", "step", VAL_ACC), *read_curves(sweep)])
    print(f"\nall runs        {table}\ntheir curves    {curves}")
    if settings:
        axes = plot_sweep(settings)
        axes[0].figure.savefig(picture, dpi=150)
        print(f"picture         {picture}")
        if test:
            chosen = settings[0].number
            tests = read_tests(sweep)
            reached = mean(tests[row.number] for row in rows if row.setting == chosen)
            print(f"test            setting {chosen}, {TEST_ACC} {reached:.4f}")


def _lines_of(settings):
    """A line for each setting, in columns."""
    table = [["setting", *settings[0].options, VAL_ACC, "95 % interval", "seeds"]]
    for setting in settings:
        interval = "unknown"
        if len(setting.scores) > 1:
            interval = f"{setting.low:.4f} to {setting.high:.4f}"
        table.append(
            [
                str(setting.number),
                *setting.options.values(),
                f"{setting.mean:.4f}",
                interval,
                str(len(setting.scores)),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  ".join(map(str.rjust, line, widths)) for line in table]
