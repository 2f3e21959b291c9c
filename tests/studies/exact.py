"""Scripts that are stopped at random end with the weights of the same scripts left alone. Not a test.

    python -m tests.studies.exact scripts       20 interruptions of each script of tests/run/scripts
    python -m tests.studies.exact cases         58 kinds of scripts, each stopped and killed
    python -m tests.studies.exact slurm         a preempted job, one with a lost node, on the practice cluster

An interruption is SIGINT, SIGTERM, SIGHUP or SIGKILL in a batch drawn by chance, or SIGUSR1 where the variables of a job
are set. It hits the last process. Each line says how many interruptions there were and what differs, by one bit.
"""

import argparse
import itertools
import random
import tempfile
import time
from pathlib import Path

from tests.forks import Forks
from tests.run.stopped import ENDED, differing, start

SCRIPTS = ("transforms", "gan", "callbacks")
KINDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGKILL")
A_RUN = 4  # interruptions of a run
SIZES = 3  # one, two and three processes
BATCH = "on_train_batch_start"


def draw_batches(chance: random.Random, n_batches: int, n_drawn: int) -> list[int]:
    """So many batches in order, of which none is beside another, as a stop may come a batch later."""
    while True:
        batches = sorted(chance.sample(range(n_batches), n_drawn))
        if all(b - a > 2 for a, b in itertools.pairwise(batches)):
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


def interrupt_scripts(folder: Path, n_interruptions: int) -> None:
    """Interrupt each script so many times, a third of them in one process, two and three."""
    with Forks() as forks:
        for script in SCRIPTS:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["scripts", "cases", "slurm"])
    parser.add_argument("--interruptions", type=int, default=20)
    parser.add_argument("--only", default="", help="a word of a case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.what == "scripts":
            interrupt_scripts(Path(folder), options.interruptions)


if __name__ == "__main__":
    main()
