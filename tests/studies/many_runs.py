"""The sweep that chapter 6 reads, recorded anew. Not a test.

    python -m tests.studies.many_runs                  about 35 minutes on one quiet core, for 266 runs of 7 to 8 s
    python -m tests.studies.many_runs --workers 2      on two cores

It does the plan below, then ten new seeds of the setting that has the best of all runs, and copies plans and tables to
helpers/assets/measured/sweep. Of the test, it keeps the scores of the new seeds alone. Each run has one thread:
accuracies do not depend on what else the machine does, seconds do. A comment of the plans says which machine made the
tables. Interrupted, it goes on where it was. Then tests/course/chapter_6/test_sweep_results.py says what the chapter has to
say anew.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.course.chapter_6.sweep_results import SWEEP
from helpers.engine.scores import TEST_ACC
from helpers.sweep.table import read_table, read_tests
from helpers.tools.write_whole import write_csv
from tests.studies.record import made_by

SHARED = """\
own: spoken
fit:
  trainer.max_epochs: 8
  model.n_hidden: 64
try:
"""
PLAN = f"""\
# The sweep that chapter 6 reads: python -m tests.studies.many_runs
{SHARED}  model.learning_rate: {{from: 0.001, to: 0.1, log: true}}
  model.alpha: {{from: 1.0, to: 20.0, log: true}}
  model.dropout: {{from: 0.0, to: 0.5}}
settings: 64
seeds: 4
"""
NEW_SEEDS = list(range(100, 110))


def sweep(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "helpers.sweep", *map(str, words)], check=True)


def record(described: str, folder: Path, workers: int) -> Path:
    """Do all runs of a plan that are not done, write the tables, and return the file of the plan."""
    plan = folder.with_suffix(".yaml")
    plan.parent.mkdir(parents=True, exist_ok=True)
    plan.write_text(described)
    sweep("plan", plan, "--folder", folder)
    sweep("run", folder, "--workers", workers)
    sweep("table", folder)
    return plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("runs/many_runs"))
    given = parser.parse_args()
    plan = record(PLAN, given.folder, given.workers)
    best = max(read_table(given.folder), key=lambda row: row.val_acc)
    tried = "".join(f"  {name}: [{value}]\n" for name, value in best.options.items())
    comment = "# Ten new seeds of the setting with the best of all runs, for chapter 6.\n"
    folder = given.folder.with_name(f"again_{best.setting}")
    again = record(f"{comment}{SHARED}{tried}seeds: {NEW_SEEDS}\n", folder, given.workers)
    by_whom = f"# Made by: {made_by()}\n"
    (SWEEP / "plan.yaml").write_text(by_whom + plan.read_text())
    for name in ("table", "curves"):
        shutil.copy(given.folder / f"{name}.csv", SWEEP)
    (SWEEP / "again.yaml").write_text(by_whom + again.read_text())
    shutil.copy(folder / "table.csv", SWEEP / "again.csv")
    write_csv(SWEEP / "test.csv", [("number", TEST_ACC), *enumerate(read_tests(folder))])


if __name__ == "__main__":
    main()
