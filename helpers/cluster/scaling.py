"""Scaling, measured: the same training step on 1, 2, 4, ... processes, as a table and a plot.

    python -m helpers.cluster.scaling                           2, 4 or 8 processes, as there are cores, or GPUs
    python -m helpers.cluster.scaling --processes 4 --repeats 9
    python -m helpers.cluster.scaling --model.compile true --data.batch_size 128
    srun python -m helpers.cluster.scaling                      in a SLURM job: all of its tasks
    torchrun --nproc-per-node 4 -m helpers.cluster.scaling      started by torchrun: all of its processes

Weak scaling gives each process data.batch_size images, so that the work grows with the processes. Strong scaling shares
data.batch_size images out among them, so that the work stays the same. All processes are started once; while fewer are
measured, the others wait. Each repeat measures every number of processes, so what disturbs one, disturbs all.
A step is a training step: data, forward, backward with gradients averaged by DDP, Adam, at learning rate 0.
"""

import os
import platform
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
from jsonargparse import ArgumentParser
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment, SLURMEnvironment, TorchElasticEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch.nn.parallel import DistributedDataParallel

from helpers import InputError, require
from helpers.classifier import SpikingClassifier
from helpers.cluster import scaling_report
from helpers.cluster.scaling_report import Measurement
from helpers.data import DigitsDataModule
from helpers.figures.chapter_4 import plot_scaling
from helpers.setup import process

WARM_UP = 2  # unmeasured steps: in the first one, DDP sorts the gradients into its buckets


class Training:
    """Training steps on the first processes of all, each with its own batches.

    processes: how many take part; batch_size: images for each
    """

    def __init__(self, fabric: Fabric, options, processes: int, batch_size: int):
        group = torch.distributed.new_group(range(processes))  # all must make it, also those who wait
        self.processes, self.batch_size, self.member = processes, batch_size, fabric.global_rank < processes
        if not self.member:
            return
        self.device, self.group = fabric.device, group
        torch.manual_seed(0)
        self.net = SpikingClassifier(**options.model).to(self.device)
        if processes > 1:
            self.net = DistributedDataParallel(self.net, process_group=group)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.0)
        digits = DigitsDataModule(**{**options.data, "batch_size": batch_size})
        digits.setup()  # without a trainer: with one, all processes would have to take part
        digits.trainer = fabric  # says which shard is ours
        self.batches = _without_end(digits.train_dataloader())
        self.seconds(WARM_UP)

    def seconds(self, steps: int, average: bool = True) -> tuple[float, float]:
        """Seconds of one step, and those of it spent on data; average: gradients over all processes, or none."""
        own = self.net.no_sync() if self.processes > 1 and not average else nullcontext()
        in_data = 0.0
        torch.distributed.barrier(self.group)
        start = self._now()
        with own:
            for _ in range(steps):
                asked = time.perf_counter()
                images, labels = (x.to(self.device, non_blocking=True) for x in next(self.batches))
                in_data += time.perf_counter() - asked
                F.cross_entropy(self.net(images), labels).backward()
                self.optimizer.step()
                self.optimizer.zero_grad()
        return (self._now() - start) / steps, in_data / steps

    def measure(self, steps: int) -> tuple[float, float, float, float]:
        """Seconds of a step, compute, communication, data: means over the processes that take part."""
        seconds, data = self.seconds(steps)
        alone, data_alone = self.seconds(steps, average=False) if self.processes > 1 else (seconds, data)
        means = torch.tensor([seconds, alone - data_alone, data], dtype=torch.float64, device=self.device)
        torch.distributed.all_reduce(means, group=self.group)
        seconds, compute, data = (means / self.processes).tolist()
        return seconds, compute, max(0.0, seconds - compute - data), data

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def _without_end(loader):
    while True:
        yield from loader


