"""Sweeps that are interrupted at random end in the table of one left alone. Not a test.

    python -m tests.studies.interrupted_sweep --interruptions 20 --times 3     on the practice cluster
    python -m tests.studies.interrupted_sweep --ctrl-c 10                      two workers, without a cluster

24 runs of the network of chapter 5, two at a time. An interruption is a more urgent job, a requeue, SIGUSR1, kill -9
or a lost node; each hits a run that has done its first step and not its last. It says for each time how many there were,
how often runs were started, and how many numbers and weights differ.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import torch

from helpers.sweep.job_array import SCRIPT
from helpers.sweep.number import folder_of, is_done
from helpers.sweep.plan import read_plan
from helpers.sweep.table import count_differences, read_table
from tests.cluster.slurm import Slurm, slurm

PLAN = """
own: spoken
fit:
  trainer.max_epochs: 3
  model.n_hidden: 64
  last.every_n_train_steps: 10
try:
  model.learning_rate: {from: 0.005, to: 0.05, log: true}
  model.dropout: [0.0, 0.2]
settings: 8
seeds: 3
"""
KINDS = ("urgent job", "requeue", "SIGUSR1", "kill -9", "lost node")
NODES = ("node1", "node2", "node3")


def command(*words: str) -> None:
    """A command of the sweep, in one thread, as the tasks of the array have."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "helpers.sweep", *words], env=environment, check=True)


class Array:
    """A sweep as an array of SLURM, and what happens to it."""

    def __init__(self, cluster: Slurm, sweep: Path, at_once: int = 2):
        self.cluster, self.sweep = cluster, sweep
        self.runs = read_plan(sweep)
        line = f"--array=0-{len(self.runs) - 1}%{at_once}"
        log = sweep.absolute() / "task-%a.log"
        self.job = cluster.run(
            "sbatch",
            "--parsable",
            line,
            f"--output={log}",
            "--partition=three",
            f"{SCRIPT}",
            f"{sweep.absolute()}",
        )
        self.hits = Counter()  # interruptions of each number

    def running(self) -> dict[int, str]:
        """The node of each task that runs."""
        lines = self.cluster.run(
            "squeue", "--noheader", f"--jobs={self.job}", "--states=R", "--format=%K %N"
        )
        return {
            int(line.split()[0]): line.split()[1]
            for line in lines.splitlines()
            if len(line.split()) == 2
        }

    def is_over(self) -> bool:
        return not self.cluster.run("squeue", "--noheader", f"--jobs={self.job}", "--format=%i")

    def in_training(self) -> list[int]:
        """The running tasks whose run has a checkpoint of this start or one before, and no result."""
        return [
            n
            for n in self.running()
            if (folder_of(self.sweep, n) / "last.ckpt").exists()
            and not is_done(folder_of(self.sweep, n))
        ]

    def interrupt(self, number: int, kind: str) -> None:
        node = self.running()[number]
        task = f"{self.job}_{number}"
        hit = [number]
        if kind == "urgent job":
            hit = [n for n, place in self.running().items() if place == node]
            self.cluster.run(
                "sbatch",
                "--partition=urgent",
                f"--nodelist={node}",
                "--exclusive",
                "--output=/dev/null",
                "--wrap=sleep 1",
            )
        elif kind == "requeue":
            self.cluster.run("scontrol", "requeue", task)
        elif kind == "SIGUSR1":
            self.cluster.run("scancel", "--signal=USR1", task)
        elif kind == "kill -9":
            for process in self.cluster.processes(SLURM_ARRAY_TASK_ID=str(number)):
                with suppress(psutil.NoSuchProcess):
                    if "python" in "".join(process.cmdline()[:1]):
                        process.kill()
        else:
            hit = [n for n, place in self.running().items() if place == node]
            self.cluster.lose_node(node)
            self.cluster.wait(lambda: self._is_lost(node), f"{node} is not lost", seconds=60)
            self.cluster.start_node(node)
        self.hits.update(hit)

    def _is_lost(self, node: str) -> bool:
        return "down" in self.cluster.run("sinfo", "--noheader", f"--nodes={node}", "--format=%t")

    def restarts(self) -> int:
        shown = self.cluster.run("scontrol", "show", "job", self.job)
        return sum(map(int, re.findall(r"Restarts=(\d+)", shown)))


