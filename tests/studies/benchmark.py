"""Our network beside other libraries, and beside the limit: `make bench`. Not a test: nothing here passes or fails.

    python -m tests.studies.benchmark                     eager and compiled: half an hour, nearly all compiling
    python -m tests.studies.benchmark --eager             eager: a minute
    python -m tests.studies.benchmark --eager --batch 256 --device cuda

All networks do the same work, one training step on the same spikes, in turn, in one process. What is compiled is
compiled anew. Prints a table and writes it, with a description of the machine, to benchmark.md (or --out).
"""

import argparse
import os
import platform
import re
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from helpers.model import SpikingConvNet
from helpers.setup import process
from helpers.speed.measure import ReluControl, measure_memory, measure_throughput, speed_table, training_step
from tests.studies import peers

PACKAGES = ("torch", "norse", "snntorch", "spikingjelly", "sinabs")
LIMIT = "ReLU control"


def networks(seq_length: int, compile: bool) -> dict[str, tuple[torch.nn.Module, torch.dtype | None]]:
    """Every network by its name, and the type of its mixed precision, if it has one."""
    ours = {"this course": SpikingConvNet(seq_length, compile=compile)}
    others = {name: make() for name, make in peers.PEERS.items()} | {LIMIT: ReluControl(SpikingConvNet(seq_length))}
    if compile:
        others = {name: torch.compile(net) for name, net in others.items()}
    exact = {name: (net, None) for name, net in (ours | others).items()}
    mixed = {f"{name}, bf16": (exact[name][0], torch.bfloat16) for name in ("this course", LIMIT)}
    return {f"{name}, compiled" if compile else name: net for name, net in (exact | mixed).items()}


def machine(device: str) -> str:
    """The device, threads and versions in a sentence."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    cpu, *_ = *re.findall(r"^model name\s*: (.*)", info, re.MULTILINE), platform.processor()
    name = torch.cuda.get_device_name() if device == "cuda" else cpu
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"{name}, {torch.get_num_threads()} threads; Python {platform.python_version()}, {versions}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, default in (("--seq_length", 32), ("--batch", 32), ("--rounds", 7)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--eager", action="store_true", help="leave the compiled versions out")
    parser.add_argument("--only", nargs="*", default=[], help="only networks whose name begins with one of these")
    parser.add_argument("--out", type=Path, default="benchmark.md")
    options = parser.parse_args()
    process.setup()
    torch.manual_seed(0)
    spikes = (torch.rand(options.seq_length, options.batch, 1, 28, 28, device=options.device) < 0.1).float()
    labels = torch.randint(10, (options.batch,), device=options.device)
    nets = networks(options.seq_length, compile=False)
    if not options.eager:
        nets |= networks(options.seq_length, compile=True)
    if options.only:
        nets = {name: net for name, net in nets.items() if name.startswith((LIMIT, *options.only))}
    steps = {name: training_step(net.to(options.device), spikes, labels, dtype) for name, (net, dtype) in nets.items()}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        speeds = measure_throughput(steps, options.batch, options.rounds, warm_up=3)
        memory = {name: measure_memory(step) for name, step in steps.items()}
    work = f"seq_length {options.seq_length}, batch {options.batch}, {options.rounds} rounds"
    peaks = {name: f"{peak / 1e6:.0f} MB" for name, peak in memory.items()}
    first = {name: f"{speed.first:.1f} s" for name, speed in speeds.items()}
    table = speed_table(speeds, LIMIT, peak_memory=peaks, first_step=first)
    text = f"{machine(options.device)}; {work}; {date.today():%B %Y}\n\n{table}\n"
    print(text)
    options.out.write_text(text)


if __name__ == "__main__":
    main()
