"""The job script on a real SLURM of two and three nodes: training, preemption, and failures that explain."""

import os
import re
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml

from helpers import InputError
from helpers.cluster.practice import FOLDER, LOCK
from helpers.course.notebook.jobs import Queue
from helpers.course.preflight import check_slurm
from helpers.engine.scores import TEST_ACC
from helpers.sweep import job_array
from helpers.sweep.number import folder_of, read_result
from helpers.sweep.plan import begun_with, make_plan, write_plan
from helpers.sweep.table import count_differences
from tests import ROOT, test_train
from tests.cluster import slurm
from tests.recurrent import split_network_cases
from tests.test_train import assert_same_training, load

SCRIPT = ROOT / "helpers" / "cluster" / "train.sbatch"
TINY = [*test_train.TINY, "--model.n_hidden=50", "--model.learning_rate=1e-3"]
STEPS = 12

TRAIN = "python -m helpers.train"  # in the script
NO_SCONTROL = TRAIN, f"env PATH=${{PATH%%:*}} {TRAIN}"  # as in a container
NO_SRUN = "srun", f'{TRAIN} fit "$@"; exit $?; srun'
# Three processes, in which DDP's sums depend on their order. On how many nodes they are makes no difference.
THREE = ["--partition=three", "--nodes=3"]
ON_ONE_NODE = ["--partition=three", "--nodes=1", "--ntasks-per-node=3"]

FIRST = "--priority=4294967290"  # before all others, as it starts four times
INTERRUPTED = {  # where each start of a job is interrupted, but for the one after these, and how the job is submitted
    "again and again": (
        ["step 0", "validation", f"step {STEPS - 1}"],
        {"lines": [FIRST]},
    ),
    "a process killed": (["kill 5"], {}),
    "at its time limit": (["wait 4"], {"lines": ["--time=1", "--signal=SIGUSR1@20"]}),
    "without scontrol": (["step 3"], {"change": NO_SCONTROL}),
    "a node with three tasks": (["step 3"], {"lines": ON_ONE_NODE}),
}


def interrupt(at: list[str], rank: int = 1) -> str:
    where = f"{{at: {at}, rank: {rank}}}"
    return (
        f"--trainer.callbacks=[{{class_path: tests.run.interrupt.Interrupt, init_args: {where}}}]"
    )


def other(does: str) -> tuple[str, str]:
    """Process 1 does something else, before the command or instead of it."""
    return (
        TRAIN,
        f"""bash -c 'if [ $SLURM_PROCID = 1 ]; then {does}; fi; exec python "$@"' bash -m helpers.train""",
    )


UNEQUAL = ["--ntasks=3", "--ntasks-per-node=2"]
PORT_TAKEN = "is taken by another program: choose another by export MASTER_PORT"
FAILURES = {  # what the log of a job says, and how it was submitted
    "0: error: of 2 processes, number 1 did not start within 40 s": {
        "change": other("exec sleep 200")
    },
    "error: SLURM gave the nodes 2,1 tasks": {"lines": UNEQUAL},
    "error: this job has 2 tasks, but this is one process outside srun": {"change": NO_SRUN},
    "error: node2 does not see the run folder runs/job": {
        "change": other("mkdir -p other; cd other")
    },
    PORT_TAKEN: {},
    "1: error: out of memory: give each process a smaller": {
        "arguments": [interrupt(["memory 3"])]
    },
    "0: error: another process of this run has": {
        "arguments": [interrupt(["kill 5"])],
        "lines": ["--no-requeue"],
    },
    "in 3 restarts, runs/": {
        "arguments": [interrupt(["kill 1"] * 9, rank=0)],
        "lines": ["--nodes=1"],
    },
}
TOO_SHORT = "is too short for a warning 120 s before its end"
STARTED = "0: 2 processes: 0 on node1, 1 on node2"


@pytest.fixture(scope="module")  # another worker may wait for the next one
def cluster():
    """The nodes."""
    slurm.need()
    with slurm.slurm() as cluster:
        yield cluster


