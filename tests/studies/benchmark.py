"""Our network beside other libraries, and beside the limit: `make bench`. Not a test: nothing here passes or fails.

    python tests/studies/benchmark.py                     eager and compiled: half an hour, nearly all compiling
    python tests/studies/benchmark.py --eager             eager: a minute
    python tests/studies/benchmark.py --eager --batch 256 --device cuda

All networks do the same work, one training step on the same spikes, in turn, in one process. What is compiled is
compiled anew. Prints a table and writes it, with a description of the machine, to benchmark.md (or --out).
"""

import argparse
import os
import platform
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
    name = torch.cuda.get_device_name() if device == "cuda" else _cpu()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"{name}, {torch.get_num_threads()} threads; Python {platform.python_version()}, {versions}"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seq_length", type=int, default=32)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--eager", action="store_true", help="leave the compiled versions out")
    parser.add_argument("--only", nargs="*", default=[], help="only networks whose name begins with one of these")
    parser.add_argument("--out", type=Path, default="benchmark.md")
    options = parser.parse_args()
    process.setup()
    torch.manual_seed(0)
    shape = options.seq_length, options.batch, 1, 28, 28
    spikes = (torch.rand(shape, device=options.device) < 0.1).float()
    labels = torch.randint(10, (options.batch,), device=options.device)
    nets = networks(options.seq_length, compile=False)
    if not options.eager:
        nets |= networks(options.seq_length, compile=True)
    steps = {
        name: training_step(net.to(options.device), spikes, labels, dtype)
        for name, (net, dtype) in nets.items()
        if not options.only or name.startswith((LIMIT, *options.only))
    }
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        speeds = measure_throughput(steps, options.batch, options.rounds, warm_up=3)
        memory = {name: measure_memory(step) for name, step in steps.items()}
    work = f"seq_length {options.seq_length}, batch {options.batch}, {options.rounds} rounds"
    columns = {
        "peak_memory": {name: f"{peak / 1e6:.0f} MB" for name, peak in memory.items()},
        "first_step": {name: f"{speed.first:.1f} s" for name, speed in speeds.items()},
    }
    text = f"{machine(options.device)}; {work}; {date.today():%B %Y}\n\n{speed_table(speeds, LIMIT, **columns)}\n"
    print(text)
    options.out.write_text(text)


if __name__ == "__main__":
    main()
