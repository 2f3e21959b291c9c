"""A recurrent network in one process, with one thread and with two, and split over two processes, measured.

    python -m tests.studies.split_network       15 minutes, on a quiet machine with two cores
    python -m tests.studies.split_network --runs 1 --out trial.csv

Not a test. A step is forward and backward, batch 1, 100 time steps; its time is that of the process
that takes longest. Each thread has a core. All start anew in each run.

Two processes also send by a slow link, in turn with this machine's own, step by step: what has
come is held back, as long as such a link would take. This is done in the process, because tc-tbf
lets so small messages pass in one burst, and not every kernel has tc-netem. The sum of the readout
is not held back.

A row of helpers/assets/measured/split.csv for each run, link, size, delay and case, with what made
it. Cases that have rows already are skipped, so the study goes on where it was stopped; delete the
file to have all anew. Then a test names the sentence of chapter 7 that has to change.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist

from helpers.assets.study_results import read_lines
from helpers.course.chapter_7.split_steps import (
    BANDWIDTH,
    DELAYS,
    LATENCY,
    LOCAL,
    SIZES,
    SLOW,
    SPLIT_CSV,
    SplitStep,
)
from helpers.recurrent.split_network import SplitReadout, SplitRecurrentLIF
from helpers.tools.write_whole import write_csv
from tests.studies.progress import say
from tests.studies.record import made_by
from tests.studies.recurrent import SHARE

T = 100
INPUTS = 80
WARM_UP = 2
ROUNDS = 9
PROCESSES = ((1, 1), (1, 2), (2, 1))  # and the threads of each
FIELDS = (*SplitStep._fields, "made_by")
SENDS = {name: getattr(dist, name) for name in ("all_gather", "all_to_all_single")}


class Late:
    """A message that can be used some time after it has come."""

    def __init__(self, work: dist.Work, seconds: float):
        self.work = work
        self.seconds = seconds
        self.came = work.get_future().then(lambda future: time.perf_counter())

    def wait(self) -> None:
        self.work.wait()
        while time.perf_counter() < self.came.wait() + self.seconds:
            pass


def send_late(send: Callable) -> Callable:
    """A collective of torch.distributed whose message takes as long as on the slow link."""

    def run(received, mine: torch.Tensor, *sizes, async_op: bool) -> Late:
        return Late(
            send(received, mine, *sizes, async_op=async_op), LATENCY + mine.nbytes / BANDWIDTH
        )

    return run


def own_products(net: SplitRecurrentLIF, delay: int) -> float:
    """Seconds of a block's product with the spikes of one's own neurons."""
    weights = net.recurrent_weights.detach()[:, net.own]
    z = torch.zeros(delay, weights.shape[1])
    j = torch.zeros(delay, len(weights))
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        j.addmm_(z, weights.T)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def measure(processes: int, threads: int) -> None:
    """In each process of a case: time its steps. The first one prints the times of the slowest."""
    torch.set_num_threads(threads)
    links = [LOCAL]
    if processes > 1:
        dist.init_process_group("gloo")
        links.append(SLOW)
    for neurons in SIZES:
        for delay in DELAYS:
            torch.manual_seed(0)
            lif = SplitRecurrentLIF(INPUTS, neurons, delay=delay)
            out = SplitReadout(neurons, 10)
            x = (torch.rand(T, 1, INPUTS) < SHARE).float()
            rounds = []
            for _ in range(WARM_UP + ROUNDS):
                rounds.append([])
                for link in links:
                    for name, send in SENDS.items():
                        setattr(dist, name, send_late(send) if link == SLOW else send)
                    lif.zero_grad()
                    start = time.perf_counter()
                    out(lif(x)[0].mean(0)).square().mean().backward()
                    rounds[-1].append(time.perf_counter() - start)
            own = own_products(lif, delay)
            for link, seconds in zip(links, zip(*rounds[WARM_UP:])):
                slowest = torch.tensor([*seconds, own])
                if processes > 1:
                    dist.all_reduce(slowest, dist.ReduceOp.MAX)
                if not dist.is_initialized() or dist.get_rank() == 0:
                    *times, own_ms = (1e3 * slowest).tolist()
                    ms = statistics.median(times)
                    print("row", neurons, delay, ms, own_ms, link, flush=True)
    if processes > 1:
        dist.destroy_process_group()


def run(number: int, processes: int, threads: int) -> list[SplitStep]:
    """The rows of so many processes, each with so many threads."""
    command = [sys.executable, "-m", "tests.studies.split_network"]
    command += [f"--processes={processes}", f"--threads={threads}"]
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    same = {"WORLD_SIZE": processes, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    same |= {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": threads}
    children = []
    for rank in range(processes):
        variables = {name: str(value) for name, value in {**same, "RANK": rank}.items()}
        cores = f"{rank * threads}-{(rank + 1) * threads - 1}"
        begin = ["taskset", "-c", cores, *command]
        pipe = subprocess.PIPE
        children.append(
            subprocess.Popen(begin, env={**os.environ, **variables}, stdout=pipe, text=True)
        )
    texts = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0] * processes
    rows = []
    for line in texts[0].splitlines():
        if line.startswith("row "):
            _, neurons, delay, *times, link = line.split(maxsplit=5)
            ms = (round(float(time), 3) for time in times)
            rows.append(SplitStep(number, processes, threads, link, int(neurons), int(delay), *ms))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=SPLIT_CSV)
    parser.add_argument("--processes", type=int, help="this is one process of so many")
    parser.add_argument("--threads", type=int, help="of it")
    options = parser.parse_args()
    if options.processes:
        measure(options.processes, options.threads)
        return
    lines = []
    recorded = set()
    if options.out.exists():
        for line in read_lines(options.out):
            lines.append(line.values())
            recorded.add((line["run"], line["processes"], line["threads"]))
    for number in range(options.runs):
        for processes, threads in PROCESSES:
            if (str(number), str(processes), str(threads)) in recorded:
                continue
            say(f"run {number}, processes: {processes}, threads of each: {threads}")
            lines += [[*row, made_by(threads)] for row in run(number, processes, threads)]
            write_csv(options.out, [FIELDS, *lines])


if __name__ == "__main__":
    main()
