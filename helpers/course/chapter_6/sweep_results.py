"""The sweep that chapter 6 reads: 64 settings, each with four seeds, recorded by `helpers.sweep`.

Its plan is plan.yaml beside it. again.csv holds ten new seeds of the setting that had the best of
all runs, and test.csv their scores in the test. The seconds are those of a busy machine.
"""

import torch

from helpers.assets.study_results import MEASURED, read_lines
from helpers.sweep.plan import read_runs
from helpers.sweep.table import Row

SWEEP = MEASURED / "sweep"
N_SEEDS = 4  # of each setting


def read_recorded(name: str = "table") -> list[Row]:
    """The rows of a table that `helpers.sweep table` wrote; name: that of the file."""
    return read_runs(SWEEP / f"{name}.csv", Row)


def read_accuracies() -> torch.Tensor:
    """Validation accuracies of all runs, in percent: (n_settings, n_seeds, n_epochs)."""
    values = [100 * float(line["val_acc"]) for line in read_lines(SWEEP / "curves.csv")]
    return torch.tensor(values).view(len(read_recorded()) // N_SEEDS, N_SEEDS, -1)


def read_tests() -> list[float]:
    """Accuracies of the new seeds in the test, in percent."""
    return [100 * float(line["test_acc"]) for line in read_lines(SWEEP / "test.csv")]
