"""Our network beside other libraries, and beside the limit: `make bench`. Not a test: nothing here passes or fails.

    python tests/benchmark.py                              all, eager: a few minutes
    python tests/benchmark.py --compile                    all, compiled: half an hour, nearly all of it compiling
    python tests/benchmark.py --batch 256 --device cuda

All networks do the same work, one training step on the same spikes, in turn, in one process. Prints a table and
writes it, with a description of the machine, to benchmark.md (--out names another file).
"""

import argparse
import platform
from importlib.metadata import version
from pathlib import Path

import peers
import torch

import helpers
from helpers.measure import ReluControl, Speed, measure_memory, measure_throughput, training_step
from helpers.model import SpikingConvNet

PACKAGES = ("torch", "norse", "snntorch", "spikingjelly", "sinabs")


def networks(seq_length: int, compile: bool) -> dict[str, tuple[torch.nn.Module, torch.dtype | None]]:
    """Every network by its name, and the type of its mixed precision, if it has one."""
    ours = SpikingConvNet(seq_length, compile=compile)
    others = {name: make() for name, make in peers.PEERS.items()}
    control = {name: ReluControl(SpikingConvNet(seq_length)) for name in ("ReLU control", "ReLU control, bf16")}
    if compile:
        others = {name: torch.compile(net) for name, net in others.items()}
    exact = {"this course": ours, **others, "ReLU control": control["ReLU control"]}
    mixed = {"this course, bf16": SpikingConvNet(seq_length, compile=compile), **control}
    del mixed["ReLU control"]
    return {name: (net, None) for name, net in exact.items()} | {
        name: (net, torch.bfloat16) for name, net in mixed.items()
    }


def machine(device: str) -> str:
    """The device, threads and versions in a sentence."""
    name = torch.cuda.get_device_name() if device == "cuda" else _cpu()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return f"{name}, {torch.get_num_threads()} threads; Python {platform.python_version()}, {versions}"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def table(speeds: dict[str, Speed], memory: dict[str, int]) -> str:
    """One row a network, fastest first."""
    rows = [
        "| network | images/s (lowest to highest) | times the ReLU control | peak memory | first step |",
        "|---|---|---|---|---|",
    ]
    limit = speeds["ReLU control"].median
    for name, speed in sorted(speeds.items(), key=lambda item: -item[1].median):
        spread = f"{speed.median:.0f} ({speed.low:.0f} to {speed.high:.0f})"
        rows.append(
            f"| {name} | {spread} | {speed.median / limit:.2f} | {memory[name] / 1e6:.0f} MB | {speed.first:.1f} s |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seq_length", type=int, default=32)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--only", nargs="*", help="only networks whose name contains one of these")
    parser.add_argument("--out", type=Path, default="benchmark.md")
    options = parser.parse_args()
    helpers.keep_freed_memory()
    torch.manual_seed(0)
    shape = options.seq_length, options.batch, 1, 28, 28
    spikes = (torch.rand(shape, device=options.device) < 0.1).float()
    labels = torch.randint(10, (options.batch,), device=options.device)
    steps = {}
    for name, (net, dtype) in networks(options.seq_length, options.compile).items():
        if not options.only or any(part in name for part in (*options.only, "ReLU control")):
            steps[name] = training_step(net.to(options.device), spikes, labels, dtype)
    speeds = measure_throughput(steps, options.batch, options.rounds, warm_up=3)
    memory = {name: measure_memory(step) for name, step in steps.items()}
    how = "compiled" if options.compile else "eager"
    work = f"seq_length {options.seq_length}, batch {options.batch}, {how}, {options.rounds} rounds"
    text = f"{machine(options.device)}. {work}.\n\n{table(speeds, memory)}\n"
    print(text)
    options.out.write_text(text)


if __name__ == "__main__":
    main()
