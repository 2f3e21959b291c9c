"""The training command without its imports: a process that has PyTorch and Lightning forks others that do as they say.

Several processes of a command are started as torchrun would have started them. The last one can send itself a signal.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests import ROOT

# A process sends itself a signal just before the n-th call of a function, always at the same place; or so many s later.
SIGNAL_AT = """
import functools, itertools, os, sys, threading
from helpers import classifier, train

def signal_at(place, n, number, later=0):
    owner = os if place == "fsync" else classifier.SpikingClassifier
    function, calls = getattr(owner, place), itertools.count(1)
    @functools.wraps(function)
    def signalled(*args):
        if next(calls) == int(n):
            send = functools.partial(os.kill, os.getpid(), int(number))
            threading.Timer(later, send).start() if later else send()
        return function(*args)
    setattr(owner, place, signalled)
"""
FORKS = f"""{SIGNAL_AT}
import gc, json, signal, socket
from pytorch_lightning.utilities.rank_zero import rank_zero_only

gc.freeze()
for line in sys.stdin:
    folder, said, size, stop, arguments = json.loads(line)
    os.chdir(folder)
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    processes = []
    for rank in range(size):
        if pid := os.fork():
            processes.append(pid)
            continue
        signal.alarm(200)  # s, for what hangs
        for stream, ending in enumerate(("out", "err"), start=1):
            os.dup2(os.open(f"{{said}}/{{rank}}.{{ending}}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream)
        if size > 1:
            places = {{"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}}
            os.environ |= {{key: str(value) for key, value in places.items()}}
            os.environ |= {{"TORCHELASTIC_RUN_ID": "tests", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}}
            rank_zero_only.rank = rank
        if stop and rank == size - 1:
            signal_at(*stop)
        sys.exit(train.main(arguments))
    print(*(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in processes), flush=True)
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
    """Runs training commands, one after the other."""

    def __enter__(self):
        self.said = tempfile.TemporaryDirectory()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", FORKS], env=environment, **pipes)
        return self

    def __exit__(self, *error):
        self.process.communicate()
        self.said.cleanup()

    def ends(self, folder, *arguments: str, size=1, stop=()) -> list[Ended]:
        """How the processes of a command in this folder ended; stop: where the last one gets a signal, by signal_at."""
        print(json.dumps([str(folder), self.said.name, size, stop, arguments]), file=self.process.stdin, flush=True)
        statuses = map(int, self.process.stdout.readline().split())
        said = [[Path(self.said.name, f"{n}.{stream}").read_text() for stream in ("out", "err")] for n in range(size)]
        return [Ended(status, *texts) for status, texts in zip(statuses, said, strict=True)]

    def __call__(self, folder, *arguments: str, status=0, **options) -> Ended:
        """What the first process of a command said that ended with this status in all processes."""
        ends = self.ends(folder, *arguments, **options)
        for ended in ends:
            assert ended.status == status and "Traceback" not in ended.err, ended.err
        return ends[0]
