"""A network split over two processes beside one process with two threads, run by run. Not a test.

    python -m tests.studies.two_threads       seven minutes, on a quiet machine with two cores
    python -m tests.studies.two_threads --runs 1 --out trial.csv

The steps are those of split_network.py, on this machine's own link: of one process with one thread
and with two, and of two processes with one thread each. All start anew in each run, and a ratio is
one of times of the same run.

A row of helpers/assets/measured/threads.csv for each size, delay and case: what chapter 7 shows,
and what made it. Cases that have rows already are skipped, so the study goes on where it was
stopped; delete the file to have all anew.
"""

import argparse
import time
from pathlib import Path

import torch

from helpers.assets.study_results import read_lines, read_rows
from helpers.course.chapter_7.split_steps import THREADS_CSV, SplitStep, TimedRun
from helpers.run.usage import name_device
from helpers.tools.write_whole import write_csv
from tests.studies.progress import say
from tests.studies.split_network import run

CASES = ((1, 1), (1, 2), (2, 1))  # processes, and threads of each
FIELDS = ("run", "threads", *SplitStep._fields, "made_by")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=THREADS_CSV)
    options = parser.parse_args()
    lines = []
    recorded = set()
    if options.out.exists():
        lines = [line.values() for line in read_lines(options.out)]
        recorded = {row[:3] for row in read_rows(options.out, TimedRun)}
    for number in range(options.runs):
        for processes, threads in CASES:
            if (number, processes, threads) in recorded:
                continue
            say(f"run {number}, processes: {processes}, threads of each: {threads}")
            device = name_device(torch.device("cpu"), threads)
            made_by = f"{device}, PyTorch {torch.__version__}, {time.strftime('%B %Y')}"
            rows = run(processes, threads, ["--local"])
            lines += [[number, threads, *row, made_by] for row in rows]
            write_csv(options.out, [FIELDS, *lines])


if __name__ == "__main__":
    main()
