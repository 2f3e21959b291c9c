"""Scaling, measured: the same training step on 1, 2, 4, ... processes, as a table and a plot.

    python -m helpers.cluster.scaling
    python -m helpers.cluster.scaling --processes 4 --repeats 9
    python -m helpers.cluster.scaling --model.seq_length 16 --data.batch_size 128
    srun python -m helpers.cluster.scaling                     all tasks of a SLURM job
    torchrun --nproc-per-node 4 -m helpers.cluster.scaling     all processes of torchrun

Without --processes, the first takes 2, 4 or 8, as there are GPUs, or cores that it may use.

Weak scaling gives each process data.batch_size images: the work grows with the processes. Strong
scaling shares that many images among all of them: the work stays the same. All processes are
started once. While fewer are measured, the others wait. Each repeat measures every number of
processes, so a disturbance meets all alike. A step is a training step: data, forward, backward with
gradients averaged by DDP, Adam, at learning rate 0. scaling_report.py draws the conclusions.
"""

import os
import sys
import time
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path

from helpers.setup import environment

if __name__ == "__main__":  # before the imports that take seconds, or warn
    environment.announce("helpers.cluster.scaling is loading PyTorch and Lightning")

import torch
from jsonargparse import ArgumentParser
from jsonargparse.typing import ClosedUnitInterval, PositiveInt
from lightning_fabric import Fabric

from helpers import require
from helpers.cluster import scaling_report
from helpers.cluster.plot_scaling import plot_scaling
from helpers.cluster.scaling_report import Measurement
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.run.rendezvous import run_command
from helpers.run.usage import name_device
from helpers.tools.now import now
from helpers.tools.write_whole import write_csv


class Training:
    """Training steps on the first `processes` processes. Each reads its own batches.

    All processes make an instance, also those that only wait. `options` are those of the command.
    """

    def __init__(self, fabric: Fabric, options, processes: int, batch_size: int):
        self.processes = processes
        self.takes_part = fabric.global_rank < processes
        self.device = fabric.device
        self.group = torch.distributed.new_group(range(processes))
        if not self.takes_part:
            return
        torch.manual_seed(0)
        self.net = DigitsClassifier(**options.model).to(self.device)
        if processes > 1:
            self.net = torch.nn.parallel.DistributedDataParallel(self.net, process_group=self.group)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.0)
        digits = DigitsDataModule(**options.data)
        digits.batch_size = batch_size
        digits.setup()  # without a trainer: with one, all processes would have to take part
        digits.trainer = fabric  # says which shard this process reads
        # epoch after epoch, without end
        self.batches = chain.from_iterable(repeat(digits.train_dataloader()))
        self.seconds(2)  # not measured: in the first step, DDP sorts the gradients into its buckets

    def seconds(self, steps: int) -> tuple[float, float]:
        """Return the seconds of one step that go to work, and those that go to data.

        steps: how many are timed together
        """
        torch.distributed.barrier(self.group)
        start = now()
        in_data = 0.0
        for _ in range(steps):
            asked = time.perf_counter()
            images, labels = (x.to(self.device, non_blocking=True) for x in next(self.batches))
            in_data += time.perf_counter() - asked
            torch.nn.functional.cross_entropy(self.net(images), labels).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        return (now() - start - in_data) / steps, in_data / steps

    def measure(self, steps: int) -> tuple[float, float, float, float]:
        """Return seconds of a step, compute, communication, data.

        They are means over the processes that take part.
        """
        work, data = self.seconds(steps)
        compute = work
        if self.processes > 1:
            with self.net.no_sync():  # gradients are not averaged
                compute, _ = self.seconds(steps)
        means = torch.tensor([work, compute, data], dtype=torch.float64, device=self.device)
        torch.distributed.all_reduce(means, group=self.group)
        work, compute, data = (means / self.processes).tolist()
        return work + data, compute, max(0.0, work - compute), data


