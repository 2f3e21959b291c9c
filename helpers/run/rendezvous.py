"""Where the processes of a run meet, and agree on what they do before they train.

There are two ways in which processes find each other, and both are here. srun and torchrun start
the same command several times, and tell each process in its environment which one it is. Before
anything else these processes meet at a store, a small table that the first one serves (or torchrun
itself). Lightning starts further processes for --trainer.devices only when the first one has
decided all: they read its decision in the variable AGREED of their environment.

What cannot work is found here, in at most PATIENCE, rather than in a collective that waits for
ever.
"""

import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from helpers import InputError, require
from helpers.run import exact, slurm
from helpers.setup import environment
from helpers.tools.plural import plural

AGREED = "SNN_AGREED"  # what the first process has decided: JSON
PATIENCE = timedelta(seconds=40)  # for a process that starts late: in all, a minute at most


class Rendezvous:
    """The processes of one run, of which this is one: number `rank` of `size`, on several `nodes`.

    Each has one device; there are `devices` on each node, which srun or torchrun says. Without
    them, there is one process, and those that Lightning starts.
    """

    def __init__(self):
        self.rank = 0
        self.size = 1
        self.store = dist.HashStore()
        # of the Trainer in cli.py, or of Fabric in cluster/scaling.py
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
        elif AGREED not in os.environ:  # this is the first process, whatever another start has left
            os.environ[AGREED] = "null"
            for rank in environment.RANKS:
                os.environ.pop(rank, None)
            rank_zero_only.rank = 0

    def check_devices(self, trainer) -> None:
        """Raise InputError unless the options of the Trainer and the GPUs here suit the processes.

        trainer: the options --trainer.devices, num_nodes and accelerator
        """
        if not self.launcher:  # Lightning may start processes itself
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
        # else torchrun does
        serves = self.rank == 0 and os.getenv("TORCHELASTIC_USE_AGENT_STORE") != "True"
        try:
            return dist.TCPStore(
                address, port, is_master=serves, timeout=PATIENCE, wait_for_workers=False
            )
        except RuntimeError as error:
            if serves and "EADDRINUSE" in str(error):
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

        Its InputError, MisconfigurationException or OSError is an InputError in all of them.
        """
        if not self.launcher and rank_zero_only.rank > 0:  # started by Lightning
            return json.loads(os.environ[AGREED])
        if self.rank == 0:
            try:
                answer = [decide(), None]
            except (InputError, exact.MisconfigurationException, OSError) as error:
                answer = [None, str(error)]
            self.store.set(AGREED, json.dumps(answer))
        answer, error = json.loads(self.store.get(AGREED))
        require(error is None, error)
        os.environ[AGREED] = json.dumps(answer)
        return answer

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
