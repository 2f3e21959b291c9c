"""Our network beside other libraries, and beside the limit: `make bench`. Not a test: nothing here passes or fails.

    python -m tests.studies.benchmark                     eager and compiled: half an hour, nearly all compiling
    python -m tests.studies.benchmark --compiled          none of them compiled: a minute
    python -m tests.studies.benchmark --compiled "this course" --batch 64 1024

All networks do the same work, one training step on the same spikes, in turn, in one process. What is compiled is
compiled anew. On an NVIDIA GPU each step is also recorded as a CUDA graph, where that can be done; a library that is
not installed is left out. Prints a table for each batch, and writes them, with a description of the machine, to
benchmark.md (or --out), and the numbers beside it as CSV.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from helpers.cluster.scaling import name_device
from helpers.course.chapter_3.ladder import LIMIT
from helpers.course.notebook.measure import (
    ReluControl,
    Speed,
    measure_memory,
    measure_throughput,
    training_step,
)
from helpers.model import SpikingConvNet
from helpers.setup import environment
from helpers.tools.write_whole import write_csv
from tests.studies import peers
from tests.studies.progress import announced, say

PACKAGES = ("torch", "norse", "snntorch", "spikingjelly", "sinabs")


def networks(
    seq_length: int, compile: bool
) -> dict[str, tuple[torch.nn.Module, torch.dtype | None]]:
    """Every network by its name, and the type of its mixed precision, if it has one."""
    ours = {"this course": SpikingConvNet(seq_length, compile=compile)}
    others = {LIMIT: ReluControl(SpikingConvNet(seq_length))}
    for name, make in peers.PEERS.items():
        try:
            others[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}")
    if compile:
        others = {name: torch.compile(net) for name, net in others.items()}
    exact = {name: (net, None) for name, net in (ours | others).items()}
    mixed = {f"{name}, bf16": (exact[name][0], torch.bfloat16) for name in ("this course", LIMIT)}
    return {f"{name}, compiled" if compile else name: net for name, net in (exact | mixed).items()}


def machine(device: str) -> str:
    """The device, threads and versions in a sentence."""
    versions = ", ".join(f"{package} {_version(package)}" for package in PACKAGES)
    return f"{name_device(torch.device(device), torch.get_num_threads())}; Python {platform.python_version()}, {versions}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def graphed_step(step: Callable) -> Callable:
    """Record a `training_step` as a CUDA graph, on an NVIDIA GPU.

    Returns a function that replays the whole step by a single launch.
    """
    graph = torch.cuda.CUDAGraph()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    # PyTorch asks for a warm-up outside the default stream. In it, Adam makes its state.
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def by_graph(steps: dict[str, Callable]) -> dict[str, Callable]:
    """These steps as CUDA graphs, without those that cannot be recorded, which are named.

    The whole step, as SpikingJelly's own StaticCudaGraph would record it: so all are recorded in the same way.
    """
    graphs = {}
    for name, step in steps.items():
        say(f"recording {name} as a CUDA graph")
        try:
            with torch.cuda.stream(
                torch.cuda.current_stream()
            ):  # which is the current one again, also after an error
                graphs[f"{name}, CUDA graph"] = graphed_step(step)
        except RuntimeError as error:
            print(
                f"{name} is left out as a CUDA graph: {str(error).partition(chr(10))[0]}",
                flush=True,
            )
    return graphs


def speed_table(
    speeds: dict[str, Speed], limit: str, items: str = "images", **columns: dict[str, str]
) -> str:
    """Write a Markdown table of the speeds, fastest first.

    Args:
        speeds: by the name of what was measured
        limit: the name with which the others are compared
        items: what a step works on
        columns: more columns, each with a text for each name
    """
    header = [
        "",
        f"{items}/s (lowest to highest)",
        f"times {limit}",
        *(name.replace("_", " ") for name in columns),
    ]
    rows = [header, ["---"] * len(header)]
    for name, speed in sorted(speeds.items(), key=lambda item: -item[1].median):
        spread = f"{speed.median:.0f} ({speed.low:.0f} to {speed.high:.0f})"
        share = f"{speed.median / speeds[limit].median:.2f}"
        rows.append([name, spread, share, *(texts[name] for texts in columns.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, default in (("--seq_length", 32), ("--rounds", 7)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    names = "compile only networks whose name begins with one of these; no name: none"
    parser.add_argument("--compiled", nargs="*", default=[""], help=names)
    parser.add_argument(
        "--only", nargs="*", default=[], help="only networks whose name begins with one of these"
    )
    parser.add_argument("--out", type=Path, default="benchmark.md")
    options = parser.parse_args()
    environment.setup()
    torch.manual_seed(0)
    nets = networks(options.seq_length, compile=False)
    if options.compiled:
        fast = networks(options.seq_length, compile=True)
        if options.device == "cpu":  # there, its neurons are compiled as it comes
            fast = {name: net for name, net in fast.items() if not name.startswith("this course")}
        names = tuple(options.compiled)
        nets |= {name: net for name, net in fast.items() if name.startswith(names)}
    if options.only:
        nets = {name: net for name, net in nets.items() if name.startswith((LIMIT, *options.only))}
    nets = {name: (net.to(options.device), dtype) for name, (net, dtype) in nets.items()}
    texts, rows = [f"{machine(options.device)}; {date.today():%B %Y}"], []
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TORCHINDUCTOR_CACHE_DIR": folder, "NUMBA_CACHE_DIR": folder}
        for batch in options.batch:
            speeds, memory = measure(nets, options, batch)
            peaks = {name: f"{peak / 1e6:.0f} MB" if peak else "-" for name, peak in memory.items()}
            first = {name: f"{speed.first:.1f} s" for name, speed in speeds.items()}
            work = f"seq_length {options.seq_length}, batch {batch}, {options.rounds} rounds"
            texts += [work, speed_table(speeds, LIMIT, peak_memory=peaks, first_step=first)]
            rows += [
                [options.seq_length, batch, name, *speed, memory[name]]
                for name, speed in speeds.items()
            ]
            print(*texts[-2:], sep="\n\n", flush=True)
            options.out.write_text("\n\n".join(texts) + "\n")
    header = ["seq_length", "batch", "network", *Speed._fields, "peak_bytes"]
    write_csv(options.out.with_suffix(".csv"), [header, *rows])


def measure(nets, options, batch: int) -> tuple[dict[str, Speed], dict[str, int]]:
    """Speed of a training step of each network, and the memory that it takes; of a graph, which keeps its own, 0."""
    spikes = (torch.rand(options.seq_length, batch, 1, 28, 28) < 0.1).float().to(options.device)
    labels = torch.randint(10, (batch,)).to(options.device)
    steps = {name: training_step(net, spikes, labels, dtype) for name, (net, dtype) in nets.items()}
    for name in list(steps) if options.device == "cuda" else []:
        say(f"trying {name} at batch {batch}")
        try:
            steps[name]()
        except (
            RuntimeError
        ) as error:  # of memory that is not there, or a type that this GPU does not have
            print(
                f"{name} is left out at batch {batch}: {str(error).partition(chr(10))[0]}",
                flush=True,
            )
            del steps[name]
    graphs = by_graph(steps) if options.device == "cuda" else {}
    say(f"{len(steps | graphs)} networks, batch {batch}; the first round compiles some of them")
    speeds = measure_throughput(announced(steps | graphs), batch, options.rounds, warm_up=3)
    memory = dict.fromkeys(graphs, 0)
    for name, step in steps.items():
        say(f"measuring the memory of {name}")
        memory[name] = measure_memory(step)
    return speeds, memory


if __name__ == "__main__":
    main()
