"""Many runs of the training command: planned, done in any order, and gathered in a table.

    python -m helpers.sweep plan sweep.yaml            a file says what is tried: sweep/plan.py
    python -m helpers.sweep run runs/sweep             all runs that are not done, one after another
    python -m helpers.sweep run runs/sweep --workers 2              two at once
    python -m helpers.sweep run runs/sweep --number 7               this one
    python -m helpers.sweep array runs/sweep           how to submit the rest to SLURM
    python -m helpers.sweep table runs/sweep           what is done so far, with CSV and pictures

A run that is interrupted, by Ctrl-C, a signal or a power failure, goes on at the very next step
when its number is run again. One that is done is never done again, and one that fails says why and
stops no other. So the table of a sweep does not depend on what happened on the way.
"""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from helpers.run import slurm
from helpers.run.ctrl_c import CtrlC

if __name__ == "__main__":  # before the other imports, which take longer
    CtrlC().say = lambda: "stopped"
    slurm.hold_signal()

from helpers import InputError, require
from helpers.sweep import array, plan
from helpers.sweep.workers import Workers

COMMAND = "python -m helpers.sweep"


def read_options(args: list[str] | None):
    parser = ArgumentParser(
        prog=COMMAND, description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("plan", help="write down all runs, before the first one begins")
    new.add_argument("file", type=Path, help="YAML: what is tried, see helpers/sweep/plan.py")
    new.add_argument("--folder", type=Path, help="of the sweep; runs/<name of the file> without")
    run = commands.add_parser("run", help="do runs that are not done")
    run.add_argument("folder", type=Path)
    run.add_argument(
        "--number", type=int, help="only this one; in an array of SLURM, the number of the task"
    )
    run.add_argument("--each", type=int, default=1, help="runs of each task of an array")
    run.add_argument("--workers", type=int, default=1, help="runs at once; they share the cores")
    line = commands.add_parser("array", help="print the line that submits what is not done")
    line.add_argument("folder", type=Path)
    line.add_argument("--at-once", type=int, default=8, help="tasks that SLURM may run at a time")
    line.add_argument("--each", type=int, help="runs of each task, one after another")
    table = commands.add_parser(
        "table", help="show what is done; write table.csv, curves.csv, table.png"
    )
    table.add_argument("folder", type=Path)
    return parser.parse_args(args)


def main(args: list[str] | None = None) -> int:
    """Run the command: see the top of this file.

    Returns:
        Exit status 0: done, 2: bad input or a run that failed, 3: another process has that number,
        75: start it again, 130: stopped.
    """
    options = read_options(args)
    try:
        if options.command == "plan":
            make(options.file, options.folder)
        elif options.command == "run":
            return run(options)
        elif options.command == "array":
            runs = plan.read_plan(options.folder)
            print(*array.describe(options.folder, runs, options.at_once, options.each), sep="\n")
        else:
            from helpers.sweep.table import (
                show_table,
            )  # here: it draws, and to run needs no figures

            show_table(options.folder)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def make(file: Path, folder: Path | None) -> None:
    """Write the plan, once the training command has understood all of its options."""
    from helpers.run.run_folder import RUNS  # here: these import PyTorch
    from helpers.sweep.check_options import check_options

    runs = plan.make_plan(file)
    check_options(runs)
    folder = folder or RUNS / file.stem
    plan.write_plan(folder, runs)
    n_settings = runs[-1].setting + 1
    print(f"{len(runs)} runs: {n_settings} settings, each with {len(runs) // n_settings} seeds")
    print(f"plan            {folder / plan.PLAN}\nnext            {COMMAND} run {folder}")


def run(options) -> int:
    """Do the runs that the options name. Raises InputError where there is no such number."""
    tasks = int(os.environ.get("SLURM_NTASKS", 1))
    require(tasks == 1, f"this job has {tasks} tasks, and a run is one process: use --ntasks=1.")
    for name in ("each", "workers"):
        n = getattr(options, name)
        require(n >= 1, f"--{name} is {n}: it must be at least 1.")
    runs = plan.read_plan(options.folder)
    task = options.number
    if task is None and "SLURM_ARRAY_TASK_ID" in os.environ:
        task = int(os.environ["SLURM_ARRAY_TASK_ID"])
    if task is not None:
        first = task * options.each
        chosen = runs[first : first + options.each] if task >= 0 else []
        require(bool(chosen), f"number {task} is not in the plan: it has 0 to {len(runs) - 1}.")
        runs = chosen
    return Workers(options.folder, options.workers).do(runs)


if __name__ == "__main__":
    raise SystemExit(main())