class Job:
    """One submission of the job script, with a folder of its own to run in."""

    def __init__(self, cluster, folder, arguments=(), lines=(), change=("", "")):
        """arguments: of fit; lines: what would stand in #SBATCH lines; change: a word of the script, and another one"""
        self.cluster, self.folder = cluster, folder
        script = folder / "train.sbatch"
        assert change[0] in SCRIPT.read_text()
        script.write_text(SCRIPT.read_text().replace(*change))
        options = ["--parsable", f"--chdir={folder}", f"--output={folder / 'log'}", *lines]
        self.number = cluster.run("sbatch", *options, str(script), *TINY, *arguments)

    @property
    def run(self) -> Path:
        return self.folder / "runs" / f"job{self.number}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def end(self, task: str = "") -> dict[str, str]:
        """How the job or one task of it ended, once it has."""
        return self.cluster.end(f"{self.number}{task}")

    def completed(self, task: str = "") -> str:
        """How often it was started again, once it has come to its end."""
        ended = self.end(task)
        assert ended["JobState"] == "COMPLETED", self.log
        return ended["Restarts"]


@pytest.fixture
def inside(cluster, monkeypatch):
    """In this process, SLURM's commands find the cluster."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)


def test_the_preflight_finds_it(inside):
    assert check_slurm() == ("ok", "main* 2 nodes up; urgent 3 nodes up; three 3 nodes up")


def test_a_network_split_over_four_processes_on_two_nodes_is_the_network_in_one(cluster, tmp_path):
    """Each process holds its spikes, state and gradients against the whole network, in float64."""
    with socket.create_server(("", 0)) as listener:
        port = str(listener.getsockname()[1])
    where = {"MASTER_PORT": port}
    srun = [
        "srun",
        "--nodes=2",
        "--ntasks-per-node=2",
        sys.executable,
        split_network_cases.__file__,
    ]
    said = subprocess.check_output(
        [*srun, str(tmp_path)], env=cluster.environment | where, text=True, timeout=200
    )
    nodes = [line for line in said.splitlines() if line.startswith("node")]
    assert sorted(nodes) == ["node1", "node1", "node2", "node2"]


@pytest.fixture(scope="module")
def jobs(cluster, tmp_path_factory):
    """All jobs at once: while one waits to be requeued, others run. The one with most restarts is the first."""
    arguments = {
        name: {"arguments": [interrupt(at)], **how} for name, (at, how) in INTERRUPTED.items()
    }
    arguments |= {"never": {}, "never, three processes": {"lines": THREE}, **FAILURES}
    with socket.create_server(("", 0)) as listener:
        port = f"--export=ALL,MASTER_PORT={listener.getsockname()[1]}"
        arguments[PORT_TAKEN] = {"lines": [port]}
        yield {
            name: Job(cluster, tmp_path_factory.mktemp("job"), **how)
            for name, how in arguments.items()
        }


def test_two_nodes_train(jobs):
    job = jobs["never"]
    job.completed()
    lines = ours(job.log)
    assert lines[:2] == ["0: helpers.train fit is loading PyTorch and Lightning ...", STARTED]
    assert lines[-1].startswith(f"0: {TEST_ACC} 0.")
    assert not any(line.startswith("1:") for line in lines)
    assert TOO_SHORT not in job.log
    last = load(job.run / "last.ckpt")
    assert last["global_step"] == STEPS
    states = last["optimizer_states"][0]["state"]
    assert all(state["exp_avg"].abs().max() > 0 for state in states.values())


def ours(log: str) -> list[str]:
    """Its lines without PyTorch's of connections, in brackets, and SLURM 22.05's, that no task has cores of its own."""
    return [
        line
        for line in log.splitlines()
        if not re.match(r"\d: \[|.*lacks support for cpu binding", line)
    ]


@pytest.mark.parametrize("name", INTERRUPTED)
def test_an_interrupted_job_ends_with_the_same_weights(name, jobs):
    job, reference = jobs[name], jobs["never, three processes" if "three" in name else "never"]
    n_restarts = int(job.completed())
    assert "Traceback" not in job.log, job.log
    reference.completed()
    n_interruptions = len(INTERRUPTED[name][0])
    assert n_restarts >= n_interruptions, job.log
    if "time limit" in name:  # of a minute; on a slow machine, it comes more often
        assert job.log.count(TOO_SHORT) == 1 and "use at least --time=" in job.log
    else:
        assert n_restarts == n_interruptions, job.log
    assert_same_training(job.run, reference.run)


# What cannot work


@pytest.mark.parametrize("sentence", FAILURES)
def test_a_failure_is_said_in_a_sentence_and_ends_the_job(sentence, jobs):
    job = jobs[sentence]
    ended = job.end()
    assert sentence in job.log and "Traceback" not in job.log
    n_restarts = "4" if "restarts" in sentence else "0"
    assert (ended["JobState"], ended["Restarts"]) == ("FAILED", n_restarts), job.log
    started = any(words in sentence for words in ("out of memory", "another process", "restarts"))
    assert job.run.exists() == started  # what is refused before leaves no folder


def test_an_interactive_allocation_trains(cluster, tmp_path):
    """There the job is called "interactive", which Lightning takes for no SLURM at all."""
    allocate = ["salloc", "--nodes=2", "--ntasks-per-node=1", "--job-name=interactive"]
    train = ["srun", f"--chdir={tmp_path}", "--label", *TRAIN.split(), "fit", *TINY]
    done = subprocess.run(
        [*allocate, *train], env=cluster.environment, capture_output=True, text=True, timeout=300
    )
    lines = ours(done.stdout)
    assert lines[0] == STARTED and lines[-1].startswith(f"0: {TEST_ACC} 0.")


def test_a_job_that_loses_a_node_goes_on_from_the_last_checkpoint(cluster, jobs, tmp_path):
    job = Job(cluster, tmp_path, [interrupt(["wait 5"])])
    last = job.run / "last.ckpt"
    cluster.wait(last.exists, "there is no checkpoint", seconds=200)
    cluster.wait(
        lambda: load(last)["global_step"] == 4, "the job has not come to step 4", seconds=100
    )
    cluster.lose_node("node2")
    cluster.wait(
        lambda: cluster.state(job.number) == "PENDING",
        "the job is not requeued",
        seconds=100,
    )
    cluster.start_node("node2")
    job.completed()
    assert f"going on with {job.run.relative_to(tmp_path)} after step 4" in job.log
    assert_same_training(job.run, jobs["never"].run)


def test_each_task_of_an_array_is_requeued_alone(cluster, jobs, tmp_path):
    """Its last task has the number of the array as its job's, which would mean all of them."""
    array = Job(cluster, tmp_path, [interrupt(["step 3"], rank=0)], ["--array=0-2", "--nodes=1"])
    (tmp_path / "alone").mkdir()
    undisturbed = Job(cluster, tmp_path / "alone", [], ["--nodes=1"])
    undisturbed.completed()
    for task in range(3):
        assert array.completed(f"_{task}") == "1", array.log
        assert_same_training(Path(f"{array.run}_{task}"), undisturbed.run)


