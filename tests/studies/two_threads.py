"""A network split over two processes beside one process with two threads, run by run. Not a test.

    python -m tests.studies.two_threads       ten minutes, on a machine with two cores
    python -m tests.studies.two_threads --runs 1 --out trial.csv

The steps are those of split_network.py, on this machine's own link: of one process with one thread
and with two, and of two processes with one thread each. All start anew in each run.

When they were recorded, other programs ran too, and took up to 40 % of both cores. These had a
lower priority, but two threads or processes wait for the one that is disturbed. So chapter 7 takes
the fastest step, of nine in each run.

A row of helpers/assets/measured/threads.csv for each run, size, delay and case, with what made it.
Cases that have rows already are skipped, so the study goes on where it was stopped; delete the file
to have all anew.
"""

import argparse
import time
from pathlib import Path

import torch

from helpers.assets.study_results import read_lines
from helpers.course.chapter_7.split_steps import THREADS_CSV, SplitStep
from helpers.run.usage import name_device
from helpers.tools.write_whole import write_csv
from tests.studies.progress import say
from tests.studies.split_network import run

CASES = ((1, 1), (1, 2), (2, 1))  # processes, and threads of each
FIELDS = ("run", *SplitStep._fields, "threads", "made_by")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--out", type=Path, default=THREADS_CSV)
    options = parser.parse_args()
    lines = []
    recorded = set()
    if options.out.exists():
        for line in read_lines(options.out):
            lines.append(line.values())
            recorded.add((line["run"], line["processes"], line["threads"]))
    for number in range(options.runs):
        for processes, threads in CASES:
            if (str(number), str(processes), str(threads)) in recorded:
                continue
            say(f"run {number}, processes: {processes}, threads of each: {threads}")
            device = name_device(torch.device("cpu"), threads)
            made_by = f"{device}, PyTorch {torch.__version__}, {time.strftime('%B %Y')}"
            rows = run(processes, threads, ["--local"])
            lines += [[number, *row, threads, made_by] for row in rows]
            write_csv(options.out, [FIELDS, *lines])


if __name__ == "__main__":
    main()
