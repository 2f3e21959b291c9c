"""Thirty learners on one machine, or in one shared folder, who all press the button in the same second."""

import getpass
import os
import re
from contextlib import closing
from pathlib import Path

import pytest
import torch
import yaml
from filelock import FileLock

from tests.test_data import FILES, Server, resources, stored
from tests.test_train import TINY

LEARNERS = 30
N_TRAIN = 10  # learners who train to the end


@pytest.fixture
def at_once(forks, tmp_path):
    """Lets learners do the same at once, as processes in one folder: exit status, stdout and stderr of each."""

    def at_once(act: str, *mirrors: str, learners=LEARNERS):
        mnist = "torchvision.datasets.MNIST"
        return forks.run(
            tmp_path,
            f"{mnist}.resources, {mnist}.mirrors = {resources(), mirrors}\n{act}",
            learners,
        )

    return at_once


@pytest.fixture
def server():
    with closing(Server()) as server:
        yield server


def fit(*options: str) -> str:
    """What a learner does: train, with an own seed by which the work can be told apart."""
    options = [
        option for option in (*TINY, *options) if not option.startswith("--trainer.max_epochs")
    ]
    return f"train.main(['fit', *{options}, '--trainer.max_epochs=1', f'--seed_everything={{n}}'])"


def assert_work_of(learner: int, run: Path) -> torch.Tensor:
    """The run is whole, and this learner's. Returns its weights of the readout."""
    assert yaml.safe_load((run / "config.yaml").read_text())["seed_everything"] == learner
    last, best = (torch.load(run / name, weights_only=True) for name in ("last.ckpt", "best.ckpt"))
    assert last["global_step"] == best["global_step"] == 6
    assert torch.equal(last["state_dict"]["net.out.weight"], best["state_dict"]["net.out.weight"])
    assert not list(run.glob(".last.ckpt*")) and (run / "curves.png").read_bytes().endswith(
        b"IEND\xaeB`\x82"
    )
    return last["state_dict"]["net.out.weight"]


def test_first_runs_at_once(at_once, server, tmp_path):
    """One downloads for all, and each finds its own work in a folder of its own."""
    said = at_once(fit("--data.source=auto"), server.address, learners=N_TRAIN)
    assert all(status == 0 and "Traceback" not in err for status, _, err in said), said
    assert stored(tmp_path / "data") == FILES == stored(tmp_path / "data" / "MNIST" / "raw")
    assert len(server.asked) == len(FILES)

    runs = [
        Path(re.search(r"^checkpoint +(runs/\d+)/last.ckpt,", out, re.MULTILINE).group(1))
        for _, out, _ in said
    ]
    assert sorted(int(run.name) for run in runs) == list(range(1, N_TRAIN + 1))
    weights = [assert_work_of(n, tmp_path / run) for n, run in enumerate(runs)]
    assert len({tuple(weight.flatten().tolist()) for weight in weights}) == N_TRAIN


def test_of_thirty_who_name_the_same_run_one_gets_it(at_once, tmp_path):
    said = at_once(fit("--run=runs/mine"))
    (winner,) = [n for n, (status, _, _) in enumerate(said) if status == 0]
    assert_work_of(winner, tmp_path / "runs" / "mine")
    for n, (status, out, err) in enumerate(said):
        refused = (
            status == 2
            and out == ""
            and re.search("error: runs/mine (is in use by|holds a run already)", err)
        )
        assert n == winner or refused, (status, out, err)


def test_a_run_that_goes_on_elsewhere_is_left_alone(at_once, tmp_path):
    """To resume means the newest run, which is another's here, and not over."""
    (tmp_path / "runs" / "1").mkdir(parents=True)
    (tmp_path / "runs" / "1" / "last.ckpt").write_bytes(b"of another")
    with FileLock(tmp_path / "runs" / "1" / ".lock", timeout=0):
        said = at_once("train.main(['fit', '--resume'])", learners=3)
    holder = f"process {os.getpid()} of {getpass.getuser()}"
    sentence = (
        f"error: runs/1 is in use by {holder}: wait until it has ended, or name another folder.\n"
    )
    assert said == [(2, "", sentence)] * 3
    assert stored(tmp_path / "runs") == {"last.ckpt": b"of another"}


DOWNLOAD = "data.DigitsDataModule(source='download').prepare_data()"
NO_LOCKS = """
import errno, fcntl
def flock(*_):
    raise OSError(errno.ENOSYS, "Function not implemented")
fcntl.flock = flock
"""


def test_where_files_cannot_be_locked_one_downloads_for_all_too(at_once, server, tmp_path):
    """As on some network file systems: each run still gets a number of its own."""
    said = at_once(f"{NO_LOCKS}{DOWNLOAD}; print(run_folder.make_run())", server.address)
    numbers = range(1, LEARNERS + 1)
    assert sorted((status, out) for status, out, _ in said) == sorted(
        (0, f"runs/{n}\n") for n in numbers
    )
    assert stored(tmp_path / "data") == FILES and len(server.asked) == len(FILES)
