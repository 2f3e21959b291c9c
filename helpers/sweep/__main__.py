"""Many runs of the training command: planned, done in any order, and gathered in a table.

    python -m helpers.sweep plan sweep.yaml            a file says what is tried: sweep/plan.py
    python -m helpers.sweep run runs/sweep             all runs that are not done, one on each core
    python -m helpers.sweep run runs/sweep --workers 2              two at once
    python -m helpers.sweep run runs/sweep --number 7               this one
    python -m helpers.sweep array runs/sweep           how to submit the rest to SLURM
    python -m helpers.sweep table runs/sweep           what is done so far, with CSV and pictures
    python -m helpers.sweep table runs/sweep --test    the test of the best setting: look once

A run that is interrupted, by Ctrl-C, a signal or a power failure, goes on at the very next step
when its number is run again. One that is done is never done again, and one that fails says why and
stops no other. Each run computes with one thread, unless the plan says otherwise. So the table of a
sweep depends neither on what happened on the way nor on the number of workers and cores.
"""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path

from helpers.run import slurm
from helpers.setup import environment

if __name__ == "__main__":  # before the other imports, which take longer
    environment.CtrlC().say = lambda: "stopped"
    slurm.hold_signal()

from jsonargparse import ArgumentParser, auto_cli
from jsonargparse.typing import NonNegativeInt, PositiveInt

from helpers import InputError, require
from helpers.run.errors import in_one_line
from helpers.sweep.job_array import array
from helpers.sweep.plan import PLAN, make_plan, read_plan, write_plan
from helpers.sweep.workers import Workers

COMMAND = "python -m helpers.sweep"


class Parser(ArgumentParser):
    """Says in one line what cannot be read. It takes whole words, and no file of options."""

    def __init__(self, **kwargs):
        super().__init__(allow_abbrev=False, **kwargs)

    def add_argument(self, *args, **kwargs):
        if kwargs.get("type") is bool:  # a flag needs no word after it
            kwargs.pop("type")
            kwargs["action"] = "store_true"
        if "--config" not in args:
            return super().add_argument(*args, **kwargs)

    def error(self, message, ex=None):
        self.exit(2, f"error: {in_one_line(message)}\n")


def main(args: list[str] | None = None) -> int | None:
    """Run the command: see the top of this file.

    Returns:
        Exit status 0 or None: done, 2: bad input or a run that failed, 3: another process has that
        number, 75: start it again, 130: stopped.
    """
    try:
        return auto_cli(
            [plan, run, array, table],
            args,
            parser_class=Parser,
            prog=COMMAND,
            description=__doc__,
            formatter_class=RawDescriptionHelpFormatter,
        )
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def plan(file: Path, folder: Path | None = None) -> None:
    """Write down all runs, before the first one begins.

    Args:
        file: YAML: what is tried, see helpers/sweep/plan.py
        folder: of the sweep; runs/<name of the file> without it
    """
    from helpers.run.run_folder import RUNS  # here: these import PyTorch
    from helpers.sweep.check_options import check_options

    runs = make_plan(file)
    check_options(runs)
    folder = folder or RUNS / file.stem
    runs = write_plan(folder, runs)
    n_settings = len({run.setting for run in runs})
    print(f"{len(runs)} runs: {n_settings} settings, each with {len(runs) // n_settings} seeds")
    print(f"plan            {folder / PLAN}\nnext            {COMMAND} run {folder}")


def run(
    folder: Path,
    number: NonNegativeInt | None = None,
    each: PositiveInt = 1,
    workers: PositiveInt | None = None,
) -> int:
    """Do runs that are not done.

    Args:
        folder: of the sweep
        number: only this one; in an array of SLURM, the number of the task
        each: runs of each task of an array; 1 without it
        workers: runs at once; as many as this job or process has cores for without it
    """
    tasks = slurm.count_tasks()
    require(tasks == 1, f"this job has {tasks} tasks, and a run is one process: use --ntasks=1.")
    runs = read_plan(folder)
    task = os.getenv("SLURM_ARRAY_TASK_ID")
    if number is None and task:
        require(
            slurm.job().endswith(f"_{task}"),
            f"SLURM_ARRAY_TASK_ID is {task}, but this is no task of an array: unset it, or name "
            "the run by --number.",
        )
        number = int(task)
    if number is not None:
        first = number * each
        require(
            first < len(runs), f"number {number} is not in the plan: it has 0 to {len(runs) - 1}."
        )
        runs = runs[first : first + each]
    cores = int(os.getenv("SLURM_CPUS_PER_TASK") or environment.count_cores())
    return Workers(folder, workers or max(1, cores // runs[0].threads)).do(runs)


def table(folder: Path, test: bool = False) -> None:
    """Show what is done; write table.csv, curves.csv, table.png.

    Args:
        folder: of the sweep
        test: show what the best setting reaches in the test: look once, at the end
    """
    from helpers.sweep.table import show_table  # here: to run needs no figures

    show_table(folder, test)


if __name__ == "__main__":
    raise SystemExit(main())
