"""One recurrent network in one process and split over two, measured. Not a test.

    python -m tests.studies.split_network       some minutes, on a quiet machine with two cores
    python -m tests.studies.split_network --neurons 1024 --delays 1 20 --out split.csv

Each thread has a core. A step is forward and backward, batch 1, 100 time steps; the
time is that of the process that takes longest, the median of the steps after two that do not count.
Links take turns, step by step.

On slow links, spikes and gradients that have come are held back, as long as a link of this latency
and rate would take. This is done in the process, because tc-tbf lets so small messages pass in one
burst, and not every kernel has tc-netem. The sum of the readout is not held back.

Writes all rows to --out: what chapter 7 shows. Then a test names the sentence that has to change.
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
from typing import NamedTuple

import torch
import torch.distributed as dist

from helpers.course.chapter_7.split_steps import DELAYS, LOCAL, SIZES, SPLIT_CSV, SplitStep
from helpers.recurrent.split_network import SplitReadout, SplitRecurrentLIF
from helpers.tools.write_whole import write_csv
from tests.studies.benchmark import machine
from tests.studies.progress import say
from tests.studies.recurrent import SHARE

T = 100
INPUTS = 80
WARM_UP = 2


class Link(NamedTuple):
    rate: int  # Mbit/s
    latency: int  # µs, one way

    def __str__(self) -> str:
        return f"{self.rate} Mbit/s, {self.latency} µs"


SLOW = (Link(1000, 200), Link(1000, 1000), Link(100, 200))
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


def send_late(send: Callable, link: Link) -> Callable:
    """A collective of torch.distributed whose message takes as long as on this link."""

    def run(received, mine: torch.Tensor, *sizes, async_op: bool) -> Late:
        seconds = 1e-6 * link.latency + 8e-6 * mine.nbytes / link.rate
        return Late(send(received, mine, *sizes, async_op=async_op), seconds)

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


def measure(options: argparse.Namespace) -> None:
    """In each process of a case: time its steps. The first one prints the times of the slowest."""
    torch.set_num_threads(options.threads)
    links = [None]  # this machine's own
    if options.processes > 1:
        dist.init_process_group("gloo")
        if not options.local:
            links += SLOW
    for neurons in options.neurons:
        for delay in options.delays:
            torch.manual_seed(0)
            lif = SplitRecurrentLIF(INPUTS, neurons, delay=delay)
            out = SplitReadout(neurons, 10)
            x = (torch.rand(T, 1, INPUTS) < SHARE).float()
            rounds = []
            for _ in range(WARM_UP + options.rounds):
                rounds.append([])
                for link in links:
                    for name, send in SENDS.items():
                        if link:
                            setattr(dist, name, send_late(send, link))
                        else:
                            setattr(dist, name, send)
                    lif.zero_grad()
                    start = time.perf_counter()
                    out(lif(x)[0].mean(0)).square().mean().backward()
                    rounds[-1].append(time.perf_counter() - start)
            own = own_products(lif, delay)
            for link, seconds in zip(links, zip(*rounds[WARM_UP:])):
                slowest = torch.tensor([*seconds, own])
                if options.processes > 1:
                    dist.all_reduce(slowest, dist.ReduceOp.MAX)
                if not dist.is_initialized() or dist.get_rank() == 0:
                    *times, own_ms = (1e3 * slowest).tolist()
                    ms = statistics.median(times)
                    numbers = neurons, delay, ms, min(times), own_ms
                    print("row", *numbers, link or LOCAL, flush=True)
    if options.processes > 1:
        dist.destroy_process_group()


def run(processes: int, threads: int, arguments: list[str]) -> list[SplitStep]:
    """The rows of so many processes, each with so many threads.

    arguments: further ones of the command line
    """
    command = [sys.executable, "-m", "tests.studies.split_network", "--child", *arguments]
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
            _, neurons, delay, *times, link = line.split(maxsplit=6)
            ms, least, own = (round(float(time), 3) for time in times)
            rows.append(SplitStep(link, int(neurons), processes, int(delay), ms, least, own))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=SIZES)
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--child", action="store_true", help="this is one process of a case")
    parser.add_argument("--processes", type=int, help="of a case")
    parser.add_argument("--threads", type=int, help="of each process of a case")
    parser.add_argument("--local", action="store_true", help="without slow links")
    parser.add_argument("--out", type=Path, default=SPLIT_CSV)
    options = parser.parse_args()
    if options.child:
        measure(options)
        return
    torch.set_num_threads(1)
    rows = []
    for processes in (1, 2):
        say(f"processes: {processes}")
        rows += run(processes, 1, sys.argv[1:])
    write_csv(options.out, [SplitStep._fields, *rows])
    print(machine("cpu"))


if __name__ == "__main__":
    main()
