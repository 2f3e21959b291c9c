"""The recorded ladders of chapter 3, device by device, beside the one that was measured here."""

from helpers.assets.recorded import LADDER_CSV, MEASURED, read_lines, read_rows
from helpers.course.chapter_3.ladder import LIMIT, over_runs
from helpers.course.notebook.measure import Speed


def read_ladders() -> dict[str, dict[str, Speed]]:
    """Return the recorded speeds of the rungs, device by device, each over all runs."""
    ladders = {}
    for path in sorted(MEASURED.rglob(LADDER_CSV)):
        runs = {}
        for row, speed in zip(read_lines(path), read_rows(path, Speed)):
            runs.setdefault(row["device"], {}).setdefault(row["rung"], []).append(speed)
        for device, rungs in runs.items():
            ladders[device] = {name: over_runs(speeds) for name, speeds in rungs.items()}
    return ladders


def ladder_table(ladders: dict) -> str:
    """Return a Markdown table, device by rung: images/s, and lowest to highest over the runs.

    In brackets: how many times as fast as the ReLU control.

    ladders: as `read_ladders` returns them
    """
    rows = [["images/s (times ReLU)", *ladders], ["---"] * (1 + len(ladders))]
    # sorted, the numbers of the rungs come before the control
    for name in sorted(set().union(*ladders.values())):
        cells = [_cell(speeds, name) for speeds in ladders.values()]
        rows.append([name, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(speeds: dict, name: str) -> str:
    if name not in speeds:
        return "-"
    speed = speeds[name]
    text = f"{speed.median:,.0f}"
    if speed.low < speed.high:
        text += f", {speed.low:,.0f} to {speed.high:,.0f}"
    return f"{text} ({speed.median / speeds[LIMIT].median:.2f})"
