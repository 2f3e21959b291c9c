"""The sweep that chapter 8 reads: 50 settings, each with four seeds, recorded by `helpers.sweep`.

Its plan is plan.yaml beside it. `again_24` and `again_200` hold ten new seeds of the settings that
had the best of 24 and of 200 runs.
"""

import csv
from typing import get_type_hints

from helpers.assets.recorded import MEASURED
from helpers.sweep.table import Row

SWEEP = MEASURED / "sweep"


def read_recorded(name: str = "table") -> list[Row]:
    """The rows of a table that `helpers.sweep table` wrote; name: that of the file."""
    kinds = get_type_hints(Row)
    known = [field for field in Row._fields if field != "options"]
    rows = []
    with open(SWEEP / f"{name}.csv", newline="") as file:
        for line in csv.DictReader(file):
            values = {field: kinds[field](line.pop(field)) for field in known}
            rows.append(Row(**values, options=line))
    return rows


def read_recorded_curves() -> dict[int, list[float]]:
    """The validation accuracy of each run after each epoch."""
    curves = {}
    with open(SWEEP / "curves.csv", newline="") as file:
        for line in csv.DictReader(file):
            curves.setdefault(int(line["number"]), []).append(float(line["val_acc"]))
    return curves
