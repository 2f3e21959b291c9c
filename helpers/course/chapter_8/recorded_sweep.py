"""The sweep that chapter 8 reads: 50 settings, each with four seeds, recorded by `helpers.sweep`.

Its plan is plan.yaml beside it. `again_24` and `again_200` hold ten new seeds of the settings that
had the best of 24 and of 200 runs.
"""

from helpers.assets.recorded import MEASURED, read_lines
from helpers.sweep.plan import read_runs
from helpers.sweep.table import Row

SWEEP = MEASURED / "sweep"


def read_recorded(name: str = "table") -> list[Row]:
    """The rows of a table that `helpers.sweep table` wrote; name: that of the file."""
    return read_runs(SWEEP / f"{name}.csv", Row)


def read_recorded_curves() -> dict[int, list[float]]:
    """The validation accuracy of each run after each epoch."""
    curves = {}
    for line in read_lines(SWEEP / "curves.csv"):
        curves.setdefault(int(line["number"]), []).append(float(line["val_acc"]))
    return curves
