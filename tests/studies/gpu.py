"""All that takes an NVIDIA GPU, in one go of eight minutes: `make gpu`. Not a test, though it runs those marked gpu.

    python -m tests.studies.gpu                     needs no network; writes helpers/assets/measured/gpu/<card>/
    python -m tests.studies.gpu --minutes 30        on a slow machine

What matters most comes first, and everything is written as it goes: what runs out of its share of the time is stopped,
and the table says so. Where there is no GPU this is a rehearsal on the CPU: what takes a GPU is skipped by name, and
nothing is kept.
"""

import argparse
import base64
import csv
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import jupytext
import torch

from helpers.assets.study_results import MEASURED
from helpers.setup.environment import count_cores
from tests import ROOT
from tests.execute import Client, Waiting
from tests.studies.benchmark import machine
from tests.studies.progress import say

GPU = torch.cuda.is_available()
ON_CPU = {"CUDA_VISIBLE_DEVICES": ""}


class Part(NamedTuple):
    """Its name, its share of the time, what of it takes a GPU, the options of Python, variables of the environment."""

    name: str
    share: int
    takes_gpu: str
    options: list[str]
    variables: dict[str, str] = {}


def parts(out: Path) -> list[Part]:
    sizes = ["--batch", "64", "1024"] if GPU else ["--batch", "8", "--rounds", "2"]
    bench = [
        "-m",
        "tests.studies.benchmark",
        *sizes,
        "--compiled",
        *(["this course", "ReLU control"] if GPU else []),
    ]
    with_gpu = "graphs, compiled networks, batches of 64 and 1,024"
    chapters = ["-m", "tests.studies.gpu", "--out", str(out), "--chapter"]
    cores = 1 << min(count_cores(), 16).bit_length() - 1
    scaling = [
        "--processes",
        str(max(cores, 2)),
        "--repeats",
        "3",
        "--out",
        str(out / "scaling_cpu"),
    ]
    return [
        Part("versions", 2, "", ["-m", "helpers"]),
        Part(
            "tests",
            9,
            "all of them",
            ["-m", "pytest", "-q", "-m", "gpu", "tests/gpu", "-p", "no:cacheprovider"],
        ),
        Part(
            "benchmark_8",
            4,
            with_gpu,
            [*bench, "--seq_length=8", "--out", str(out / "benchmark_8.md")],
        ),
        Part(
            "benchmark_32",
            4,
            with_gpu,
            [*bench, "--seq_length=32", "--out", str(out / "benchmark_32.md")],
        ),
        Part(
            "ladder",
            3,
            "TF32, half precision, a graph",
            ["-m", "tests.studies.ladder", "--runs=1", "--out", str(out)],
        ),
        Part("chapter_3", 5, "its cells for a GPU", [*chapters, "03_one_device"]),
        Part("chapter_0", 3, "its cells for a GPU", [*chapters, "00_half_hour"]),
        Part(
            "scaling_cpu",
            3,
            "",
            ["-m", "helpers.cluster.scaling", "--data.source=embedded", *scaling],
            ON_CPU,
        ),
    ]


def run(options: list[str], log: Path, seconds: float, variables: dict[str, str]) -> str:
    """Run Python with these options for so long at most, and keep what it says. Returns how it ended, in words."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    with open(log, "w") as said:
        command = [sys.executable, *options]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            status = process.wait(seconds)
            return "done" if status == 0 else f"failed with status {status}: see {log.name}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # also what it started
            process.wait()
            return f"stopped after {seconds:.0f} s: see {log.name}"


def execute(name: str, out: Path) -> None:
    """Execute a chapter: its figures, and for each cell its seconds, its error and its first line, as a table."""
    notebook = jupytext.read(ROOT / "solutions" / f"{name}.md")
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        options = {"allow_errors": True, "resources": resources, "kernel_name": "python3"}
        client = Client(notebook, Waiting(name), timeout=300, **options)
        client.on_cell_execute = lambda cell, cell_index: say(cell.source.partition("\n")[0])
        client.execute()
    rows = []
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        times = cell.metadata["execution"]
        moments = [times[name][:26] for name in ("iopub.execute_input", "shell.execute_reply")]
        begin, end = map(datetime.fromisoformat, moments)
        wrong = [o for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"]
        said = "; ".join(str(o.get("evalue") or o.get("text")).strip()[:200] for o in wrong)
        rows.append(
            [number, f"{(end - begin).total_seconds():.1f}", said, cell.source.partition("\n")[0]]
        )
        for n, png in enumerate(
            o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
        ):
            (out / f"{name}_{number:02}_{n}.png").write_bytes(base64.b64decode(png))
    with open(out / f"{name}.csv", "w", newline="") as file:
        csv.writer(file).writerows([["cell", "seconds", "errors", "first line"], *rows])
    print(*(" ".join(map(str, row)) for row in rows), sep="\n")
    if any(o.output_type == "error" for cell in notebook.cells for o in cell.get("outputs", [])):
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--chapter", help="only execute this one, within the others")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.chapter:
        return execute(options.chapter, options.out)
    with tempfile.TemporaryDirectory() as rehearsal:
        card = torch.cuda.get_device_name() if GPU else ""
        out = options.out or (
            MEASURED / "gpu" / re.sub(r"\W+", "_", card) if GPU else Path(rehearsal)
        )
        out.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + 60 * options.minutes
        lines = [
            f"{machine('cuda' if GPU else 'cpu')}; {date.today():%d %B %Y}",
            "",
            "| | | s |",
            "|---|---|---|",
        ]
        print(
            lines[0] if GPU else f"{lines[0]}\nno GPU: a rehearsal, of which nothing is kept",
            flush=True,
        )
        todo = parts(out)
        while todo:
            part, start, log = todo[0], time.monotonic(), out / f"{todo[0].name}.txt"
            # what one part leaves of its share goes to the others
            seconds = (deadline - start) * part.share / sum(other.share for other in todo)
            say(f"{part.name}, for {seconds:.0f} s at most; parts left: {len(todo)}; see {log}")
            ended = run(part.options, log, seconds, part.variables)
            if part.takes_gpu and not GPU:
                ended += f"; skipped, as it takes a GPU: {part.takes_gpu}"
            lines.append(f"| {part.name} | {ended} | {time.monotonic() - start:.0f} |")
            (out / "README.md").write_text("\n".join(lines) + "\n")
            print(lines[-1], flush=True)
            if not ended.startswith("done"):
                print(log.read_text()[-1500:], flush=True)
            todo = todo[1:]
        print(f"in {out}" if GPU or options.out else "the rehearsal is over")


if __name__ == "__main__":
    main()
