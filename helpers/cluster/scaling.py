"""Scaling, measured: the same training step on 1, 2, 4, ... processes, as a table and a plot.

    python -m helpers.cluster.scaling                           2, 4 or 8 processes, as many as there are cores or GPUs
    python -m helpers.cluster.scaling --processes 4 --repeats 9
    python -m helpers.cluster.scaling --model.compile true --data.batch_size 128
    srun python -m helpers.cluster.scaling                      in a SLURM job: with all of its tasks
    torchrun --nproc-per-node 4 -m helpers.cluster.scaling      started by torchrun: all of its processes

Weak scaling gives each process data.batch_size images: the work grows with the processes. Strong scaling shares so
many among all of them: the work stays the same. All processes are started once. While fewer are measured, the others
wait. Each repeat measures every number of processes, so a disturbance meets all alike. A step is a training step: data,
forward, backward with gradients averaged by DDP, Adam, at learning rate 0. What follows: scaling_report.py.
"""

import os
import platform
import re
import time
from contextlib import nullcontext
from itertools import chain, repeat
from pathlib import Path

from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    environment.announce("helpers.cluster.scaling is loading PyTorch and Lightning")

import torch
from jsonargparse import ArgumentParser
from jsonargparse.typing import PositiveInt
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException

from helpers import InputError, require
from helpers.classifier import SpikingClassifier
from helpers.cluster import scaling_report
from helpers.cluster.process_group import ProcessGroup
from helpers.data import DigitsDataModule
from helpers.figures.chapter_4 import plot_scaling


class Training:
    """Training steps on the first `processes` of all, each with its own batches of batch_size images."""

    def __init__(self, fabric: Fabric, options, processes: int, batch_size: int):
        self.group = torch.distributed.new_group(range(processes))  # all must make it, also those who wait
        self.processes, self.member, self.device = processes, fabric.global_rank < processes, fabric.device
        if not self.member:
            return
        torch.manual_seed(0)
        self.net = SpikingClassifier(**options.model).to(self.device)
        if processes > 1:
            self.net = torch.nn.parallel.DistributedDataParallel(self.net, process_group=self.group)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.0)
        digits = DigitsDataModule(**{**options.data, "batch_size": batch_size})
        digits.setup()  # without a trainer: with one, all processes would have to take part
        digits.trainer = fabric  # says which shard is ours
        self.batches = chain.from_iterable(repeat(digits.train_dataloader()))  # epoch after epoch, without end
        self.seconds(2)  # not measured: in the first step, DDP sorts the gradients into its buckets

    def seconds(self, steps: int, average: bool = True) -> tuple[float, float]:
        """Seconds of one step, and those of it spent on data; average: gradients over all processes, or none."""
        own = self.net.no_sync() if self.processes > 1 and not average else nullcontext()
        torch.distributed.barrier(self.group)
        start, in_data = self._now(), 0.0
        with own:
            for _ in range(steps):
                asked = time.perf_counter()
                images, labels = (x.to(self.device, non_blocking=True) for x in next(self.batches))
                in_data += time.perf_counter() - asked
                torch.nn.functional.cross_entropy(self.net(images), labels).backward()
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