def measure_scaling(fabric: Fabric, options) -> list[Measurement]:
    """Strong and weak scaling, all repeats. Every process calls this, and gets the same list."""
    whole, sizes = options.data.batch_size, process_counts(fabric.world_size)
    one = Training(fabric, options, 1, whole)
    runs = [("strong", one), *(("strong", Training(fabric, options, n, whole // n)) for n in sizes[1:])]
    runs += [("weak", one), *(("weak", Training(fabric, options, n, whole)) for n in sizes[1:])]
    measurements, device = [], describe(fabric, options.threads)
    for repeat in range(options.repeats):
        taken = {}  # one process is measured once, for both
        for mode, training in runs:
            if training not in taken:
                fabric.barrier()
                taken[training] = fabric.broadcast(training.measure(options.steps) if training.member else None)
            row = device, mode, training.processes, training.batch_size, repeat
            measurements.append(Measurement(*row, *taken[training]))
    return measurements


def process_counts(most: int) -> list[int]:
    """1, 2, 4, ... up to the most, which is the last."""
    return sorted({1 << n for n in range(most.bit_length())} | {most})


def describe(fabric: Fabric, threads: int) -> str:
    """The device of one process, in words."""
    if fabric.device.type == "cuda":
        return torch.cuda.get_device_name(fabric.device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")] or [platform.processor()]
    return f"{names[0] or platform.machine()} CPU, {threads} thread{'s' * (threads > 1)} a process"


def make_fabric(processes: int | None) -> Fabric:
    """Lightning's launcher: for the processes that torchrun or srun started, or else for so many on this machine."""
    gpus, nodes, plugins = torch.cuda.device_count(), 1, []
    if TorchElasticEnvironment.detect():
        processes, nodes = int(os.environ["WORLD_SIZE"]), int(os.environ["GROUP_WORLD_SIZE"])
    elif SLURMEnvironment.detect() and int(os.environ["SLURM_NTASKS"]) > 1:
        processes, nodes = int(os.environ["SLURM_NTASKS"]), int(os.environ["SLURM_NNODES"])
    else:
        plugins = [LightningEnvironment()]  # also in a SLURM job of a single task
        processes = processes or 1 << min(gpus or os.cpu_count(), 8).bit_length() - 1  # 2, 4 or 8 of them
    require(processes >= 2, f"processes is {processes}: scaling takes at least 2.")
    accelerator = "gpu" if gpus else "cpu"
    return Fabric(accelerator=accelerator, devices=processes // nodes, num_nodes=nodes, strategy="ddp", plugins=plugins)


def parse(args: list[str] | None):
    usage = "python -m helpers.cluster.scaling [options], or --help"
    parser = ArgumentParser(usage=usage, description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--processes", type=int | None, help="the most to measure; on a laptop up to 8, by default")
    parser.add_argument("--threads", type=int, default=1, help="of each process, on a CPU")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3, help="measured together, in each repeat")
    parser.add_argument("--accuracy", type=float, default=0.95, help="on validation, to which the cost is computed")
    parser.add_argument("--out", type=str, default="scaling", help="writes OUT.csv and OUT.png")
    parser.add_class_arguments(SpikingClassifier, "model")
    parser.add_class_arguments(DigitsDataModule, "data")
    parser.link_arguments("data.name", "model.data")
    options = parser.parse_args(args)
    for name in ("threads", "steps"):
        require(options[name] >= 1, f"{name} is {options[name]}: it must be at least 1.")
    require(
        options.repeats >= 2,
        f"repeats is {options.repeats}: one measurement has no spread, so nothing can be "
        "concluded from it; measure at least 2, better 5.",
    )
    folder = Path(options.out).parent
    require(
        folder.is_dir() and os.access(folder, os.W_OK), f"{folder} is no folder to write to: name another by --out."
    )
    return options


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 2 after bad input."""
    process.setup()
    try:
        options = parse(args)
        fabric = make_fabric(options.processes)
        for n in process_counts(fabric.world_size):
            require(
                options.data.batch_size % n == 0,
                f"{options.data.batch_size} images cannot be shared out equally "
                f"among {n} processes: choose another --data.batch_size or --processes.",
            )
        fabric.launch()
        torch.set_num_threads(options.threads)
        measurements = measure_scaling(fabric, options)
        if fabric.is_global_zero:
            scaling_report.write(Path(f"{options.out}.csv"), measurements)
            plot_scaling(measurements)[0, 0].figure.savefig(f"{options.out}.png", dpi=150)
            print(scaling_report.table(measurements, options.accuracy))
    except (InputError, MisconfigurationException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
