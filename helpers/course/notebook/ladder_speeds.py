"""The recorded speeds of chapter 3's ladder, for each device that a study measured."""

from collections import defaultdict

from helpers.assets.study_results import LADDER_CSV, MEASURED, read_lines, read_rows
from helpers.course.notebook.measure import Speed, over_runs


def read_ladders() -> dict[str, dict[str, Speed]]:
    """Return the recorded speeds of the rungs of chapter 3, device by device, over all runs."""
    ladders = defaultdict(lambda: defaultdict(list))
    for path in sorted(MEASURED.rglob(LADDER_CSV)):
        for row, speed in zip(read_lines(path), read_rows(path, Speed)):
            ladders[row["device"]][row["rung"]].append(speed)
    return {
        device: {name: over_runs(speeds) for name, speeds in rungs.items()}
        for device, rungs in ladders.items()
    }
