"""The processes that train together: how many SLURM or torchrun started, and what they agree on before they train.

srun and torchrun start the same command several times and tell each process in its environment which one it is.
Before anything else these processes meet at a store, a small table that the first one serves (or torchrun itself).
What cannot work is found there, in at most PATIENCE, rather than in a collective that waits for ever.
"""

import json
import os
import platform
import re
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments import LightningEnvironment, SLURMEnvironment, TorchElasticEnvironment

from helpers import InputError, require
from helpers.cluster import preemption

NO_STEP = 2**32 - 16  # from here on, SLURM numbers batch scripts, interactive shells and the like
PATIENCE = timedelta(seconds=40)  # for a process that starts late: with the start itself, a minute at most


class ProcessGroup:
    """The processes of one training run, of which this is one: number `rank` of `size`, on as many `nodes`.

    Each has one device; there are `devices` on each node. A process is alone, unless srun or torchrun started it. (What
    Lightning starts for --trainer.devices comes later, and asks nobody: the first process has decided all by then.)
    """

    def __init__(self):
        self.nodes, self.devices, self.rank, self.size, self.store = 1, 1, 0, 1, dist.HashStore()
        self.options = {"plugins": [LightningEnvironment()]}  # of the Trainer in cli.py, or Fabric in scaling.py
        self.node = os.environ.get("SLURMD_NODENAME") or platform.node()
        self.tasks, step = int(os.environ.get("SLURM_NTASKS", 1)), int(os.environ.get("SLURM_STEP_ID", -1))
        in_srun = self.tasks > 1 and 0 <= step < NO_STEP
        self.launcher = "torchrun" if "TORCHELASTIC_RUN_ID" in os.environ else "srun" if in_srun else ""
        if self.launcher == "srun":
            _translate_slurm()
        if self.launcher:
            names = "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"
            self.rank, self.size, self.devices = (int(os.environ[name]) for name in names)
            self.nodes = self.size // self.devices
            self.options = {"plugins": [TorchElasticEnvironment()], "num_nodes": self.nodes, "devices": self.devices}

    def check_devices(self, devices: str | int, num_nodes: int, accelerator: str) -> None:
        """Raise InputError unless --trainer.devices, --trainer.num_nodes and the GPUs here suit the processes."""
        if not self.launcher:  # Lightning may start processes itself
            return
        nodes = f"{self.nodes} node{'s' * (self.nodes > 1)}"
        started = f"but {self.launcher} started {self.size} processes on {nodes}"
        out = f"{started}: leave this option out, {self.launcher} sets the number."
        require(str(devices) in ("auto", str(self.devices)), f"--trainer.devices is {devices}, {out}")
        require(num_nodes in (1, self.nodes), f"--trainer.num_nodes is {num_nodes}, {out}")
        gpus = torch.cuda.device_count() if accelerator in ("auto", "gpu", "cuda") else 0
        have = f"this node has {gpus} GPU{'s' * (gpus > 1)} for {self.devices} processes, and each needs its own"
        if self.launcher == "torchrun":
            require(gpus == 0 or gpus >= self.devices, f"{have}: give torchrun another --nproc-per-node.")
        else:
            slurm = "let --gpus-per-node equal --ntasks-per-node, without --gpus-per-task: it hides the others' GPUs."
            require(gpus in (0, self.devices), f"{have}: {slurm}")

    def meet(self) -> None:
        """Wait for the other processes. Raises InputError, after PATIENCE at the latest, when they do not all come."""
        no_srun = f"this job has {self.tasks} tasks, but this is one process outside srun: put srun before python."
        require(bool(self.launcher) or self.tasks == 1, no_srun)
        if self.size == 1:
            return
        layout = os.environ["SLURM_STEP_TASKS_PER_NODE"] if self.launcher == "srun" else ""
        if "," in layout:  # all see it by themselves, and none waits for another
            same = "all need the same number: use --nodes and --ntasks-per-node."
            if self.rank == 0:
                raise InputError(f"SLURM gave the nodes {layout} tasks, and {same}")
            sys.exit(2)
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        serve = self.rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
        try:
            store = dist.TCPStore(address, port, is_master=serve, timeout=PATIENCE, wait_for_workers=False)
        except RuntimeError as error:
            taken = f"port {port} of {self.node} is taken by another program"
            if serve and "EADDRINUSE" in str(error):
                raise InputError(f"{taken}: choose another by export MASTER_PORT=<number>.") from None
            alone = f"process {self.rank} on {self.node} does not reach the first process at {address}:{port} within"
            raise InputError(f"{alone} {PATIENCE.seconds} s: look in the log for why that one is not there.") from None
        self.store = dist.PrefixStore(f"start {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
        nodes = self._exchange("node", self.node, f"did not start within {PATIENCE.seconds} s: see in the log why.")
        if self.rank == 0:
            print(f"{self.size} processes:", ", ".join(f"{n} on {node}" for n, node in enumerate(nodes)), flush=True)

    def agree(self, topic: str, decide: Callable[[], object]):
        """What decide() returns in the first process, in all of them; its InputError too. Any JSON value."""
        if self.rank == 0:
            try:
                answer = [decide(), None]
            except (InputError, OSError) as error:
                answer = [None, str(error)]
            self.store.set(topic, json.dumps(answer))
        answer, error = json.loads(self.store.get(topic))
        require(error is None, error)
        return answer

    def check_shared(self, folder: Path) -> None:
        """Raise InputError, in all processes, unless all see the folder that the first one made."""
        token = folder / f".shared.{self.agree('token', lambda: secrets.token_hex(4))}"
        if self.rank == 0:
            token.touch()
        deadline = time.monotonic() + 5  # network file systems show a new file late
        while not token.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        saw = self._exchange("sees", [self.node, token.exists()], "did not say whether they see the run folder.")
        if self.rank == 0:
            token.unlink()
        blind = ", ".join(dict.fromkeys(node for node, seen in saw if not seen))
        wrong = f"{blind} does not see the run folder {folder} of {saw[0][0]}"
        require(not blind, f"{wrong}: name one on a file system that all nodes share, by --run.")

    def join(self, device: torch.device) -> None:
        """Make the process group in which DDP then averages gradients. For processes of its own, Lightning does."""
        if self.size > 1:
            how = {"backend": "nccl", "device_id": device} if device.type == "cuda" else {"backend": "gloo"}
            dist.init_process_group(store=self.store, rank=self.rank, world_size=self.size, **how)

    def leave(self) -> None:
        """End the process group, when training is over or stopped: its threads would abort Python at its exit."""
        if dist.is_initialized():
            dist.destroy_process_group()

    def refuse(self, error: Exception | str) -> None:
        """End with exit status 2 and a sentence, said by one process, and have SLURM not try again."""
        with suppress(RuntimeError):  # the first process is gone, and has said why
            if self.store.add("failed", 1) == 1:  # what stops one soon stops all
                print(f"error: {error}", file=sys.stderr, flush=True)
                preemption.forbid_requeue()
        sys.exit(2)

    def _exchange(self, topic: str, value, otherwise: str) -> list:
        """The values of all processes, any JSON. Raises InputError when some do not give theirs within PATIENCE."""
        keys = [f"{topic} of {rank}" for rank in range(self.size)]
        self.store.set(keys[self.rank], json.dumps(value))
        deadline = time.monotonic() + PATIENCE.seconds
        while not self.store.check(keys):
            if time.monotonic() > deadline:
                missing = [str(rank) for rank, key in enumerate(keys) if not self.store.check([key])]
                raise InputError(f"of {self.size} processes, number {', '.join(missing)} {otherwise}")
            time.sleep(0.1)
        return [json.loads(value) for value in self.store.multi_get(keys)]


def _translate_slurm() -> None:
    """Set torchrun's variables from those that srun sets, so that everything after reads one kind only."""
    env = os.environ
    here = re.match(r"\d+", env["SLURM_STEP_TASKS_PER_NODE"]).group()  # of 4(x2), that is 4 on each of 2 nodes, the 4
    env.setdefault("MASTER_ADDR", SLURMEnvironment.resolve_root_node_address(env["SLURM_STEP_NODELIST"]))
    env.setdefault("MASTER_PORT", str(15000 + int(env["SLURM_JOB_ID"]) % 10000))
    env.update(RANK=env["SLURM_PROCID"], LOCAL_RANK=env["SLURM_LOCALID"], GROUP_RANK=env["SLURM_NODEID"])
    env.update(WORLD_SIZE=env["SLURM_STEP_NUM_TASKS"], LOCAL_WORLD_SIZE=here)