BOTH = """srun() { command srun --overlap "$@" --run "runs/$RUN"; }
RUN=one; srun --nodes=2 --ntasks=2 python -m helpers.train fit "$@" &
RUN=other; srun --nodes=2 --ntasks=2 python -m helpers.train fit "$@" --model.learning_rate=1e-2
wait; exit
"""


def test_two_trainings_in_one_job_do_not_meet(cluster, jobs, tmp_path):
    job = Job(
        cluster, tmp_path, change=("# Some versions of srun", f"{BOTH}# Some versions of srun")
    )
    job.completed()
    assert_same_training(tmp_path / "runs" / "one", jobs["never"].run)
    other = load(tmp_path / "runs" / "other" / "last.ckpt")
    assert other["global_step"] == STEPS and other["hyper_parameters"]["learning_rate"] == 1e-2


def test_processes_with_different_options_do_not_train_together(cluster, tmp_path):
    job = Job(cluster, tmp_path, change=other('exec python "$@" --model.learning_rate=1e-2'))
    assert job.end()["JobState"] == "FAILED"
    assert (
        "processes 0 and 1 have different options (--model.learning_rate=1e-2): all need the same"
        in job.log
    )


def test_the_queue_of_chapter_4_takes_the_cluster_that_is_there(
    inside, tmp_path, monkeypatch, capsys
):
    """And leaves it as it was. The chapter's own job runs in test_chapters.py, on a cluster that the chapter starts."""
    monkeypatch.chdir(tmp_path)
    queue = Queue()
    assert queue.answers and not queue.started and "three" in capsys.readouterr().out
    (tmp_path / "job.sh").write_text("#!/bin/bash\nsrun hostname\necho done: $@\n")
    job = queue.submit(["--nodes=2"], tmp_path / "job.sh", ["some", "options"])
    job.watch()
    assert job.log().endswith("done: some options\n")
    queue.close()
    assert check_slurm()[0] == "ok"


