"""Scripts that are stopped at random end with the weights of the same scripts left alone. Not a test.

    python -m tests.studies.exact scripts       20 interruptions of each script of tests/run/scripts
    python -m tests.studies.exact cases         57 kinds of scripts, each stopped and killed
    python -m tests.studies.exact own           `fit --own` with two of the scripts
    python -m tests.studies.exact slurm         a preempted job, one with a lost node, on the practice cluster

An interruption is SIGINT, SIGTERM, SIGHUP or SIGKILL in a batch drawn by chance, or SIGUSR1 where the variables of a job
are set. It hits the last process. Each line says how many interruptions there were and what differs, by one bit.
"""

import argparse
import itertools
import os
import random
import runpy
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path
from signal import SIGKILL, SIGTERM

import torch

from helpers.run import exact
from tests.cluster.slurm import Slurm, slurm
from tests.forks import Forks
from tests.run.stopped import ENDED, SCRIPTS, differing, save_all, start
from tests.studies.exact_cases import CASES, IN_PROCESSES
from tests.test_train import differences, load

NAMES = ("transforms", "gan", "callbacks")
KINDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGKILL")
A_RUN = 4  # interruptions of a run
SIZES = 3  # one, two and three processes
CASE = """
from tests.run.stopped import save_all, take_place
take_place(n, size, {{"MASTER_PORT": "{}"}})
from tests.studies.exact_cases import train_case
save_all(train_case(*{}))
"""
TRAIN_SCORES = {"transforms": ["train_acc"], "gan": ["train_acc", "train_loss"]}
OWN = """
import os
from pathlib import Path
import pytorch_lightning as pl
import torch
import {0}
from torch.utils.data import DataLoader, TensorDataset

STOP = Path("stop")

class Model({0}.Model):
    def log_mean(self, *names):
        for name in names:
            self.log(name, next(self.parameters()).mean().sigmoid(), sync_dist=True)

    def training_step(self, batch, batch_idx):
        self.log_mean(*{1})
        is_last = self.trainer.global_rank == self.trainer.world_size - 1
        if STOP.exists() and is_last and self.trainer.fit_loop.total_batch_idx == 8:
            os.kill(os.getpid(), int(STOP.read_text()))
        return super().training_step(batch, batch_idx)

    def validation_step(self, batch, batch_idx):
        self.log_mean("val_acc", "val_loss")

    def test_step(self, batch, batch_idx):
        self.log_mean("test_acc")

class Loaders(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(TensorDataset(torch.randn(160, 16).cumsum(1)), 8, shuffle=True)

    val_dataloader = train_dataloader

class Data(getattr({0}, "Data", Loaders)):
    def test_dataloader(self):
        return self.val_dataloader()
"""
JOB = """#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --signal=USR1@90
#SBATCH --requeue
#SBATCH --open-mode=append

srun --kill-on-bad-exit=1 {}
status=$?

again=no
if ((status == 75)); then # SLURM has warned the run
    again=yes
elif ((status > 128 && status != 130)); then # a process was killed
    ((${{SLURM_RESTART_COUNT:-0}} < 5)) && again=yes
fi
# For a more urgent job, SLURM requeues this one by itself.
scontrol show job "$SLURM_JOB_ID" | grep -q 'PreemptTime=[0-9]' && again=no
echo "status $status after step: again $again"
[ $again = yes ] && scontrol requeue "$SLURM_JOB_ID"
exit $status
"""
BATCH = "on_train_batch_start"


def draw_batches(chance: random.Random, n_batches: int, n_drawn: int, apart: int = 2) -> list[int]:
    """So many batches in order, more than `apart` from each other, as a stop may come some later."""
    while True:
        batches = sorted(chance.sample(range(n_batches), n_drawn))
        if all(b - a > apart for a, b in itertools.pairwise(batches)):
            return batches


