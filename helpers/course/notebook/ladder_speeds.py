"""The recorded speeds of chapter 3's ladder, for each device that a study measured."""

from collections import defaultdict

from helpers.assets.study_results import LADDER_CSV, MEASURED, read_lines, read_rows
from helpers.course.notebook.measure import Speed, over_runs


def read_ladders() -> dict[str, dict[str, Speed]]:
    """Return the recorded speeds of the rungs of chapter 3, device by device, over all runs."""
    ladders = {}
    for path in sorted(MEASURED.rglob(LADDER_CSV)):
        rungs = defaultdict(list)
        for row, speed in zip(read_lines(path), read_rows(path, Speed)):
            rungs[row["rung"]].append(speed)
        ladders[row["device"]] = {name: over_runs(speeds) for name, speeds in rungs.items()}
    return ladders