def measure_scaling(fabric: Fabric, options, sizes: list[int]) -> list[scaling_report.Measurement]:
    """Strong and weak scaling, all repeats. Every process calls this, and gets the same list."""
    whole, device, measurements = options.data.batch_size, describe(fabric.device, options.threads), []
    rows = [*(("strong", (n, whole // n)) for n in sizes), *(("weak", (n, whole)) for n in sizes)]
    trainings = {shape: Training(fabric, options, *shape) for _, shape in rows}  # one process is measured once for both
    for turn in range(options.repeats):
        taken = {}
        for shape, training in trainings.items():
            fabric.barrier()
            taken[shape] = fabric.broadcast(training.measure(options.steps) if training.member else None)
        measurements += [scaling_report.Measurement(device, mode, *shape, turn, *taken[shape]) for mode, shape in rows]
        if fabric.is_global_zero:
            print(f"repeat {turn + 1} of {options.repeats}", flush=True)
    return measurements


def describe(device: torch.device, threads: int) -> str:
    """The device of one process, in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return f"{model[1] if model else platform.machine()} CPU, {threads} thread{'s' * (threads > 1)} per process"


def parse(args: list[str] | None, devices: int | None = None):
    """The options; devices: as srun or torchrun tells how many there are on each node."""
    usage = "python -m helpers.cluster.scaling [options], or --help"
    parser = ArgumentParser(usage=usage, description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--processes", type=PositiveInt | None, help="the most to measure; without it, 2, 4 or 8")
    parser.add_argument("--threads", type=PositiveInt, default=1, help="of each process, on a CPU")
    parser.add_argument("--repeats", type=int, default=5, help="how many times all is measured, at least 2")
    steps = "timed together in each repeat; on GPUs 100, with data.batch_size 1024"
    parser.add_argument("--steps", type=PositiveInt, default=3, help=steps)
    parser.add_argument("--accuracy", type=float, default=0.95, help="validation accuracy to which the cost counts")
    parser.add_argument("--out", default="scaling", help="writes OUT.csv and OUT.png")
    parser.add_class_arguments(SpikingClassifier, "model")
    parser.add_class_arguments(DigitsDataModule, "data")
    parser.link_arguments("data.name", "model.data")
    options = parser.parse_args(args)
    if accelerator_for(devices or options.processes or default_processes()) == "gpu":
        # three small steps are over too soon to be timed; of the embedded digits, each of 8 GPUs has 1,031
        parser.set_defaults({"steps": 100, "data.batch_size": 1024, "model.compile": None})
        options = parser.parse_args(args)
    better = "so nothing can be concluded from it; measure at least 2, better 5."
    require(options.repeats >= 2, f"repeats is {options.repeats}: one measurement has no spread, {better}")
    folder = Path(options.out).parent
    require(folder.is_dir() and os.access(folder, os.W_OK), f"{folder} is no folder to write to: name one by --out.")
    return options


def default_processes() -> int:
    """2, 4 or 8 processes on this machine, as there are GPUs, or with fewer than two of these, cores."""
    gpus = torch.cuda.device_count()
    return 1 << min(gpus if gpus > 1 else os.cpu_count(), 8).bit_length() - 1


def accelerator_for(processes: int) -> str:
    """What so many processes of this machine compute on: GPUs where each can have its own, else the CPU."""
    return "gpu" if torch.cuda.device_count() >= processes else "cpu"


def main(args: list[str] | None = None) -> None:
    """The command: see the top of this file. Exit status 0 when done, 2 after bad input."""
    environment.setup()
    group = ProcessGroup()
    try:
        options = parse(args, group.options.get("devices"))
        group.meet()
        layout = {"devices": options.processes or default_processes(), **group.options}
        fabric = Fabric(accelerator=accelerator_for(layout["devices"]), strategy="ddp", **layout)
        most, whole = fabric.world_size, options.data.batch_size
        require(most >= 2, f"processes is {most}: scaling needs at least 2.")
        sizes = sorted({1 << n for n in range(most.bit_length())} | {most})  # 1, 2, 4, ... and all
        for n in sizes:
            another = "choose another --data.batch_size or --processes."
            require(whole % n == 0, f"{whole} images cannot be shared out equally among {n} processes: {another}")
        group.join(fabric.device)
        fabric.launch()  # Lightning takes over: it starts the other processes where srun or torchrun have not
        torch.set_num_threads(options.threads)
        measurements = measure_scaling(fabric, options, sizes)
        if fabric.is_global_zero:
            scaling_report.write(Path(f"{options.out}.csv"), measurements)
            plot_scaling(measurements)[0, 0].figure.savefig(f"{options.out}.png", dpi=150)
            print(scaling_report.table(measurements, options.accuracy))
        group.leave()
    except (InputError, MisconfigurationException, OSError) as error:
        group.refuse(error)


if __name__ == "__main__":
    main()