def measure_scaling(fabric: Fabric, options, sizes: list[int]) -> list[Measurement]:
    """Measure strong and weak scaling. Every process calls this, and gets the same list.

    sizes: the numbers of processes to measure
    """
    device = name_device(fabric.device, options.threads)
    cores = 0 if fabric.device.type == "cuda" else environment.count_cores()
    n_images = options.data.batch_size
    # mode, and the shape of a training: processes, and images of each
    rows = [("strong", (n, n_images // n)) for n in sizes]
    rows += [("weak", (n, n_images)) for n in sizes]
    shapes = dict.fromkeys(shape for _, shape in rows)  # one process is measured once for both
    trainings = {shape: Training(fabric, options, *shape) for shape in shapes}
    measurements = []
    for number in range(options.repeats):
        measured = {}
        for shape, training in trainings.items():
            fabric.barrier()
            own = training.measure(options.steps) if training.takes_part else None
            measured[shape] = fabric.broadcast(own)
        measurements += [
            Measurement(device, mode, *shape, number, *measured[shape], cores)
            for mode, shape in rows
        ]
        if fabric.is_global_zero:
            print(f"repeat {number + 1} of {options.repeats}", flush=True)
    return measurements


def default_processes() -> int:
    """Return the largest of 1, 2, 4 and 8 for which this machine has GPUs.

    With fewer than two GPUs, the cores count that this process may use.
    """
    n_devices = torch.cuda.device_count()
    if n_devices < 2:
        n_devices = environment.count_cores()
    return max(n for n in (1, 2, 4, 8) if n <= n_devices)


@dataclass
class Options:
    """What is measured, and how often.

    Args:
        processes: the most to measure
        threads: of each process, on a CPU
        repeats: how many times all is measured, at least 2
        steps: timed together in each repeat; on GPUs 100, with data.batch_size 1024
        accuracy: validation accuracy to which the cost counts, 0 to 1
        out: writes OUT.csv and OUT.png
    """

    processes: PositiveInt = field(default_factory=default_processes)
    threads: PositiveInt = 1
    repeats: int = 5
    steps: PositiveInt = 3
    accuracy: ClosedUnitInterval = 0.95
    out: str = "scaling"


def parse(args: list[str], devices: int | None = None):
    """Return the options of the command.

    Args:
        args: its words
        devices: how many there are on each node, where srun or torchrun tells it
    """
    parser = ArgumentParser(
        usage="python -m helpers.cluster.scaling [options], or --help",
        description=__doc__.splitlines()[0],
        allow_abbrev=False,
    )
    parser.add_class_arguments(Options)
    parser.add_class_arguments(DigitsClassifier, "model", skip={"graph"})
    parser.add_class_arguments(DigitsDataModule, "data")
    parser.link_arguments("data.name", "model.data")
    options = parser.parse_args(args)
    if accelerator_for(devices or options.processes) == "gpu":
        # Three small steps are over too soon to be timed. Of the embedded digits, each of 8 GPUs
        # has 1,031.
        parser.set_defaults({"steps": 100, "data.batch_size": 1024, "model.compile": None})
        options = parser.parse_args(args)
    require(
        options.repeats >= 2,
        f"repeats is {options.repeats}: one measurement has no spread, "
        "so nothing can be concluded from it; measure at least 2, better 5.",
    )
    folder = Path(options.out).parent
    require(
        folder.is_dir() and os.access(folder, os.W_OK),
        f"{folder} is no folder to write to: name one by --out.",
    )
    return options


def accelerator_for(processes: int) -> str:
    """Return "gpu" where this machine has one for each process, else "cpu"."""
    return "gpu" if torch.cuda.device_count() >= processes else "cpu"


def main(args: list[str]) -> None:
    """Run the command: see the top of this file.

    The exit status is 0 when it is done, 2 after bad input.
    """
    run_command(_measure, args)


def _measure(args, rendezvous):
    """Do what the command says, as one of its processes."""
    rendezvous.ctrl_c.say = lambda: "stopped"
    options = parse(args, rendezvous.options.get("devices"))
    layout = {"devices": options.processes, **rendezvous.options}
    fabric = Fabric(accelerator=accelerator_for(layout["devices"]), strategy="ddp", **layout)
    most = fabric.world_size
    require(most >= 2, f"processes is {most}: scaling needs at least 2.")
    sizes = sorted({*(2**n for n in range(most.bit_length())), most})  # 1, 2, 4, ... and all
    n_images = options.data.batch_size
    for n in sizes:
        require(
            n_images % n == 0,
            f"{n_images} images cannot be shared out equally among {n} processes: "
            "choose another --data.batch_size or --processes.",
        )
    rendezvous.agree(DigitsDataModule(**options.data).setup)  # says, once, what is missing
    rendezvous.join(fabric.device)
    rendezvous.serve()
    rendezvous.tell()
    fabric.launch()  # starts the other processes, unless srun or torchrun have
    torch.set_num_threads(options.threads)
    measurements = measure_scaling(fabric, options, sizes)
    if fabric.is_global_zero:
        write_csv(Path(f"{options.out}.csv"), [Measurement._fields, *measurements])
        axes = plot_scaling(measurements)
        axes[0, 0].figure.savefig(f"{options.out}.png", dpi=150)
        print(scaling_report.table(measurements, options.accuracy))


if __name__ == "__main__":
    main(sys.argv[1:])
