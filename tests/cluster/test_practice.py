"""The practice cluster: it runs jobs on all of its nodes and leaves nothing. Where it cannot, a sentence says so."""

import os
import re
import subprocess
import sys
from functools import partialmethod

import pytest

from helpers import InputError
from helpers.cluster import practice
from tests import ROOT
from tests.cluster.slurm import need, wait_until_free

NOBODY = 65534  # an ordinary user's number, which every Linux has


def python(*words: str, **environment: str):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def command(*words: str, **environment: str):
    return python("-m", "helpers.cluster.practice", *words, **environment)


def command_of_an_ordinary_user(*words: str):
    """The same, by one who is not root from the imports on: root's Python may be root's alone."""
    return python(
        "-c",
        f"""
import os
from helpers.cluster import practice
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
practice.main({list(words)})
""",
    )


def refuses(done, sentence: str) -> None:
    assert (done.returncode, done.stderr) == (2, f"error: {sentence}\n")


def traces() -> list:
    """What a cluster that is up changes on the machine."""
    alive = ["pgrep", "--exact", "--runstates=DRST", "slurmstepd"]
    steps = subprocess.run(alive, capture_output=True).stdout
    return [
        practice.Cluster().processes(),
        steps,  # their environment is empty, so that they are not among its processes
        practice.Path("/etc/hosts").read_text(),
        practice.Path("/proc/mounts").read_text(),
        *(path.exists() for path in (practice.FOLDER, *practice.SOCKETS)),
    ]


@pytest.fixture
def started():
    """What was there before, and what `up` said."""
    need()
    wait_until_free()
    before = traces()
    done = command("up", "--nodes", "3")
    assert done.returncode == 0, done.stderr
    ours = practice.FOLDER.stat().st_ino
    yield before, done.stdout
    if practice.FOLDER.exists() and practice.FOLDER.stat().st_ino == ours:  # the test has failed
        command("down")


def test_three_nodes_from_up_to_down(started, monkeypatch):
    before, said = started
    assert said.startswith(
        "node1 is up\nnode2 is up\nnode3 is up\nSLURM's commands find it after: export SLURM_CONF=/"
    )
    refuses(
        command("up"),
        "a practice cluster is up already; to end it: python -m helpers.cluster.practice down",
    )

    monkeypatch.delenv("SLURM_CONF", raising=False)
    assert practice.use() and os.environ["SLURM_CONF"] in said  # so srun finds it
    srun = ["srun", "--nodes=3", "--ntasks-per-node=1", "sh", "-c", "echo $SLURMD_NODENAME"]
    assert sorted(subprocess.check_output(srun, text=True).split()) == ["node1", "node2", "node3"]
    sbatch = ["sbatch", "--chdir=/tmp", "--output=/dev/null", "--wrap=srun sleep 300"]
    subprocess.run([*sbatch, "--nodes=2"], check=True)
    subprocess.run(sbatch, check=True, user=NOBODY, group=NOBODY, extra_groups=[])
    status = command("status").stdout
    # a line for each partition and state, as the job starts or waits
    nodes = re.findall(r"^main.* infinite +(\d)", status, re.MULTILINE)
    assert sum(map(int, nodes)) == 3 and "wrap" in status and said.splitlines()[3] in status

    assert "nobody" in status
    sentence = "the practice cluster of this machine was started by root: use sudo."
    refuses(command_of_an_ordinary_user("down"), sentence)

    bystander = subprocess.Popen(["sleep", "300"])  # it has SLURM_CONF, as a learner's shell has
    down = command("down")
    assert (down.returncode, down.stdout + down.stderr) == (0, "")
    assert traces() == before and bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert not practice.use() and "SLURM_CONF" not in os.environ
    assert command("status").stdout.startswith("no practice cluster is up")
    assert command("down").returncode == 0  # once more does no harm


def test_a_machine_that_lacks_something(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert practice.why_impossible() == f"slurmctld, slurmd, sbatch not found: {practice.APT}"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "needs root: use sudo, a container, or Colab" in practice.why_impossible()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "needs Linux: start it in a container or in Colab" in practice.why_impossible()


def test_a_slurm_of_its_own(tmp_path):
    """And what is said by `up`, where it cannot be."""
    said = command("up", SLURM_CONF=str(tmp_path / "slurm.conf"))
    refuses(said, "this machine has a SLURM of its own: submit to that one")


def test_a_slurm_beside_the_folder_of_a_killed_cluster(tmp_path, monkeypatch):
    """Where its configuration lies elsewhere, nothing but its sockets tells of it: they stay."""
    folder = tmp_path / "practice-cluster"
    folder.mkdir()
    pid = tmp_path / "slurmctld.pid"
    pid.touch()
    monkeypatch.setattr(practice, "FOLDER", folder)
    monkeypatch.setattr(practice, "SOCKETS", [tmp_path])
    with pytest.raises(InputError, match="this machine has a SLURM of its own"):
        practice.up(practice.Cluster())
    practice.Cluster().stop()
    assert pid.exists() and not folder.exists()


def test_a_node_that_does_not_start(tmp_path, monkeypatch):
    need()
    (tmp_path / "slurmd").write_text("#!/bin/sh\necho slurmd: error: no memory\n")
    (tmp_path / "slurmd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(practice.Cluster, "wait", partialmethod(practice.Cluster.wait, seconds=3))
    wait_until_free()
    before = traces()
    with pytest.raises(
        InputError, match=r"not start: after 3 s, node1 is not idle. slurmd: error: no memory"
    ):
        practice.up(practice.Cluster())
    assert traces() == before


def test_a_machine_without_a_network():
    """A laptop in flight mode, a container: 127.0.0.1 alone."""
    need()
    wait_until_free()
    before = traces()
    hear = f"SLURM_CONF={practice.CONF} srun --nodes=2 --ntasks-per-node=1 echo heard"
    addresses = "ip -brief address"
    cluster = f"{sys.executable} -m helpers.cluster.practice"
    lines = ["ip link set lo up", addresses, f"{cluster} up", hear, f"{cluster} down", addresses]
    words = ["unshare", "--net", "sh", "-ec", "\n".join(lines)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100)
    link_before, *said, link_after = done.stdout.splitlines()
    assert said[:2] == ["node1 is up", "node2 is up"] and said[-2:] == 2 * ["heard"], done
    assert link_before == link_after and traces() == before