def interrupt(forks: Forks, folder: Path, script: str, size: int, kinds: list, seed: int) -> str:
    """Interrupt a run in these ways, one after another, and say where, and how it ended."""
    chance = random.Random(f"{script} {size} {seed}")
    run = folder / f"{script}-{size}-{seed}"
    n_batches = 3 * -(-20 // size)
    where = []
    for kind, batch in zip(kinds, draw_batches(chance, n_batches, len(kinds)), strict=True):
        environment = {"WORKERS": str(chance.randrange(3))}
        if kind == "SIGUSR1":
            environment["SLURM_JOB_ID"] = "1"
        ends = start(forks, script, run, size, (kind, BATCH, batch), **environment)
        if ends[-1].status != ENDED.get(kind, 130):
            raise RuntimeError(f"{kind} in batch {batch}: {ends[-1].status}, {ends[-1].err}")
        where.append(f"{kind} {batch}")
    ends = start(forks, script, run, size)
    if any(ended.status != 0 for ended in ends):
        raise RuntimeError(f"{where}: {ends[-1].err}")
    found = differing(run, folder / f"{script}-{size}")
    return f"{script}, {size} processes: {', '.join(where)}: {len(found)} differ {found[:9]}"


def interrupt_scripts(folder: Path, only: str, n_interruptions: int) -> None:
    """Interrupt each script so many times, a third of them in one process, two and three."""
    with Forks() as forks:
        for script in [script for script in NAMES if only in script]:
            kinds = list(itertools.islice(itertools.cycle(KINDS), n_interruptions))
            random.Random(script).shuffle(kinds)
            runs = [kinds[n : n + A_RUN] for n in range(0, n_interruptions, A_RUN)]
            for seed, some in enumerate(runs):
                size = 1 + seed % SIZES
                if not (folder / f"{script}-{size}").exists():
                    start(forks, script, folder / f"{script}-{size}", size)
                begin = time.monotonic()
                said = interrupt(forks, folder, script, size, some, seed)
                print(f"{said}, {time.monotonic() - begin:.0f} s", flush=True)


def start_case(forks: Forks, run: Path, name: str, size: int, n: int, stop=()) -> list:
    """Start a case for the n-th time."""
    with socket.create_server(("", 0)) as server:
        port = str(server.getsockname()[1])
    code = CASE.format(port, [name, str(run), size, n, stop])
    return forks.run(run.parent, code, size)


def try_case(forks: Forks, folder: Path, name: str, size: int, seed: int) -> str:
    """Stop and kill a case, and say where, and how it ended."""
    chance = random.Random(f"{name} {size} {seed}")
    alone = folder / f"{name}, {size}, alone"
    run = folder / f"{name}, {size}, {seed}"
    if not alone.exists():
        ends = start_case(forks, alone, name, size, 0)
        if ends[-1].status != 0:
            return f"{name}, {size} processes: FAILS {ends[-1].err[-300:]}"
    n_batches = torch.load(alone / "final0")[-1] + 1
    kinds = ["SIGTERM", "SIGKILL"]
    chance.shuffle(kinds)
    stops = list(zip(kinds, draw_batches(chance, n_batches, 2, apart=5), strict=True))
    for n, stop in enumerate([*stops, ()]):
        ends = start_case(forks, run, name, size, n, stop)
        expected = ENDED.get(stop[0], 130) if stop else 0
        if ends[-1].status != expected:
            return f"{name}, {size} processes: FAILS {stop} {ends[-1].status} {ends[-1].err[-300:]}"
    found = differing(run, alone)
    return f"{name}, {size} processes: {stops}: {len(found)} differ {found[:9]}"


def try_cases(folder: Path, only: str, times: int) -> None:
    """Try all cases with this word in one process, and some of them in two and three."""
    with Forks() as forks:
        todo = [(name, size) for size in (2, 3) for name in IN_PROCESSES]
        todo += [(name, 1) for name in CASES]
        for name, size in todo:
            if only in name:
                for seed in range(times):
                    print(try_case(forks, folder, name, size, seed), flush=True)


def try_own(folder: Path) -> None:
    """Stop `fit --own` with the Model and the Data of two scripts, and go on."""
    few = ["--trainer.max_epochs=3", "--trainer.accelerator=cpu", "--last.every_n_train_steps=6"]
    with Forks() as forks:
        for script, size, kind in itertools.product(NAMES[:2], (1, 2), (SIGTERM, SIGKILL)):
            here = folder / f"{script} {size} {kind.name}"
            here.mkdir()
            shutil.copy(SCRIPTS / f"{script}.py", here)
            (here / "my_own.py").write_text(OWN.format(script, TRAIN_SCORES[script]))
            own = ["fit", "--own=my_own", *few]
            if script == "gan" and size > 1:
                own.append("--trainer.strategy=ddp_find_unused_parameters_true")
            forks(here, *own, "--run=alone", size=size)
            stop = here / "stop"
            stop.write_text(str(kind.value))
            ends = forks.ends(here, *own, "--run=stopped", size=size)
            stop.unlink()
            forks(here, "fit", "--run=stopped", "--resume", size=size)
            ours, theirs = (load(here / run / exact.LAST) for run in ("stopped", "alone"))
            parts = ("state_dict", "optimizer_states", "lr_schedulers", "global_step")
            found = [differences(ours[part], theirs[part], part) for part in parts]
            statuses = [ended.status for ended in ends]
            print(here.name, statuses, sum(map(len, found)), "differ", found, flush=True)


def run_task(script: str, run: str) -> None:
    """Run a script as a task of a job on two nodes. In its first start, each batch takes half a second."""
    if "SLURM_RESTART_COUNT" not in os.environ:
        seed_batch = exact.SeedBatches.on_train_batch_start

        def wait_and_seed(*arguments):
            time.sleep(0.5)
            seed_batch(*arguments)

        exact.SeedBatches.on_train_batch_start = wait_and_seed
    plain_fit = exact.fit

    def fit(*arguments, **options):
        return plain_fit(*arguments, **{**options, "devices": 1, "num_nodes": 2})

    exact.fit = fit
    sys.argv = [script, run, "2"]
    save_all(runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")["trainer"])


def submit(cluster: Slurm, folder: Path, script: str) -> str:
    """Submit a script as a job, and wait for its first checkpoint."""
    job = folder / f"{script}.sbatch"
    run = folder / script
    job.write_text(JOB.format(f"python -m tests.studies.exact task --only={script} --run={run}"))
    words = ["--parsable", f"--output={folder}/{script}.log", str(job)]
    number = cluster.run("sbatch", *words)
    cluster.wait(
        lambda: (run / exact.LAST).exists() and torch.load(run / exact.LAST)["global_step"] >= 4,
        "there is no checkpoint",
        seconds=200,
    )
    return number


def try_slurm(folder: Path) -> None:
    """One job that makes room for an urgent one, and one that loses a node."""
    with Forks() as forks:
        for script in ("gan", "callbacks"):
            start(forks, script, folder / f"{script} alone", 2)
    with slurm() as cluster:
        number = submit(cluster, folder, "gan")
        urgent = ["--partition=urgent", "--nodes=2", "--exclusive", "--output=/dev/null"]
        cluster.run("sbatch", *urgent, "--wrap=sleep 1")
        report(cluster, folder, "gan", number)
        number = submit(cluster, folder, "callbacks")
        cluster.lose_node("node2")
        cluster.wait(
            lambda: cluster.state(number) in ("PENDING", "FAILED"),
            "the job does not end",
            seconds=200,
        )
        cluster.start_node("node2")
        report(cluster, folder, "callbacks", number)


def report(cluster: Slurm, folder: Path, script: str, number: str) -> None:
    """Wait for the end of a job, and say how it ended."""
    job = cluster.end(number)
    print(script, job["JobState"], job["Restarts"], "restarts", end=" ")
    if job["JobState"] == "COMPLETED":
        found = differing(folder / script, folder / f"{script} alone")
        print(len(found), "differ", found[:9], flush=True)
    log = (folder / f"{script}.log").read_text(errors="replace").splitlines()
    print(*[line for line in log if "after step" in line or "rror" in line], sep="\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["scripts", "cases", "slurm", "own", "task"])
    parser.add_argument("--interruptions", type=int, default=20)
    parser.add_argument("--times", type=int, default=1, help="how often a case is tried")
    parser.add_argument("--only", default="", help="a word of a script or case")
    parser.add_argument("--run", help="folder of a task, which the study itself starts")
    options = parser.parse_args()
    if options.what == "task":
        run_task(options.only, options.run)
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.what == "scripts":
            interrupt_scripts(Path(folder), options.only, options.interruptions)
        elif options.what == "cases":
            try_cases(Path(folder), options.only, options.times)
        elif options.what == "own":
            try_own(Path(folder))
        else:
            try_slurm(Path(folder))


if __name__ == "__main__":
    main()
