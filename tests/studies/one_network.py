"""A step of training of one recurrent network, in one process and split over two. Not a test.

    python -m tests.studies.one_network                    five minutes, on a machine with two cores and no other work
    python -m tests.studies.one_network --mbit 100 1000    also over slow links: on Linux, as root, with ip and tc

Writes helpers/assets/measured/one_network.csv, for chapter 9. Each process has one thread. A step is forward and
backward through 100 time steps with a batch of one. Each row is the least of all rounds, as other work on a machine
only adds to it; the median stands beside it. Cases take turns, so that a busy minute does not hit one of them alone.
A slow link is made as in slow_links.py: what a process sends passes a token bucket filter.
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import torch
import torch.distributed as dist

from helpers.course.chapter_9.recorded import SPLIT_CSV, SplitStep
from tests.studies.progress import say
from tests.studies.slow_links import connect

NEURONS = (1024, 4096)
DELAYS = (1, 5, 10, 20)
ROUNDS = 7
PROCESSES = 2
HERE = math.inf  # Mbit/s


def work(rounds: int) -> None:
    """What each process does: the first one prints its rows."""
    from helpers.recurrent.split import SplitRecurrentLIF

    torch.set_num_threads(1)
    n_processes = int(os.environ["WORLD_SIZE"])
    if n_processes > 1:
        dist.init_process_group("gloo")
    torch.manual_seed(0)
    x = (torch.rand(100, 1, 80) < 0.1).float()
    layers = {(n, d): SplitRecurrentLIF(80, n, delay=d) for n in NEURONS for d in DELAYS}
    seconds = {case: [] for case in layers}
    for _ in range(1 + rounds):
        for case, lif in layers.items():
            if n_processes > 1:
                dist.barrier()
            start = time.perf_counter()
            z, _ = lif(x)
            z.sum().backward()
            if n_processes > 1:
                dist.barrier()
            seconds[case].append(time.perf_counter() - start)
            lif.zero_grad()
    if n_processes > 1:
        dist.destroy_process_group()
    if os.environ["RANK"] == "0":
        warm = {case: each[1:] for case, each in seconds.items()}
        print(json.dumps([[*case, min(each), median(each)] for case, each in warm.items()]))


def measure(n_processes: int, mbit: float, rounds: int) -> list[SplitStep]:
    with ExitStack() as held:
        inside = [[]] * n_processes
        variables = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29471"}
        if mbit != HERE:
            inside = connect(held, n_processes, int(mbit))
            variables |= {"MASTER_ADDR": "10.77.0.1", "GLOO_SOCKET_IFNAME": "eth0"}
        variables |= {"OMP_NUM_THREADS": "1", "WORLD_SIZE": str(n_processes)}
        command = [sys.executable, "-m", "tests.studies.one_network", "--work"]
        command.append(f"--rounds={rounds}")
        processes = [
            subprocess.Popen(
                [*begin, *command], env=variables | {"RANK": str(rank)}, stdout=subprocess.PIPE
            )
            for rank, begin in enumerate(inside)
        ]
        said = [process.communicate()[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * n_processes
    return [
        SplitStep(n_processes, n, d, mbit, round(1e3 * least, 2), round(1e3 * middle, 2))
        for n, d, least, middle in json.loads(said[0].splitlines()[-1])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mbit", type=int, nargs="*", default=[], help="of slow links, Mbit/s")
    parser.add_argument("--out", type=Path, default=SPLIT_CSV)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.rounds)
    rows = []
    for n_processes, mbit in (
        (1, HERE),
        (PROCESSES, HERE),
        *((PROCESSES, m) for m in options.mbit),
    ):
        say(f"{n_processes} processes, {mbit:g} Mbit/s; load {os.getloadavg()[0]:.1f}")
        rows += measure(n_processes, mbit, options.rounds)
    with open(options.out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SplitStep._fields)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
