"""The sweep that chapter 8 reads, recorded anew. Not a test.

    python -m tests.studies.many_runs                  about 35 minutes on one quiet core, for 256 runs of 7 to 8 s
    python -m tests.studies.many_runs --settings 64    first writes another number of settings into plan.yaml
    python -m tests.studies.many_runs --workers 2      on two cores

It does the plan of helpers/assets/measured/sweep/plan.yaml, then ten new seeds of the setting that has the best of all
runs, and copies the tables. Each run has one thread: accuracies do not depend on what else the machine does, seconds do.
Interrupted, it goes on where it was; with more settings, it does what is missing.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.course.chapter_8.recorded_sweep import SWEEP
from helpers.sweep.table import read_table

AGAIN = """\
# Ten new seeds of the setting with the best of all runs: python -m tests.studies.many_runs writes this.
own: spoken
fit:
  trainer.max_epochs: 8
  model.n_hidden: 64
try:
{tried}
seeds: [100, 101, 102, 103, 104, 105, 106, 107, 108, 109]
"""


def sweep(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "helpers.sweep", *map(str, words)], check=True)


def record(plan: Path, folder: Path, workers: int) -> None:
    """Do all runs of a plan that are not done, and write the tables."""
    sweep("plan", plan, "--folder", folder)
    sweep("run", folder, "--workers", workers)
    sweep("table", folder, "--test")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("runs/many_runs"))
    given = parser.parse_args()
    plan = SWEEP / "plan.yaml"
    if given.settings:
        text = re.sub(r"settings: \d+", f"settings: {given.settings}", plan.read_text())
        plan.write_text(text)
    record(plan, given.folder, given.workers)
    for name in ("table", "curves", "test"):
        shutil.copy(given.folder / f"{name}.csv", SWEEP)
    best = max(read_table(given.folder), key=lambda row: row.val_acc)
    tried = "\n".join(f"  {name}: [{value}]" for name, value in best.options.items())
    again = SWEEP / "again.yaml"
    again.write_text(AGAIN.format(tried=tried))
    folder = given.folder.with_name(f"again_{best.setting}")
    record(again, folder, given.workers)
    shutil.copy(folder / "table.csv", SWEEP / "again.csv")


if __name__ == "__main__":
    main()
