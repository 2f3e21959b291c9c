"""Training steps of processes whose link is slow, measured: helpers/assets/measured/links.csv, for chapter 4.

    python -m tests.studies.slow_links        some five minutes, on Linux, as root, with ip and tc of iproute2

Cases that have rows already are skipped, so the study goes on where it was stopped; delete rows to have them anew.

Each process runs in a network namespace of its own; what it sends passes a token bucket filter (tc-tbf).
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from helpers.assets.study_results import LINKS_CSV, Case, read_rows
from helpers.cluster import scaling_report
from tests.studies.progress import say
from tests.studies.record import append, count_down

RATES = (100, 300, 1000)  # Mbit/s
BATCHES = (16, 64)  # images a process in weak scaling
PROCESSES = (2, 4)


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


def connect(held: ExitStack, n: int, rate: int) -> list[list[str]]:
    """Make n namespaces on one bridge; what each sends is slowed down. Returns how to begin a command in each."""
    ip("link add course type bridge")
    held.callback(ip, "link del course")
    ip("link set course up")
    inside = []
    for k in range(n):
        ip(f"netns add course{k}")
        held.callback(ip, f"netns del course{k}")
        inside.append(["ip", "netns", "exec", f"course{k}"])
        ip(f"link add course-{k} type veth peer name eth0 netns course{k}")
        held.callback(ip, f"link del course-{k}")
        ip(f"link set course-{k} master course up")
        ip(f"-n course{k} addr add 10.77.0.{k + 1}/24 dev eth0")
        ip(f"-n course{k} link set eth0 up")
        ip(f"-n course{k} link set lo up")
        slow = f"tc qdisc add dev eth0 root tbf rate {rate}mbit burst 64kb latency 50ms"
        subprocess.run([*inside[k], *slow.split()], check=True)
    return inside


def measure(n: int, rate: int, batch_size: int) -> list[Case]:
    with ExitStack() as held, tempfile.TemporaryDirectory() as folder:
        inside = connect(held, n, rate)
        command = [sys.executable, "-m", "helpers.cluster.scaling", "--data.source=embedded"]
        command += [f"--data.batch_size={batch_size}", f"--out={folder}/links"]
        same = {
            "TORCHELASTIC_RUN_ID": "links",
            "WORLD_SIZE": n,
            "LOCAL_RANK": 0,
            "LOCAL_WORLD_SIZE": 1,
        }  # of torchrun
        same |= {
            "MASTER_ADDR": "10.77.0.1",
            "MASTER_PORT": 29400,
            "GLOO_SOCKET_IFNAME": "eth0",
            "OMP_NUM_THREADS": 1,
        }
        processes = []
        for rank, begin in enumerate(inside):
            variables = {**os.environ, **{name: str(value) for name, value in same.items()}}
            variables |= {"RANK": str(rank), "GROUP_RANK": str(rank)}
            processes.append(subprocess.Popen([*begin, *command], env=variables))
        assert [process.wait() for process in processes] == [0] * n
        rows = scaling_report.summarise(scaling_report.read(Path(folder) / "links.csv"))
    cases = [row for row in rows if row.processes == n]
    return [
        Case(n, rate, row.batch_size, round(row.compute + row.data, 4), round(row.seconds, 4))
        for row in cases
    ]


def main() -> None:
    recorded = set()
    if LINKS_CSV.exists():
        recorded = {case[:3] for case in read_rows(LINKS_CSV, Case)}
    left = [case for case in product(PROCESSES, RATES, BATCHES) if case not in recorded]
    for n_left, (n, rate, batch_size) in count_down(left):
        say(f"{n} processes, {rate} Mbit/s, batch {batch_size}; runs left: {n_left}")
        for case in measure(n, rate, batch_size):
            append(LINKS_CSV, case)
            print(case, flush=True)


if __name__ == "__main__":
    main()