def different_tensors(one: Path, other: Path) -> int:
    """How many tensors of the checkpoints differ."""
    n_different = 0
    for run in read_plan(one):
        weights, same = (
            torch.load(folder_of(sweep, run.number) / "last.ckpt", weights_only=True)["state_dict"]
            for sweep in (one, other)
        )
        n_different += sum(not torch.equal(weights[name], same[name]) for name in weights)
    return n_different


def disturbed(cluster: Slurm, sweep: Path, interruptions: int, seed: int) -> Array:
    """A sweep with so many interruptions, at times and of kinds drawn by the seed."""
    draw = random.Random(seed)
    array = Array(cluster, sweep)
    kinds = [KINDS[n % len(KINDS)] for n in range(interruptions)]
    draw.shuffle(kinds)
    done = Counter()
    while not array.is_over():
        time.sleep(draw.uniform(0.5, 3))
        candidates = array.in_training()
        if kinds and candidates:
            with suppress(KeyError, subprocess.SubprocessError):  # it has ended meanwhile
                array.interrupt(draw.choice(candidates), kinds[0])
                done[kinds.pop(0)] += 1
    print(
        f"interruptions: {dict(done)}, {sum(array.hits.values())} tasks hit, {array.restarts()} restarts"
    )
    return array


def report(alone: Path, sweep: Path, hits: Counter | None = None) -> None:
    """Say what is done, how often runs were started, and what differs; hits: interruptions of each number."""
    rows = read_table(sweep)
    print(f"{dict(Counter(row.state for row in rows))}; {sum(row.starts for row in rows)} starts")
    if hits is not None:
        too_many = [row.number for row in rows if row.starts > 1 + hits[row.number]]
        print(f"started more often than interrupted: {too_many or 'none'}")
    numbers, tensors = count_differences(alone, sweep), different_tensors(alone, sweep)
    print(
        f"different: {numbers} numbers of tables and curves, {tensors} tensors of checkpoints",
        flush=True,
    )


def stopped_by_ctrl_c(sweep: Path, times: int) -> None:
    """A sweep with two workers that is stopped so many times, at random moments, and then ends."""
    draw = random.Random(0)
    words = [sys.executable, "-m", "helpers.sweep", "run", str(sweep), "--workers", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    statuses = []
    for _ in range(times):
        process = subprocess.Popen(
            words, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(draw.uniform(0.5, 15))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its processes
        statuses.append(process.wait(timeout=100))
    print(f"exit statuses of {times} stopped ones: {statuses}")
    subprocess.run(words, env=environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--interruptions", type=int, default=20)
    parser.add_argument("--ctrl-c", type=int, default=0)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("runs/interrupted"))
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    (options.folder / "plan.yaml").write_text(PLAN)
    alone = options.folder / "alone"
    command("plan", str(options.folder / "plan.yaml"), "--folder", str(alone))
    command("run", str(alone), "--workers", "2")
    if options.ctrl_c:
        sweep = options.folder / "stopped"
        command("plan", str(options.folder / "plan.yaml"), "--folder", str(sweep))
        stopped_by_ctrl_c(sweep, options.ctrl_c)
        report(alone, sweep)
        return
    with slurm() as cluster:
        for n in range(options.times):
            sweep = options.folder / str(n)
            command("plan", str(options.folder / "plan.yaml"), "--folder", str(sweep))
            begun = time.monotonic()
            array = disturbed(cluster, sweep, options.interruptions, n)
            print(f"{time.monotonic() - begun:.0f} s")
            report(alone, sweep, array.hits)


if __name__ == "__main__":
    main()
