"""Records the logs of chapter 4 on the two-node SLURM of tests/cluster/slurm.py. Not a test.

    python tests/studies/slurm_logs.py            as root, about six minutes: writes helpers/assets/measured/slurm
    python tests/studies/slurm_logs.py job A      some of them

job.log is the course's job script, preempted at a time limit of one minute. A.log to E.log are five failures of
plain.py, which has none of the course's precautions, and sentences.log is what the course's command says in the same
situations. Logs are cut: see `clean`.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests import ROOT
from tests.cluster import slurm

OUT = ROOT / "helpers" / "measured" / "slurm"
ABOUT = "Recorded by tests/studies/slurm_logs.py: {} with two nodes of two cores each, on one machine."
SCRIPT = (ROOT / "helpers" / "slurm" / "train.sbatch").read_text()
LIMIT = "ulimit -v 3000000"  # kB: a process that asks for more gets none
QUIET = ["--data.source=embedded", "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
QUIET += ["--trainer.enable_model_summary=false", "--trainer.limit_test_batches=4"]
WANTED = {  # the start of the command, arguments of plain.py, lines of its job; options for the course's command
    "A": ("python", "1 64", [], []),
    "B": ("srun --label python", "2 64", [], ["--trainer.devices=2"]),
    "C": ("srun --label python", "1 64", [], []),
    "D": (f"{LIMIT}\nsrun --label python", "1 2000", [], ["--data.batch_size=2000"]),
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

    def submit(self, name: str, script: str, *lines: str, options=()) -> str:
        """Submit a script in a folder of its own; the number of the job."""
        place = self.folder / name
        place.mkdir()
        (place / "job.sh").write_text(script)
        (place / "plain.py").write_text((OUT / "plain.py").read_text())
        lines = [f"--chdir={place}", f"--output={place / 'log'}", "--open-mode=append", *lines]
        return self.cluster.run("sbatch", "--parsable", *lines, str(place / "job.sh"), *options)

    def wait(self, number: str, states=("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL")) -> None:
        self.cluster.wait(lambda: self.state(number) in states, f"job {number} goes on", seconds=300)

    def state(self, number: str) -> str:
        """RUNNING, COMPLETED, ...; "" where SLURM does not answer, as on a busy machine."""
        with suppress(subprocess.SubprocessError):
            return self.cluster.job(number)["JobState"]
        return ""

    def log(self, name: str) -> list[str]:
        log = self.folder / name / "log"
        if not log.exists():
            return []
        return clean(log.read_text(errors="replace"))


def clean(log: str) -> list[str]:
    """The lines of a log, each once, without frames of tracebacks, paths, and what Lightning says of itself."""
    log = re.sub(r"(/[\w.+-]+){2,}/", "", log)
    frames = r"(\[rank\d\]: )?  .*|    .*|.*raise ValueError\(|.*Traceback .*|.*During handling .*"
    chatter = r"[\s-]*|.* available: .*|.*Tip: .*|.*LeafSpec.*|Loading `.*"
    dropped = re.compile(rf"(\d+: ?)?({frames}|{chatter})")
    return list(dict.fromkeys(line.rstrip() for line in log.splitlines() if not dropped.fullmatch(line)))


def plain(start: str, arguments: str) -> str:
    minutes = 3 if arguments == "1 16" else 1
    return f"#!/bin/bash\n#SBATCH --nodes=2 --ntasks-per-node=1 --time={minutes}\n{start} plain.py {arguments}\n"


def main(names: list[str]) -> None:
    if why := slurm.missing():
        sys.exit(why)
    with tempfile.TemporaryDirectory() as folder, slurm.slurm() as cluster:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        cluster.environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        record, about = Recorder(cluster, Path(folder)), f"{ABOUT.format(cluster.run('sinfo', '--version'))}\n"
        if "job" in names:
            options = [*QUIET, "--trainer.max_epochs=2"]
            record.wait(record.submit("job", SCRIPT, "--time=1", "--signal=SIGUSR1@40", options=options))
            (OUT / "job.log").write_text("\n".join([about, *record.log("job"), ""]))
        with socket.create_server(("", 0)) as listener:
            port = [f"--export=ALL,MASTER_PORT={listener.getsockname()[1]}"]
            for name in filter(WANTED.get, names):
                fail(record, name, port if name == "C" else [])


def fail(record: Recorder, name: str, port: list[str]) -> None:
    """Record one failure: of plain.py, and what the course's command says in its place."""
    start, arguments, lines, options = WANTED[name]
    number = record.submit(name, plain(start, arguments), *lines, *port)
    if name == "E":
        lose(record, number, "E")
    record.wait(number)
    (OUT / f"{name}.log").write_text("\n".join([*record.log(name), ""]))

    srun = re.search(r"^srun .*\\\n +", SCRIPT, re.MULTILINE).group()
    script = SCRIPT.replace(srun, {"A": "", "D": f"{LIMIT}\n{srun}"}.get(name, srun))
    options = [*QUIET, "--trainer.max_epochs=1", *options]
    number = record.submit("ours", script, *([] if name == "E" else ["--no-requeue"]), *port, options=options)
    if name == "E":
        lose(record, number, "ours")
    record.wait(number)
    said = [line for line in record.log("ours") if re.search("error: |going on", line) and "srun: " not in line]
    (record.folder / "ours").rename(record.folder / f"ours {name}")
    kept = [line for line in (OUT / "sentences.log").read_text().splitlines() if line[0] != name]
    (OUT / "sentences.log").write_text(
        "\n".join([*sorted([*kept, *(f"{name}  {line}" for line in said)], key=lambda line: line[0]), ""])
    )


def lose(record: Recorder, number: str, name: str) -> None:
    """Node 2 freezes some seconds after training began, as if its power failed: nobody is told."""
    cluster = record.cluster
    cluster.wait(lambda: record.state(number) == "RUNNING", "the job does not start")
    started = "auto-requeueing enabled" if name == "E" else "processes: "
    cluster.wait(lambda: started in "\n".join(record.log(name)), "training does not start", seconds=100)
    if name != "E":
        cluster.wait(lambda: list((record.folder / name).glob("runs/*/last.ckpt")), "no checkpoint", seconds=100)
    time.sleep(3)
    for pid in cluster.processes("SLURMD_NODENAME=node2"):
        os.kill(pid, signal.SIGSTOP)
    cluster.daemons["node2"].kill()
    cluster.wait(lambda: record.state(number) not in ("", "RUNNING"), "it goes on", seconds=150)
    cluster.lose_node("node2")
    cluster.start_node("node2")


if __name__ == "__main__":
    main(sys.argv[1:] or ["job", *WANTED])
