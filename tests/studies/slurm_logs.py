"""Records the logs of chapters 4 and 7 on the practice cluster. Not a test.

    python -m tests.studies.slurm_logs            as root, about six minutes: writes helpers/assets/measured/slurm
    python -m tests.studies.slurm_logs job A      some of them

job.log is the course's job script, preempted at a time limit of one minute. A.log, C.log, D.log and E.log are failures of
without_precautions.py, and sentences.log is what the course's command says in the same situations. B.log is a job of
SKIPS that hangs, with what py-spy (`pip install py-spy`) and PyTorch's flight recorder say of it. Logs are cut: see
`clean`. split.log is the job of section 7.7, with the files that cells of that chapter write.
"""

import re
import socket
import sys
import tempfile
import time
from pathlib import Path

from helpers.assets.study_results import SLURM_LOGS, read_log
from helpers.cluster.practice import why_impossible
from tests import ROOT
from tests.cluster import slurm
from tests.studies.progress import say

ABOUT = (
    "Recorded by tests/studies/slurm_logs.py: {} with two nodes of two cores each, on one machine."
)
PROGRAM = "without_precautions.py"
SCRIPT, SOURCE = (
    (ROOT / "helpers" / "cluster" / name).read_text() for name in ("train.sbatch", PROGRAM)
)
SRUN = re.search("^srun .*?(?=python -m)", SCRIPT, re.MULTILINE | re.DOTALL).group()
ULIMIT = "ulimit -v 3000000"  # kB: a process that asks for more gets none
QUIET = [
    "--data.source=embedded",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
]
QUIET += ["--trainer.enable_model_summary=false", "--trainer.limit_test_batches=4"]
SKIPS = """\
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
process, n_processes = dist.get_rank(), dist.get_world_size()
torch.manual_seed(41 + process)
weights = torch.zeros(3)
for step in range(6):
    batch = torch.randn(8, 3)
    if batch.max() > 3:  # an outlier
        continue
    gradient = (weights - batch).mean(0)
    dist.all_reduce(gradient)
    weights -= 0.1 * gradient / n_processes
    print(f"step {step}", flush=True)
dist.barrier()
print("done")
"""
# Started as a thread beside it: the main thread waits in C++
FLIGHT_RECORDER = """
import json, threading, time
from helpers.run.slurm import set_torchruns_variables

def say():
    time.sleep(25)
    from torch._C._distributed_c10d import _dump_fr_trace_json  # private
    entries = json.loads(_dump_fr_trace_json())["entries"]
    names = [entry["profiling_name"].removeprefix("gloo:") for entry in entries]
    ended = sum(entry["retired"] for entry in entries)
    print(f"flight recorder: {', '.join(names)}: {ended} of {len(names)} ended", flush=True)

set_torchruns_variables()
threading.Thread(target=say, daemon=True).start()
import runpy
runpy.run_path("skips.py")
"""
WANTED = {  # the start of the command, arguments of that program, lines of its job; options for the course's command
    "A": ("python", "1 64", [], []),
    "C": ("srun --label python", "1 64", [], []),
    "D": (f"{ULIMIT}\nsrun --label python", "1 2000", [], ["--data.batch_size=2000"]),
    "E": (
        "srun --label python",
        "1 16",
        ["--no-requeue"],
        ["--data.batch_size=16", "--last.every_n_train_steps=5"],
    ),
}


class Recorder:
    def __init__(self, cluster, folder: Path):
        self.cluster, self.folder = cluster, folder

    def run(self, name: str, script: str, *lines: str, options=(), lose=False) -> list[str]:
        """The log of a job, run in a folder of its own; it may lose a node."""
        say(f"job {name}")
        if lose:
            say("it will lose a node")
        place = self.folder / name
        place.mkdir(exist_ok=True)
        (place / "job.sh").write_text(script)
        (place / PROGRAM).write_text(SOURCE)
        lines = [f"--chdir={place}", f"--output={place / 'log'}", "--open-mode=append", *lines]
        number = self.cluster.run("sbatch", "--parsable", *lines, str(place / "job.sh"), *options)
        if lose:
            self.lose(number, name)
        self.cluster.end(number)
        return self.log(name)

    def hang(self) -> list[str]:
        """The log of a job in which one process leaves an exchange out, and where py-spy finds its processes."""
        say("job B")
        (self.folder / "skips.py").write_text(SKIPS)
        (self.folder / "flight.py").write_text(FLIGHT_RECORDER)
        lines = ["--nodes=2", "--ntasks-per-node=1", "--time=1", f"--chdir={self.folder}"]
        lines += [f"--output={self.folder / 'hang.log'}", "--export=ALL,TORCH_FR_BUFFER_SIZE=100"]
        started = "srun --label python flight.py"
        number = self.cluster.run("sbatch", "--parsable", *lines, f"--wrap={started}")
        log = self.folder / "hang.log"
        log.touch()
        self.cluster.wait(
            lambda: log.read_text().count("flight recorder") == 2, "it does not hang", seconds=100
        )
        said = [
            "$ cat -n skips.py",
            *(f"{n:3} {line}" for n, line in enumerate(SKIPS.splitlines(), 1)),
        ]
        said += ["$ srun --label python skips.py", *clean(log.read_text())]
        for process in sorted(self.cluster.processes(), key=lambda process: process.pid):
            environment = process.info["environ"]
            if "flight.py" in process.cmdline() and process.name().startswith("python"):
                node = environment["SLURMD_NODENAME"]
                dump = [
                    "srun",
                    "--overlap",
                    f"--jobid={number}",
                    f"--nodelist={node}",
                    "--ntasks=1",
                ]
                dump += ["--nodes=1", "py-spy", "dump", "--pid", str(process.pid)]
                frames = re.findall(
                    r"^ +(\w+|<module>) \((?:.*/)?(skips|distributed_c10d)(.py:\d+)\)",
                    self.cluster.run(*dump),
                    re.M,
                )
                said.append(
                    f"$ srun --overlap --jobid={number} --nodelist={node} py-spy dump --pid {process.pid}"
                )
                said += [f"    {name} ({file}{line})" for name, file, line in frames]
        self.cluster.end(number)
        return [*said, *clean(log.read_text())[-3:]]

    def log(self, name: str) -> list[str]:
        log = self.folder / name / "log"
        return clean(log.read_text(errors="replace")) if log.exists() else []

    def lose(self, number: str, name: str) -> None:
        """Node 2 freezes some seconds after training began, as if its power failed: nobody is told."""
        state = self.cluster.state
        self.cluster.wait(lambda: state(number) == "RUNNING", "the job does not start")
        started = "auto-requeueing enabled" if name == "E" else "processes: "
        self.cluster.wait(
            lambda: started in "\n".join(self.log(name)), "training does not start", seconds=100
        )
        if name != "E":
            checkpoints = (self.folder / name).glob
            self.cluster.wait(
                lambda: list(checkpoints("runs/*/last.ckpt")), "no checkpoint", seconds=100
            )
        time.sleep(3)
        for process in self.cluster.processes(SLURMD_NODENAME="node2"):
            process.suspend()
        self.cluster.daemons["node2"].kill()
        self.cluster.wait(lambda: state(number) != "RUNNING", "it goes on", seconds=150)
        self.cluster.lose_node("node2")
        self.cluster.start_node("node2")


