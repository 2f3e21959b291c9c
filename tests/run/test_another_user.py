"""What a second user of the machine may do to a run: look at it, and hold its lock, but not without being named."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from helpers.run.exact import LOCK, MisconfigurationException, name_holder
from helpers.run.run_folder import find_run
from helpers.sweep.number import is_locked
from tests import ROOT
from tests.cluster.slurm import another_user, let_others_enter

if os.name == "nt" or os.geteuid() != 0:
    pytest.skip("only root makes users", allow_module_level=True)

TRIES = """
import os
from contextlib import ExitStack
from helpers import InputError
from helpers.run.exact import MisconfigurationException, fit
from helpers.run.run_folder import find_run
from helpers.sweep.number import is_locked
os.setgroups([])
os.setgid({0.pw_gid})
os.setuid({0.pw_uid})
os.environ["PL_GLOBAL_SEED"] = "0"
for try_it in (
    lambda: find_run("{1}", False, ExitStack()),
    lambda: fit("{1}", None),
    lambda: open("{1}/last.ckpt", "a"),
):
    try:
        try_it()
    except (InputError, MisconfigurationException, PermissionError) as error:
        print(str(error).splitlines()[0])
print(is_locked(__import__("pathlib").Path("{1}/.lock")))
"""


@pytest.fixture
def run(tmp_path):
    """The folder of a run of ours, which others may read, as this user's umask has it."""
    let_others_enter(tmp_path)
    before = os.umask(0o022)
    folder = tmp_path / "run"
    with ExitStack() as held:
        find_run(str(folder), False, held)
        (folder / "last.ckpt").touch()
    yield folder
    os.umask(before)


@pytest.fixture
def user():
    with another_user() as user:
        yield user


def test_a_lock_has_the_permissions_that_its_owner_wants(run, tmp_path):
    assert (run / LOCK).stat().st_mode & 0o777 == 0o644
    os.umask(0o077)
    with ExitStack() as held:
        find_run(str(tmp_path / "closed"), False, held)
        assert (tmp_path / "closed" / LOCK).stat().st_mode & 0o777 == 0o600


def test_who_holds_a_lock_is_named(run, user):
    holds = ["flock", str(run / LOCK), "sleep", "100"]
    other = subprocess.Popen(holds, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    try:
        deadline = time.monotonic() + 20
        while not name_holder(run / LOCK) and time.monotonic() < deadline:
            time.sleep(0.1)
        said = f"is in use by process {other.pid} of {user.pw_name}: wait until it has ended"
        (run / "last.ckpt").unlink()
        with pytest.raises(MisconfigurationException, match=said):
            find_run(str(run), False, ExitStack())
    finally:
        subprocess.run(["pkill", "--parent", str(other.pid)])
        other.wait()
    assert not name_holder(run / LOCK) and not is_locked(run / LOCK)


def test_another_user_changes_nothing_and_is_told_what_is_not_permitted(run, user):
    with ExitStack() as held:
        (run / "last.ckpt").unlink()
        find_run(str(run), False, held)
        command = [sys.executable, "-c", TRIES.format(user, run)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    lock = run / LOCK
    assert done.stdout.splitlines() == [
        f"{run} cannot be written ([Errno 13] Permission denied: '{lock}'): it may be somebody else's, "
        "a file, or a link that leads nowhere. Name another folder."
    ] * 2 + [
        f"[Errno 13] Permission denied: '{run}/last.ckpt'",
        "True",
    ], done
