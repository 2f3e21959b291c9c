"""Where the processes of a run meet, and agree on what they do before they train.

There are two ways in which processes find each other, and both are here. srun and torchrun start
the same command several times, and tell each process in its environment which one it is. Before
anything else these processes meet at a store, a small table that the first one serves (or torchrun
itself). Lightning starts further processes for --trainer.devices only when the first one has
decided all: they get its decision as further words of the command, with JOINS as the last one.

What cannot work is found here, in at most PATIENCE, rather than in a collective that waits for
ever.
"""

import json
import os
import platform
import re
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from pytorch_lightning import Trainer
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch.distributed import DistError

from helpers import InputError, require
from helpers.run import exact, slurm
from helpers.run.errors import LOST_CONNECTION, BadOption, why_it_stops
from helpers.setup import environment
from helpers.tools.plural import plural

JOINS = "--joins"  # the last word of a process that Lightning has started
HERE = "127.0.0.1"  # this machine, for its own processes
PATIENCE = timedelta(seconds=40)  # for a process that starts late: in all, a minute at most
# said in one sentence
BAD_INPUT = InputError, BadOption, exact.MisconfigurationException, OSError


class Rendezvous:
    """The processes of one run, of which this is one: number `rank` of `size`, on several `nodes`.

    Each has one device; there are `devices` on each node, which srun or torchrun says. Without
    them, there is one process, and those that Lightning starts.

    Attributes:
        held: what is released when the process ends, such as the folder of the run
        ctrl_c: ends the process at Ctrl-C
    """

    def __init__(self):
        self.rank = 0
        self.size = 1
        self.store = dist.HashStore()
        self.held = ExitStack()
        self.ctrl_c = None
        self.joins = JOINS in sys.argv
        # of the Trainer, or of Fabric in cluster/scaling.py
        self.options = {"plugins": [LightningEnvironment()]}
        self.node = os.getenv("SLURMD_NODENAME") or platform.node()
        self.launcher = slurm.find_launcher()
        if self.launcher == "srun":
            slurm.set_torchruns_variables()
        if self.launcher:
            self.rank = int(os.environ["RANK"])
            self.size = int(os.environ["WORLD_SIZE"])
            self.devices = int(os.environ["LOCAL_WORLD_SIZE"])
            self.nodes = self.size // self.devices
            self.options = {
                "plugins": [TorchElasticEnvironment()],
                "num_nodes": self.nodes,
                "devices": self.devices,
            }
        elif not self.joins:  # this is the first process, whatever another start has left
            for rank in environment.RANKS:
                os.environ.pop(rank, None)
            rank_zero_only.rank = 0

    def check_devices(self, trainer) -> None:
        """Raise InputError unless the options of the Trainer and the devices here suit the run.

        trainer: the options --trainer.devices, num_nodes and accelerator
        """
        if not self.launcher:  # Lightning may start processes itself
            self._check_own_devices(trainer)
            return
        advice = (
            f"but {self.launcher} started {self.size} processes on {plural(self.nodes, 'node')}: "
            f"leave this option out, {self.launcher} sets the number."
        )
        require(
            str(trainer.devices) in ("auto", str(self.devices)),
            f"--trainer.devices is {trainer.devices}, {advice}",
        )
        require(
            trainer.num_nodes in (1, self.nodes),
            f"--trainer.num_nodes is {trainer.num_nodes}, {advice}",
        )
        n_gpus = torch.cuda.device_count() if trainer.accelerator != "cpu" else 0
        if self.launcher == "torchrun":
            suits = n_gpus == 0 or n_gpus >= self.devices
            advice = "give torchrun another --nproc-per-node."
        else:
            suits = n_gpus in (0, self.devices)
            advice = (
                "let --gpus-per-node equal --ntasks-per-node, without --gpus-per-task: "
                "it hides the others' GPUs."
            )
        require(
            suits,
            f"this node has {plural(n_gpus, 'GPU')} for {self.devices} processes, and each needs "
            f"its own: {advice}",
        )

    def _check_own_devices(self, trainer):
        require(
            trainer.num_nodes == 1,
            f"--trainer.num_nodes is {trainer.num_nodes}, but this is one process on one node: "
            "start it by srun or torchrun, which set the number.",
        )
        takes_gpus = trainer.accelerator != "cpu" and torch.accelerator.is_available()
        devices = str(trainer.devices)
        if devices.isdecimal() and not takes_gpus:  # Lightning refuses a GPU too many by itself
            n_cores = environment.count_cores()
            require(
                int(devices) <= max(4, n_cores),  # any machine may try out four processes
                f"--trainer.devices is {devices}: each process needs a core, and here are "
                f"{n_cores}.",
            )

    def meet(self) -> None:
        """Wait for the other processes.

        Raises InputError, after PATIENCE at the latest, when they do not all come.
        """
        n_tasks = slurm.count_tasks()
        require(
            self.launcher or n_tasks == 1,
            f"this job has {n_tasks} tasks, but this is one process outside srun: "
            "put srun before python.",
        )
        n_others = os.getenv("OMPI_COMM_WORLD_SIZE", "1")
        require(
            self.launcher or n_others == "1",
            f"mpirun started {n_others} processes, which do not find each other: use torchrun.",
        )
        if self.size == 1:
            return
        tasks_per_node = os.getenv("SLURM_STEP_TASKS_PER_NODE", "")
        if self.launcher == "srun" and "," in tasks_per_node:
            if self.rank > 0:  # each process sees it: none has to wait
                sys.exit(2)
            raise InputError(
                f"SLURM gave the nodes {tasks_per_node} tasks, and all need the same number: "
                "use --nodes and --ntasks-per-node."
            )
        self.store = dist.PrefixStore(slurm.name_of_start(), self._open_store())
        problem = f"did not start within {PATIENCE.seconds} s: see in the log why."
        nodes = self._exchange("node", self.node, problem)
        if self.rank == 0:
            places = ", ".join(f"{rank} on {node}" for rank, node in enumerate(nodes))
            print(f"{self.size} processes: {places}", flush=True)

    def _open_store(self):
        address = os.environ["MASTER_ADDR"]
        port = int(os.environ["MASTER_PORT"])
        if self.nodes == 1:
            address = HERE
        # else torchrun does
        serves = self.rank == 0 and os.getenv("TORCHELASTIC_USE_AGENT_STORE") != "True"
        try:
            return open_store(address, port, serves)
        except (RuntimeError, OSError) as error:
            if serves and re.search("EADDRINUSE|already in use", str(error)):
                raise InputError(
                    f"port {port} of {self.node} is taken by another program: "
                    "choose another by export MASTER_PORT=<number>."
                ) from None
            raise InputError(
                f"process {self.rank} on {self.node} does not reach the first process at "
                f"{address}:{port} within {PATIENCE.seconds} s: "
                "look in the log for why that one is not there."
            ) from None

    def agree(self, decide: Callable):
        """Return in all processes what decide() returns in the first one, any JSON value.

        Its InputError, MisconfigurationException or OSError is an InputError in all of them. Those
        that Lightning has started get None: their words say what was decided.
        """
        if self.joins:
            return None
        if self.rank == 0:
            try:
                answer = [decide(), None]
            except BAD_INPUT as error:
                answer = [None, str(error)]
            self.store.set("agreed", json.dumps(answer))
        self.store.wait(["agreed"], timedelta(minutes=10))  # the first one may wait for a lock
        answer, error = json.loads(self.store.get("agreed"))
        require(error is None, error)
        return answer

    def tell(self, *words: str) -> None:
        """Give these words to the processes that Lightning will start."""
        if not (self.launcher or self.joins):
            sys.argv = [*sys.argv, *words, JOINS]

    def make_trainer(self, **options) -> Trainer:
        """Make the Trainer of this process, and the group of all."""
        if torch.cuda.is_available():
            # steps: each time that the bar moves, it waits for the GPU
            os.environ.setdefault("TQDM_MINITERS", "10")
        trainer = Trainer(**options | self.options)
        environment.divide_threads(trainer.num_devices)
        device = trainer.strategy.root_device
        if device.type == "cuda" and trainer.precision.startswith("bf16"):
            require(
                torch.cuda.is_bf16_supported(including_emulation=False),
                f"{torch.cuda.get_device_name()} only imitates bfloat16: "
                "use --trainer.precision 16-mixed.",
            )
        launcher = trainer.strategy.launcher
        if hasattr(launcher, "kill"):  # the processes that Lightning starts
            self.serve()
            self.ctrl_c.at_end.callback(launcher.kill, signal.SIGKILL)
        self.join(device)
        return trainer

    def serve(self) -> None:
        """Have the processes that Lightning will start meet at HERE, and not at its own store."""
        if self.launcher or self.joins:
            return
        self.store = open_store(HERE, 0, serves=True)
        os.environ |= {
            "MASTER_ADDR": HERE,
            "MASTER_PORT": str(self.store.port),
            "TORCHELASTIC_USE_AGENT_STORE": "True",  # PyTorch's word for: the store is there
        }

    def check_same(self, options: list[str]) -> None:
        """Raise InputError, in all processes, unless all have the same options."""
        all_options = self._exchange("options", options, "did not say its options.")
        for rank, other in enumerate(all_options):
            differing = " ".join(sorted({*other} ^ {*all_options[0]}))
            require(
                not differing,
                f"processes 0 and {rank} have different options ({differing}): all need the same.",
            )

    def check_shared(self, folder: Path) -> None:
        """Raise InputError, in all processes, unless all see the folder that the first one made."""
        if self.size == 1:
            return
        tokens = self._exchange("token", secrets.token_hex(4), "did not come to the run folder.")
        token = folder / f".shared.{tokens[0]}"
        if self.rank == 0:
            token.touch()
        deadline = time.monotonic() + 5  # network file systems show a new file late
        while not token.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        saw = self._exchange("sees", [self.node, token.exists()], "did not say what they see.")
        if self.rank == 0:
            token.unlink()
        nodes_without = dict.fromkeys(node for node, has_seen in saw if not has_seen)
        require(
            not nodes_without,
            f"{', '.join(nodes_without)} does not see the run folder {folder} of {saw[0][0]}: "
            "name one on a file system that all nodes share, by --run.",
        )

    def join(self, device: torch.device) -> None:
        """Make the process group in which DDP then averages gradients.

        For the processes that it starts, Lightning does.
        """
        if self.size == 1:
            return
        options = {"backend": "gloo"}
        if device.type == "cuda":
            options = {"backend": "nccl", "device_id": device}
        dist.init_process_group(store=self.store, rank=self.rank, world_size=self.size, **options)

    def refuse(self, error: Exception | str) -> None:
        """End with exit status 2 and a sentence, said by one process; SLURM does not try again."""
        with suppress(RuntimeError):  # the first process is gone, and has said why
            if self.store.add("failed", 1) == 1:  # others fail alike: the first one speaks
                print(f"error: {error}", file=sys.stderr)
                slurm.forbid_requeue()
        sys.exit(2)

    def _exchange(self, topic, value, problem):
        """Return the values of all processes, any JSON.

        Raises InputError when some do not give theirs within PATIENCE; problem: its last words.
        """
        keys = [f"{topic} of {rank}" for rank in range(self.size)]
        self.store.set(keys[self.rank], json.dumps(value))
        deadline = time.monotonic() + PATIENCE.seconds
        while not self.store.check(keys):
            if time.monotonic() > deadline:
                missing = [str(n) for n, key in enumerate(keys) if not self.store.check([key])]
                raise InputError(f"of {self.size} processes, number {', '.join(missing)} {problem}")
            time.sleep(0.1)
        return [json.loads(value) for value in self.store.multi_get(keys)]