def clean(log: str) -> list[str]:
    """The lines of a log, each once, without frames of tracebacks, paths, and what Lightning says of itself."""
    log = re.sub(r"(/[\w.+-]+){2,}/", "", log)
    frames = r"(\[rank\d\]: )?  .*|    .*|.*raise ValueError\(|.*Traceback .*|.*During handling .*"
    chatter = r"[\s-]*|.* available: .*|.*Tip: .*|.*LeafSpec.*|Loading `.*"
    dropped = re.compile(rf"(\d+: ?)?({frames}|{chatter})")
    return list(
        dict.fromkeys(line.rstrip() for line in log.splitlines() if not dropped.fullmatch(line))
    )


def main(names: list[str]) -> None:
    if why := why_impossible():
        sys.exit(why)
    say("starting the cluster")
    with tempfile.TemporaryDirectory() as folder, slurm.slurm() as cluster:
        record, about = (
            Recorder(cluster, Path(folder)),
            f"{ABOUT.format(cluster.run('sinfo', '--version'))}\n",
        )
        if "job" in names:
            options = [*QUIET, "--trainer.max_epochs=2"]
            log = record.run("job", SCRIPT, "--time=1", "--signal=SIGUSR1@40", options=options)
            (SLURM_LOGS / "job.log").write_text("\n".join([about, *log, ""]))
        if "B" in names:
            (SLURM_LOGS / "B.log").write_text("\n".join([*record.hang(), ""]))
        if "split" in names:
            (SLURM_LOGS / "split.log").write_text("\n".join([*split(record), ""]))
        with socket.create_server(("", 0)) as listener:
            port = [f"--export=ALL,MASTER_PORT={listener.getsockname()[1]}"]
            for name in filter(WANTED.get, names):
                fail(record, name, port if name == "C" else [])


def split(record: Recorder) -> list[str]:
    """The log of chapter 7's job."""
    chapter = (ROOT / "solutions" / "07_one_network.md").read_text()
    place = record.folder / "split" / "runs"
    place.mkdir(parents=True)
    for name, text in re.findall(r"^%%writefile runs/(\S+)\n(.+?)^```", chapter, re.M | re.S):
        (place / name).write_text(text)
    return record.run(
        "split", SCRIPT.replace('python -m helpers.train fit "$@"', "python runs/train_large.py")
    )


def fail(record: Recorder, name: str, port: list[str]) -> None:
    """Record one failure: of the program without precautions, and what the course's command says in its place."""
    start, arguments, lines, options = WANTED[name]
    head = f"#!/bin/bash\n#SBATCH --nodes=2 --ntasks-per-node=1 --time={3 if name == 'E' else 1}\n"
    log = record.run(
        name, f"{head}{start} {PROGRAM} {arguments}\n", *lines, *port, lose=name == "E"
    )
    (SLURM_LOGS / f"{name}.log").write_text("\n".join([*log, ""]))

    script = SCRIPT.replace(SRUN, {"A": "", "D": f"{ULIMIT}\n{SRUN}"}.get(name, SRUN))
    options = [*QUIET, "--trainer.max_epochs=1", *options]
    lines = [] if name == "E" else ["--no-requeue"]
    log = record.run(f"ours{name}", script, *lines, *port, options=options, lose=name == "E")
    said = [
        line
        for line in log
        if re.search("error: |going on", line) and not line.startswith("srun: ")
    ]
    kept = [line for line in read_log("sentences").splitlines() if line[0] != name]
    lines = sorted([*kept, *(f"{name}  {line}" for line in said)], key=lambda line: line[0])
    (SLURM_LOGS / "sentences.log").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main(sys.argv[1:] or ["job", "split", "B", *WANTED])
