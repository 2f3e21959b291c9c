"""The command `run`, with stand-ins for runs: how many at once, and restarts that lead nowhere."""

import errno
import fcntl
import os

import pytest

from helpers.run import slurm
from helpers.run.slurm import START_AGAIN
from helpers.sweep import __main__ as command
from helpers.sweep import workers
from helpers.sweep.number import FAILED, NUMBER_LOCK, folder_of
from helpers.sweep.plan import Run, write_plan

RUNS = [Run(number, 0, number, {"model.n_hidden": "20"}) for number in range(4)]


@pytest.mark.parametrize(
    "given, threads, variables, n",
    [
        ([], 3, {}, 5),
        ([], 32, {}, 1),
        (["--workers=2"], 3, {}, 2),
        ([], 1, {"SLURM_CPUS_PER_TASK": "4"}, 4),  # practice nodes, and some sites, bind to no core
    ],
)
def test_there_are_as_many_workers_as_cores(given, threads, variables, n, tmp_path, monkeypatch):
    seen = []

    class Seen(workers.Workers):
        def __init__(self, sweep, n):
            seen.append(n)

        def do(self, runs):
            return 0

    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(command.environment, "count_cores", lambda: 16)
    monkeypatch.setattr(command, "Workers", Seen)
    options = {"threads": str(threads), **RUNS[0].options}
    write_plan(tmp_path, [run._replace(options=options) for run in RUNS])
    assert command.main(["run", str(tmp_path), *given]) == 0
    assert seen == [n]


class Stalled:
    """A process that SLURM's time limit ends before `fit` begins."""

    exitcode = -15

    def __init__(self, target, args):
        self.sentinel = os.open(os.devnull, os.O_RDONLY)

    def start(self):
        pass


@pytest.fixture
def restart(tmp_path, monkeypatch, signals):
    """Task 0 of an array, started again for the n-th time: its exit status."""
    monkeypatch.setenv("SLURM_JOB_ID", "80")
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "77")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(slurm, "seconds_for_lock", lambda: 0.1)
    monkeypatch.setattr(workers, "_start_server", lambda: None)
    monkeypatch.setattr(workers, "ForkServerProcess", Stalled)
    write_plan(tmp_path, RUNS)

    def restart(n: int) -> int:
        monkeypatch.setenv("SLURM_RESTART_COUNT", str(n))
        return command.main(["run", str(tmp_path), "--each=2"])

    return restart


def test_a_task_that_stalls_before_its_first_run_is_not_requeued_for_ever(
    tmp_path, restart, capsys
):
    assert [restart(n) for n in range(4)] == [START_AGAIN] * 4
    last = folder_of(tmp_path, 1) / "last.ckpt"
    last.write_text("")  # it has come further
    assert [restart(n) for n in range(4, 7)] == [START_AGAIN] * 3
    capsys.readouterr()
    assert restart(7) == FAILED
    error = capsys.readouterr().err
    said = f"error: in 3 restarts, {tmp_path}/tasks/77_0 has not got beyond its checkpoint of 20"
    assert error.startswith(said) and error.endswith(": see in its log what stops it.\n")


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_the_lock_of_a_lost_node_on_a_file_system_without_flock(
    tmp_path, restart, monkeypatch, capsys
):
    """There it is a file, which stays: after some restarts it is given up, and said what to do."""

    def flock(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    for run in RUNS[:2]:
        folder = folder_of(tmp_path, run.number)
        folder.mkdir(parents=True)
        (folder / NUMBER_LOCK).write_text("4711\nlost-node\n")
    statuses = [restart(n) for n in range(1, 5)]
    assert statuses == [START_AGAIN] * 3 + [FAILED]
    lock = folder_of(tmp_path, 0) / NUMBER_LOCK
    said = f"if no machine runs it any more, as after a node was lost, remove {lock} and "
    printed = capsys.readouterr()
    assert printed.out.count(said) == 3
    assert printed.err.startswith(f"error: in 3 restarts, {tmp_path}/tasks/77_0 has not got beyond")
