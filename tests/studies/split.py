"""One recurrent network in one process and split over two, measured. Not a test.

    python -m tests.studies.split              some minutes, on a quiet machine with two cores
    python -m tests.studies.split --slow       on slow links, too

Each process has one thread and a core. A step is forward and backward, batch 1, 100 time steps; the
time is that of the process that takes longest, the median of the steps after two that do not count.

With --slow, spikes and gradients that have come are held back, as long as a link of this latency
and rate would take. This is done in the process, because tc-tbf lets so small messages pass in one
burst, and not every kernel has tc-netem. The sum of the readout is not held back.

A block hides its exchange behind the product with one's own spikes. Beside each slow link is what
is left of the exchanges, from the bytes of a block, the rate and the latency of the link; and the
time without the link plus that. Both are *computed*, and fitted on nothing. Where nothing is left,
the delay is long enough.

Prints a table, and writes all rows to --out.
"""

import argparse
import csv
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

from helpers.recurrent.split import SplitReadout, SplitRecurrentLIF
from tests.studies.benchmark import machine
from tests.studies.progress import say
from tests.studies.recurrent import SHARE

T = 100
INPUTS = 80
WARM_UP = 2
LOCAL = "this machine"


class Link(NamedTuple):
    rate: int  # Mbit/s
    latency: int  # µs, one way


SLOW = (Link(1000, 200), Link(1000, 1000), Link(100, 200))


class Row(NamedTuple):
    link: str
    neurons: int
    processes: int
    delay: int
    ms: float  # median of the steps
    least_ms: float
    own_ms: float  # of the product of a block with one's own spikes
    left_ms: float  # of all exchanges, computed: what these products do not hide


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
    torch.set_num_threads(1)
    if options.processes > 1:
        dist.init_process_group("gloo")
    if options.link:
        for name in ("all_gather", "all_to_all_single"):
            setattr(dist, name, send_late(getattr(dist, name), Link(*options.link)))
    for neurons in options.neurons:
        for delay in options.delays:
            torch.manual_seed(0)
            lif = SplitRecurrentLIF(INPUTS, neurons, delay=delay)
            out = SplitReadout(neurons, 10)
            x = (torch.rand(T, 1, INPUTS) < SHARE).float()
            seconds = []
            for _ in range(WARM_UP + options.rounds):
                lif.zero_grad()
                start = time.perf_counter()
                out(lif(x)[0].mean(0)).square().mean().backward()
                seconds.append(time.perf_counter() - start)
            slowest = torch.tensor([*seconds[WARM_UP:], own_products(lif, delay)])
            if options.processes > 1:
                dist.all_reduce(slowest, dist.ReduceOp.MAX)
            if not dist.is_initialized() or dist.get_rank() == 0:
                *times, own = (1e3 * slowest).tolist()
                print("row", neurons, delay, statistics.median(times), min(times), own, flush=True)
    if options.processes > 1:
        dist.destroy_process_group()


def left(link: Link, row: Row) -> float:
    """What the link takes in a step beyond the products that hide it, in ms."""
    blocks = -(-T // row.delay) - 1  # the first one hears nothing
    others = row.neurons - row.neurons // row.processes
    per_block = 0.0
    for n_bytes in (row.delay * others / 8, row.delay * others * 4):  # spikes, gradients
        exchange = 1e-3 * link.latency + 8e-3 * n_bytes / link.rate
        per_block += max(0.0, exchange - row.own_ms)
    return blocks * per_block


def run(options: argparse.Namespace, n: int, link: Link | None) -> list[Row]:
    """The rows of n processes on this link."""
    command = [sys.executable, "-m", "tests.studies.split", f"--processes={n}"]
    command += ["--neurons", *map(str, options.neurons), "--delays", *map(str, options.delays)]
    command += [f"--rounds={options.rounds}"]
    name = LOCAL
    if link:
        name = f"{link.rate} Mbit/s, {link.latency} µs"
        command += ["--link", *map(str, link)]
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    same = {"WORLD_SIZE": n, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    same |= {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": 1}
    processes = []
    for rank in range(n):
        variables = {name: str(value) for name, value in {**same, "RANK": rank}.items()}
        begin = ["taskset", "-c", str(rank % os.cpu_count()), *command]
        pipe = subprocess.PIPE
        processes.append(
            subprocess.Popen(begin, env={**os.environ, **variables}, stdout=pipe, text=True)
        )
    texts = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * n
    rows = []
    for line in texts[0].splitlines():
        if line.startswith("row "):
            neurons, delay, *times = line.split()[1:]
            ms, least, own = map(float, times)
            row = Row(name, int(neurons), n, int(delay), ms, least, own, 0.0)
            if link:
                row = row._replace(left_ms=left(link, row))
            rows.append(row)
    return rows


def table(rows: list[Row]) -> str:
    """A Markdown table: for each size and delay, one process beside two, and how much faster."""
    here = {row[1:4]: row.ms for row in rows if row.link == LOCAL}
    header = ["link", "neurons", "delay", "1 process, ms", "2 processes, ms (least)"]
    header += ["times as fast", "own product of a block, ms", "left, computed, ms", "computed, ms"]
    lines = [header, ["---"] * len(header)]
    for row in rows:
        if row.processes > 1:
            one = here[row.neurons, 1, row.delay]
            cells = [row.link, row.neurons, row.delay, f"{one:.1f}"]
            cells += [f"{row.ms:.1f} ({row.least_ms:.1f})", f"{one / row.ms:.2f}"]
            cells += [f"{row.own_ms:.3f}", f"{row.left_ms:.1f}"]
            lines.append([*cells, f"{here[row[1:4]] + row.left_ms:.1f}"])
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[1024, 2048, 4096])
    parser.add_argument("--delays", type=int, nargs="+", default=[1, 2, 5, 10, 20, 40])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slow", action="store_true", help="on slow links, too")
    parser.add_argument("--processes", type=int, help="of a case: this is one of them")
    parser.add_argument("--link", type=int, nargs=2, help="of a case: rate and latency")
    parser.add_argument("--out", type=Path, default="split.csv")
    options = parser.parse_args()
    if options.processes:
        measure(options)
        return
    torch.set_num_threads(1)
    links = [None]
    if options.slow:
        links += SLOW
    say("one process")
    rows = run(options, 1, None)
    for link in links:
        say(f"two processes, {link or LOCAL}")
        rows += run(options, 2, link)
        with open(options.out, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Row._fields)
            writer.writerows(rows)
    print(machine("cpu"), table(rows), sep="\n\n")


if __name__ == "__main__":
    main()
