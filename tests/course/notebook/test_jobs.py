"""What section 4.8 does with SLURM, where there is none. With one, tests/cluster/test_slurm.py runs the chapter."""

import pytest

from helpers.cluster import practice
from helpers.course.notebook import jobs


@pytest.fixture
def queue(monkeypatch, capsys):
    """Where nothing of SLURM is installed."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setattr(practice, "why_impossible", lambda: "a practice cluster needs Linux")
    queue = jobs.Queue()
    assert capsys.readouterr().out.startswith(
        "We go on with a recorded job. No practice cluster here: a practice"
    )
    return queue


def test_a_recorded_job_takes_its_place(queue, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    job = queue.submit(["--nodes=2"], "job.sbatch", [])
    job.watch(until=job.checkpoint)
    assert capsys.readouterr().out.splitlines()[1:] == ["2 processes: 0 on node1, 1 on node2"]
    job.signal("USR1")
    job.watch()
    queue.close()
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("stopped after step 31;")
    assert told[2] == "going on with runs/job1 after step 31"
    assert "2 processes: 0 on node1, 1 on node2" in job.log() and job.repeated() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Number 7, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "ask", lambda *command: ("", ""))
    return jobs.Job("7")


def test_steps_that_a_job_did_twice(job):
    assert (job.log(), job.repeated()) == ("no log yet", "as yet unknown")
    said = (
        "0: stopped after step {}; go on with: python\n0: going on with runs/job7 after step {}\n"
    )
    jobs.LOG.parent.mkdir()
    jobs.LOG.write_text(said.format(11, 10) + said.format(20, 20))
    assert job.repeated() == 1


@pytest.mark.parametrize("folder", ["runs/job7", "runs/7", "me/runs/7"])
def test_a_checkpoint_is_found_where_the_script_puts_it(folder, job, tmp_path):
    assert not job.checkpoint()
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "last.ckpt").touch()
    assert job.checkpoint()