ANSWERS = {  # whether jobs are submitted
    "": False,
    "perhaps": False,
    "yes": True,
    "--partition=three": True,
}


@pytest.fixture
def site(inside, tmp_path, monkeypatch):
    """Asks for a queue as on a site's cluster: the practice cluster at another place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").symlink_to(FOLDER)
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "etc" / "slurm.conf"))
    (tmp_path / "fails.sh").write_text("#!/bin/bash\necho on $SLURM_JOB_PARTITION\nexit 3\n")

    def queue(answer: str) -> Queue:
        monkeypatch.setattr("sys.stdin", StringIO(f"{answer}\n"))
        return Queue(recorded="split")

    return queue


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_real_queue_is_asked_for_and_a_job_that_failed_says_so(answer, site, capsys):
    queue = site(answer)
    assert queue.answers == ANSWERS[answer]
    job = queue.submit([], "fails.sh", [])
    capsys.readouterr()
    job.watch()
    said = capsys.readouterr().out
    if not queue.answers:
        assert job.log() == "0: 2 processes, 20 steps\n"
        return
    assert f"job {job.number} has ended, FAILED: see runs/job.log." in said
    assert job.log() == f"on {'three' if 'three' in answer else 'main'}\n"


def test_a_job_that_slurm_does_not_take_is_no_other_job(site):
    queue = site("--partition=none")
    with pytest.raises(InputError, match="^SLURM does not take the job: .* invalid partition"):
        queue.submit([], "fails.sh", [])


# The course's job scripts: two files, one on a page, and one that cells of chapter 7 write.
PAGE = (ROOT / "site" / "exact.md").read_text()
(CELL,) = re.findall(
    r"^```python\n([^`]*?job_script = .*?)^```",
    (ROOT / "solutions" / "07_one_network.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
SCRIPTS = {
    "train": SCRIPT.read_text(),
    "sweep": job_array.SCRIPT.read_text(),
    "exact": re.search(r"^```bash\n(#!.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1],
}
SITE = re.compile(
    "^# What your site asks for.*?^# Up to here your site.$", re.MULTILINE | re.DOTALL
)
WHOLE_NODE = ["--exclusive", "--cpus-per-task=3"]
FILLED_IN = {  # lines of a script that a site may ask for; here are neither GPUs nor types of processors
    "##SBATCH --account=": "#SBATCH --account=me",
    "##SBATCH --partition=": "#SBATCH --partition=three",
    "##SBATCH --qos=": "#SBATCH --qos=normal",
    "##SBATCH --hint=nomultithread": "#SBATCH --hint=nomultithread",
    "##SBATCH --mem-per-cpu=2G": "#SBATCH --mem-per-cpu=1G",
    "##SBATCH --mail-type=END,FAIL --mail-user=": "#SBATCH --mail-type=NONE --mail-user=me",
    "##SBATCH --chdir=/scratch/me": "#SBATCH --chdir={folder}",
    "# export GLOO_SOCKET_IFNAME=ib0 NCCL_SOCKET_IFNAME=ib0": "export GLOO_SOCKET_IFNAME=lo NCCL_SOCKET_IFNAME=lo",
    'in_container=""': 'in_container="{container}"',
}


def filled_in(text: str, folder: Path, container: str) -> Path:
    """A job script with these lines, in a folder that is its scratch, too."""
    for line, filled in FILLED_IN.items():
        assert text.count(line) == 1
        text = text.replace(line, filled.format(folder=folder, container=container))
    filled = folder / "filled.sbatch"
    filled.write_text(text)
    return filled


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """The four job scripts: their texts, by name."""
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    exec(CELL, {"Path": Path})
    return SCRIPTS | {"split": Path("runs/split.sbatch").read_text()}


def test_all_job_scripts_have_the_same_lines_for_a_site(scripts):
    assert len({SITE.search(script)[0] for script in scripts.values()}) == 1


@pytest.fixture
def learner(cluster, tmp_path_factory):
    """Does something as a second user, in a folder where this one may not write. Its scratch is another one."""
    scratch = tmp_path_factory.mktemp("scratch")
    with slurm.another_user() as user:
        slurm.let_others_enter(scratch)
        os.chown(scratch, user.pw_uid, user.pw_gid)

        def do(*command: str) -> subprocess.CompletedProcess:
            return subprocess.run(
                command,
                env=cluster.environment | {"HOME": "/", "USER": user.pw_name},
                cwd="/",
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                capture_output=True,
                text=True,
            )

        do.scratch = scratch
        yield do


@pytest.mark.parametrize("name", [*SCRIPTS, "split"])
def test_a_script_that_is_filled_in_runs_and_logs_where_home_may_only_be_read(
    name, scripts, learner, cluster
):
    script = filled_in(scripts[name], learner.scratch, "echo would start")
    here = ["--ntasks-per-node=1", "--cpus-per-task=1", "--gres=none", "--gpus-per-node=0"]
    array = ["--array=0-0"] if name == "sweep" else []
    sbatch = learner("sbatch", "--parsable", *here, *array, str(script))
    assert sbatch.returncode == 0, sbatch.stderr
    assert cluster.end(sbatch.stdout.strip())["JobState"] == "COMPLETED"
    (log,) = learner.scratch.glob("*.log")
    assert re.search(r"would start python \S+", log.read_text())


def test_what_a_job_says_that_cannot_run(scripts, learner, cluster):
    """Without the folder for its log, nothing but the exit status; with the line ends of Windows, sbatch does."""
    script = learner.scratch / "windows.sbatch"
    script.write_bytes(scripts["train"].encode())
    number = learner("sbatch", "--parsable", str(script)).stdout.strip()
    assert cluster.end(number)["ExitCode"] == "0:53"
    script.write_bytes(scripts["train"].replace("\n", "\r\n").encode())
    assert "Batch script contains DOS line breaks" in learner("sbatch", str(script)).stderr


def test_another_user_reads_no_secret_and_changes_no_job(cluster, learner):
    number = cluster.run(
        "sbatch", "--parsable", "--chdir=/tmp", "--output=/dev/null", "--wrap=sleep 300"
    )
    # slurmd writes it after slurmctld says that the job runs
    cluster.wait(lambda: any(FOLDER.rglob("slurm_script")), "the job does not start", seconds=200)
    files = [str(path) for path in FOLDER.rglob("*") if path.is_file()]
    if_readable = 'for file; do test -r "$file" && echo "$file"; done'
    readable = learner("sh", "-c", if_readable, "sh", *files).stdout
    names = {Path(file).name for file in files}
    secret = {"slurm.key", "key", "slurm_script", "script", "environment"}
    assert secret <= names and "slurm.conf" in readable
    assert not secret & {Path(file).name for file in readable.splitlines()}
    assert "denied" in learner("scancel", number).stderr
    assert "denied" in learner("flock", "--nonblock", str(LOCK), "true").stderr
    assert cluster.state(number) == "RUNNING"
    cluster.run("scancel", number)


def test_the_cores_of_a_task_change_no_number_of_a_sweep(cluster, tmp_path):
    """Each run has one thread; of a task with a whole node, in a container, both runs are done at once."""
    options = dict(word.removeprefix("--").split("=", 1) for word in TINY)
    tried = {"model.learning_rate": [0.01, options.pop("model.learning_rate")]}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump({"fit": options, "try": tried}))
    container = tmp_path / "container.sh"
    container.write_text(f'#!/bin/sh\ntouch {tmp_path}/inside; exec "$@"\n')
    container.chmod(0o755)
    whole = filled_in(SCRIPTS["sweep"], tmp_path, str(container))
    sweeps = []
    for script, lines in ((job_array.SCRIPT, []), (whole, WHOLE_NODE)):
        sweep = tmp_path / script.stem
        write_plan(sweep, make_plan(tmp_path / "tiny.yaml"))
        lines = ["--array=0-0", *lines, f"--output={sweep}/task-%a.log"]
        cluster.run("sbatch", *lines, str(script), str(sweep), "--each", "2")
        sweeps.append(sweep)
    folders = [folder_of(sweep, number) for sweep in sweeps for number in range(2)]
    cluster.wait(lambda: all(map(read_result, folders)), "a run is not done", seconds=300)
    for folder in folders:
        assert read_result(folder)["threads"] == 1
        assert "threads=1" in begun_with(folder.parents[1], folder.name)
    assert count_differences(*sweeps) == 0
    assert (tmp_path / "inside").exists()
    starts = [(folder / "starts.txt").read_text().splitlines()[:2] for folder in folders[2:]]
    assert max(first for first, _ in starts) < min(last for _, last in starts)  # at once


def make_room(cluster, folder) -> Job:
    """A job that is preempted by one that takes both nodes."""
    job = Job(cluster, folder, [interrupt(["wait 3"])], ["--signal=SIGUSR1@20"])
    last = job.run / "last.ckpt"
    cluster.wait(last.exists, "there is no checkpoint", seconds=100)
    urgent = ["--partition=urgent", "--nodes=2", "--exclusive", "--output=/dev/null"]
    cluster.run("sbatch", *urgent, "--wrap=sleep 1")
    return job


def test_where_preempted_jobs_are_cancelled_a_job_asks_to_be_requeued(cluster, tmp_path):
    """That it then comes to its end is shown by jobs that are interrupted otherwise."""
    partition = ["scontrol", "update", "PartitionName=main"]
    cluster.run(*partition, "PreemptMode=CANCEL")
    try:
        job = make_room(cluster, tmp_path)
        cluster.wait(lambda: "going on with" in job.log, "it was not started again", seconds=200)
        cluster.run("scancel", job.number)
    finally:
        cluster.run(*partition, "PreemptMode=REQUEUE")
    assert job.end()["Restarts"] == "1" and "SLURM is asked to requeue the job" in job.log


def test_a_job_that_makes_room_is_started_once_more_and_not_twice(cluster, jobs, tmp_path):
    """The last test here: the urgent job takes the nodes of all others."""
    job = make_room(cluster, tmp_path)
    heard = set()
    cluster.wait(
        lambda: heard.update(cluster.addresses()) or cluster.state(job.number) in slurm.ENDED,
        "the job does not end",
        seconds=200,
    )
    assert heard == {"127.0.0.1"}
    assert job.completed() == "1", job.log
    assert "SLURM requeues the job, as a more urgent one takes its place" in job.log
    assert_same_training(job.run, jobs["never"].run)
