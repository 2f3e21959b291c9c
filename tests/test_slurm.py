"""The job script on a real SLURM of two nodes: training, preemption without a step lost, and failures that explain."""

import os
import sys
from pathlib import Path

import pytest
import slurm
from test_train import assert_same_training, load
from test_train import run as run_command

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "helpers" / "slurm" / "train.sbatch"
TINY = [
    *("--data.source=embedded", "--data.batch_size=8", "--model.n_hidden=50", "--model.decode=mean"),
    *("--model.encoding=poisson", "--model.seq_length=8", "--model.learning_rate=1e-3"),
    *("--trainer.max_epochs=2", "--trainer.limit_train_batches=6", "--trainer.log_every_n_steps=2"),
    *("--trainer.limit_val_batches=2", "--trainer.limit_test_batches=2", "--trainer.accelerator=cpu"),
    *("--last.every_n_train_steps=2", "--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
]
STEPS = 12

# Where each start of a job is interrupted: the job has one restart more than interruptions.
INTERRUPTED = {
    "in the first step": ["step 0"],
    "in the last step": [f"step {STEPS - 1}"],
    "twice": ["step 3", "step 7"],
    "in validation": ["validation"],
    "while saving": ["saving"],
    "a process killed": ["kill 5"],
    "at its time limit": ["wait 4"],
}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The two nodes. Without SLURM the tests are skipped, but not where CI runs them."""
    if why := slurm.missing():
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with slurm.slurm() as cluster:
        cluster.environment |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # the job script calls python
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            "OMP_NUM_THREADS": "1",
        }
        yield cluster


class Job:
    """One submission of the job script, with a folder of its own to run in."""

    def __init__(self, cluster, folder, *arguments, lines=(), script=SCRIPT):
        self.cluster, self.folder = cluster, folder
        options = ["--parsable", f"--chdir={folder}", f"--output={folder / 'log'}", *lines]
        self.number = cluster.run("sbatch", *options, str(script), *TINY, *arguments)

    @property
    def run(self) -> Path:
        return self.folder / "runs" / f"job{self.number}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def end(self, seconds: float = 200) -> dict[str, str]:
        """How the job ended, once it has."""

        def ended():
            job = self.cluster.job(self.number)
            return job["JobState"] in ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL") and job

        return self.cluster.wait(ended, f"job {self.number} has not ended: {self.cluster.job(self.number)}", seconds)


def interrupt(at: list[str]) -> str:
    return f"--trainer.callbacks=[{{class_path: interrupt.Interrupt, init_args: {{at: {at}}}}}]"


@pytest.fixture(scope="session")
def jobs(cluster, tmp_path_factory) -> dict[str, Job]:
    """All at once: a requeued job waits for seconds, in which another one runs."""
    submitted = {"never": Job(cluster, tmp_path_factory.mktemp("job"))}
    for name, at in INTERRUPTED.items():
        lines = ["--time=1", "--signal=SIGUSR1@50"] if name == "at its time limit" else []
        submitted[name] = Job(cluster, tmp_path_factory.mktemp("job"), interrupt(at), lines=lines)
    return submitted


def test_two_nodes_train(jobs):
    job = jobs["never"]
    assert job.end()["JobState"] == "COMPLETED", job.log
    lines = job.log.splitlines()
    assert lines[0] == "0: 2 processes: 0 on node1, 1 on node2"
    assert lines[-1].startswith("0: test_acc 0.") and not [line for line in lines if line.startswith("1:")]
    assert load(job.run / "last.ckpt")["global_step"] == STEPS


@pytest.mark.parametrize("name", INTERRUPTED)
def test_an_interrupted_job_ends_with_the_same_weights(name, jobs):
    job, reference = jobs[name], jobs["never"]
    ended = job.end()
    assert ended["JobState"] == "COMPLETED", job.log
    assert int(ended["Restarts"]) == len(INTERRUPTED[name]), job.log
    assert_same_training(job.run, reference.run)
