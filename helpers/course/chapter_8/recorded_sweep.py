"""The sweep that chapter 8 reads: 50 settings, each with four seeds, recorded by `helpers.sweep`.

Its plan is plan.yaml beside it, and test.csv has the scores of the test. again.csv holds ten new
seeds of the setting that had the best of all runs. The seconds are those of a busy machine.
An earlier version recorded it, with other random numbers: the same seed gives another accuracy now.
"""

import torch

from helpers.assets.recorded import MEASURED, read_lines
from helpers.sweep.plan import read_runs
from helpers.sweep.table import Row

SWEEP = MEASURED / "sweep"
N_SEEDS = 4  # of each setting


def read_recorded(name: str = "table") -> list[Row]:
    """The rows of a table that `helpers.sweep table` wrote; name: that of the file."""
    return read_runs(SWEEP / f"{name}.csv", Row)


def read_accuracies(name: str = "curves", column: str = "val_acc") -> torch.Tensor:
    """Validation accuracies of all runs, in percent: (n_settings, n_seeds, n_epochs).

    name, column: "test" and "test_acc" for those of the test, of which there is one for each run
    """
    values = [100 * float(line[column]) for line in read_lines(SWEEP / f"{name}.csv")]
    return torch.tensor(values).view(-1, N_SEEDS, len(values) // len(read_recorded()))
