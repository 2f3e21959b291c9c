"""Runs of one, three and four processes that are stopped and go on: in the end they equal, bit for bit, one that never was.

With two processes a sum is the same in any order, so that they prove nothing: those of test_slurm.py stop otherwise.
"""

import json
import re
import signal
import sys

import pytest

from helpers.figures.chapter_2 import read_scores
from tests import test_train
from tests.test_train import assert_same_training, load, start

TINY = [*test_train.TINY, "--model.n_hidden=50", "--model.learning_rate=1e-3"]
VALIDATING = [*TINY, "--trainer.val_check_interval=2"]  # in mid-epoch, when a checkpoint is due as well
ACCUMULATING = [*TINY, "--trainer.accumulate_grad_batches=2", "--trainer.precision=bf16-mixed"]

# Imports everything once, and forks the processes of each command as torchrun would have started them. The last process
# of a command sends itself a signal just before its n-th call of a method of the model.
COMMANDS = """
import functools, gc, itertools, json, os, socket, sys
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from helpers import classifier, train

def signal_at(method, n, number):
    function, calls = getattr(classifier.SpikingClassifier, method), itertools.count(1)
    @functools.wraps(function)
    def signalled(*args):
        if next(calls) == n:
            os.kill(os.getpid(), number)
        return function(*args)
    setattr(classifier.SpikingClassifier, method, signalled)

gc.freeze()
for name, size, stop, arguments in json.loads(sys.argv[1]):
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
    processes = []
    for rank in range(size):
        if pid := os.fork():
            processes.append(pid)
            continue
        for stream, ending in enumerate(("out", "err"), start=1):
            os.dup2(os.open(f"{name}.{rank}.{ending}", os.O_CREAT | os.O_WRONLY), stream)
        if size > 1:
            places = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
            os.environ |= {key: str(value) for key, value in places.items()}
            os.environ |= {"TORCHELASTIC_RUN_ID": name, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            rank_zero_only.rank = rank
        if stop and rank == size - 1:
            signal_at(*stop)
        sys.exit(train.main(arguments))
    print(*(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in processes), flush=True)
"""

INTERRUPTED = {  # processes, options, and where each start is stopped: the method, which call of it, the signal
    "3 processes": (3, VALIDATING, [("training_step", 4, signal.SIGTERM), ("training_step", 5, signal.SIGINT)]),
    "4 processes": (4, TINY, [("training_step", 1, signal.SIGTERM), ("training_step", 8, signal.SIGTERM)]),
    "3 processes, accumulating": (3, ACCUMULATING, [("training_step", 3, signal.SIGTERM)]),
    "stopped before a validation": (1, VALIDATING, [("training_step", 2, signal.SIGTERM)]),
    "killed in a validation": (1, VALIDATING, [("validation_step", 5, signal.SIGKILL)]),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folder of all runs, and the exit statuses of the processes of each command."""
    folder, commands = tmp_path_factory.mktemp("runs"), []
    for name, (size, options, stops) in INTERRUPTED.items():
        commands += [(f"{name}, never", size, None, ["fit", *options, f"--run={name}, never"])]
        commands += [(f"{name}, 0", size, stops[0], ["fit", *options, f"--run={name}"])]
        resume = ["fit", f"--run={name}", "--resume"]
        commands += [(f"{name}, {n}", size, stop, resume) for n, stop in enumerate([*stops[1:], None], start=1)]
    out, err = start([sys.executable, "-c", COMMANDS, json.dumps(commands)], folder).communicate(timeout=500)
    statuses = [[int(status) for status in line.split()] for line in out.splitlines()]
    return folder, dict(zip((name for name, *_ in commands), statuses, strict=True))


@pytest.mark.parametrize("name", INTERRUPTED)
def test_a_run_that_was_stopped_equals_one_that_never_was(name, runs):
    folder, statuses = runs
    size, _, stops = INTERRUPTED[name]
    for start, (_, _, number) in enumerate(stops):
        assert set(statuses[f"{name}, {start}"]) == {-number if number == signal.SIGKILL else 130}
    errors = [(folder / f"{name}, {len(stops)}.{rank}.err").read_text() for rank in range(size)]
    assert set(statuses[f"{name}, never"]) == set(statuses[f"{name}, {len(stops)}"]) == {0}, errors
    assert_same_training(folder / name, folder / f"{name}, never")
