"""Processes without their imports: one that has PyTorch, Lightning and the course forks others, which do as told.

Those of a training command are started as torchrun would have started them. The last one can send itself a signal.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests import ROOT

# All processes of a command wait at a door, a pipe that is closed when the last one is there.
FORKS = """
import atexit, gc, io, json, os, signal, sys, traceback, weakref
import torch
import torch.distributed as dist
import torchvision
from matplotlib import pyplot
from helpers import data, train
from helpers.classifier import SpikingClassifier
from helpers.neuron import LIF
from helpers.run import run_folder
from tests.signals import signal_at
LIF()(torch.zeros(1, 1))  # reads the compiled kernel
pyplot.yscale("log")
pyplot.savefig(io.BytesIO())  # reads fonts, as each picture of a run would
pyplot.close()
gc.freeze()  # none copies what all share
for shared in weakref.finalize._registry:
    shared.atexit = False  # nor clears it
for line in sys.stdin:
    folder, said, size, code = json.loads(line)
    os.chdir(folder)
    door, opens = os.pipe()
    processes = []
    for n in range(size):
        if pid := os.fork():
            processes.append(pid)
            continue
        os.close(opens)
        for stream, name in enumerate(("out", "err"), start=1):
            os.dup2(os.open(f"{said}/{n}.{name}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream)
        signal.alarm(280)  # s, for what hangs
        os.read(door, 1)
        status = 0
        try:
            exec(code)
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc()
            status = 1
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)  # to clear what all share would take seconds
    os.close(door)
    os.close(opens)
    print(*(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in processes), flush=True)
"""
COMMAND = """
arguments, stop, port = json.loads({!r})
if size > 1:
    places = {{"RANK": n, "LOCAL_RANK": n, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "MASTER_PORT": port}}
    os.environ |= {{name: str(place) for name, place in places.items()}}
    os.environ |= {{"TORCHELASTIC_RUN_ID": "tests", "MASTER_ADDR": "127.0.0.1"}}
    from pytorch_lightning.utilities.rank_zero import rank_zero_only
    rank_zero_only.rank = n
if stop and n == size - 1:
    signal_at(SpikingClassifier, *stop)
try:
    train.main(arguments)
except SystemExit as end:  # 134 is what a process ends with whose group is left: its threads may abort Python
    sys.exit(134 if end.code == 130 and dist.is_initialized() else end.code)
"""


class Ended(NamedTuple):
    """Exit status, stdout and stderr of a process."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of stdout."""
        return self.out.strip().split("\n")[-1]


class Forks:
    """Runs processes, all those of a command at once."""

    def __enter__(self):
        self.said = tempfile.TemporaryDirectory()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", FORKS], env=environment, **pipes)
        return self

    def __exit__(self, *error):
        self.process.communicate()
        self.said.cleanup()

    def run(self, folder, code: str, size: int) -> list[Ended]:
        """How so many processes in this folder ended that run this code, in which n is the number of each."""
        print(
            json.dumps([str(folder), self.said.name, size, code]),
            file=self.process.stdin,
            flush=True,
        )
        statuses = map(int, self.process.stdout.readline().split())
        said = [
            [Path(self.said.name, f"{n}.{stream}").read_text() for stream in ("out", "err")]
            for n in range(size)
        ]
        return [Ended(status, *texts) for status, texts in zip(statuses, said, strict=True)]

    def ends(self, folder, *arguments: str, size=1, stop=()) -> list[Ended]:
        """How the processes of a training command ended; stop: where the last one gets a signal, by signal_at."""
        with socket.create_server(("", 0)) as server:
            port = server.getsockname()[1]
        return self.run(folder, COMMAND.format(json.dumps([arguments, stop, port])), size)

    def __call__(self, folder, *arguments: str, status=0, **options) -> Ended:
        """What the first process of a training command said that ended with this status in all processes."""
        ends = self.ends(folder, *arguments, **options)
        for ended in ends:
            assert ended.status == status and "Traceback" not in ended.err, ended.err
        return ends[0]