def open_store(address: str, port: int, serves: bool) -> dist.TCPStore:
    """Reach the store at which processes meet, or serve it.

    PyTorch serves it at all addresses of the machine, and asks nobody for a password. At HERE, no
    other machine reaches it.
    """
    listener = None
    if serves and address == HERE:
        server = socket.create_server((HERE, port))
        port = server.getsockname()[1]
        listener = server.detach()
    return dist.TCPStore(
        address,
        port,
        is_master=serves,
        timeout=PATIENCE,
        wait_for_workers=False,
        master_listen_fd=listener,
    )


def run_command(start: Callable[[list[str], Rendezvous], None], words: list[str]) -> None:
    """Start a command. If it cannot go on, end with a sentence.

    Exit status 0: done, 2: bad input, START_AGAIN: start it again, STOPPED: stopped.

    Args:
        start: called with the words and this process among the others
        words: of the command
    """
    environment.setup()
    sys.stdout.reconfigure(errors="replace")  # a terminal may have no letters for a name
    rendezvous = Rendezvous()
    with rendezvous.held as held:
        rendezvous.ctrl_c = ctrl_c = environment.CtrlC()
        held.callback(ctrl_c.leave)
        held.callback(setattr, sys, "argv", sys.argv)  # without words for other processes
        # clean up as at the end of the process: remove a new folder that has no checkpoint
        ctrl_c.at_end.callback(held.close)
        try:
            rendezvous.meet()
            start([word for word in words if word != JOINS], rendezvous)
            exact.leave_processes()
        except exact.Interrupted as interrupted:
            exact.leave_processes()
            if interrupted.code == exact.START_AGAIN:
                slurm.requeue(is_first=rank_zero_only.rank == 0)
            raise
        except BAD_INPUT as error:
            rendezvous.refuse(error)
        except (Exception, SystemExit) as error:
            is_lost = re.search(LOST_CONNECTION, str(error), re.IGNORECASE)
            if is_lost or isinstance(error, DistError):  # of the store, and of NCCL
                print(
                    "error: another process of this run has ended: the log says why, further up. "
                    f"Here it was noticed by: {error}",
                    file=sys.stderr,
                )
                sys.exit(exact.START_AGAIN)
            problem = why_it_stops(error)
            if problem:
                rendezvous.refuse(problem)
            raise
