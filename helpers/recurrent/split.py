"""One recurrent network whose neurons are split over processes.

    import torch.distributed as dist

    dist.init_process_group("gloo")  # nccl on GPUs
    torch.manual_seed(0)  # the same in all processes, and so are the examples
    net = torch.nn.ModuleDict(
        {"lif": SplitRecurrentLIF(80, 4096, delay=20), "out": SplitReadout(4096, 10)}
    )
    spikes, _ = net["lif"](x)  # of the neurons of this process
    logits = net["out"](spikes.mean(0))  # of the whole network, the same in all processes

The rest is a plain loop: each process has an optimiser for its own weights. Every process computes
the whole loss. All of them have to take the same steps, forward and backward, as each waits for
what the others send.

With one process, or without a process group, nothing is sent. Any number of processes computes the
same network (tests/recurrent/test_split.py).
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from helpers import require
from helpers.recurrent.neuron import INPUT_GAIN, RECURRENT_GAIN, RecurrentLIF
from helpers.recurrent.scan import Connections, add_product
from helpers.run.exact import LAST, PREVIOUS, WholeCheckpoints, find_last


def rank() -> int:
    """The number of this process."""
    return dist.get_rank() if dist.is_initialized() else 0


def split(n_hidden: int) -> list[slice]:
    """The neurons of each process. Where n_hidden is no multiple, the first ones have one more."""
    n_processes = dist.get_world_size() if dist.is_initialized() else 1
    few = f"There are {n_hidden} neurons for {n_processes} processes"
    require(n_hidden >= n_processes, f"{few}: each process needs at least one.")
    size, larger = divmod(n_hidden, n_processes)
    starts = [k * size + min(k, larger) for k in range(n_processes + 1)]
    return [slice(*ends) for ends in zip(starts, starts[1:])]


def generators(neurons: slice) -> Iterator[torch.Generator]:
    """Random numbers for each neuron, whatever the number of processes."""
    seed = int(torch.randint(2**62, ()))
    for neuron in range(neurons.start, neurons.stop):
        yield torch.Generator().manual_seed(seed + neuron)


class SplitRecurrentLIF(RecurrentLIF):
    """A `RecurrentLIF` of which each process has a share of the neurons: rows of W and R.

    In each block of time steps, as many as the shortest delay, the processes send each other the
    spikes of the block before, eight in a byte. Meanwhile, each computes what its neurons hear from
    each other. Backward, the gradients of spikes go to their neurons, and are added up there.

    `forward` takes the whole x, the same in all processes. Spikes and state are those of the
    process's own neurons, `own`.

    Args:
        n_inputs: input channels
        n_hidden: neurons of all processes together
        options: those of RecurrentLIF

    Raises:
        InputError: there are more processes than neurons, or an option is not allowed
    """

    split_axes = dict.fromkeys(["input_weights", "recurrent_weights", "raw_a", "raw_b"], 0)

    @property
    def own(self) -> slice:
        """The neurons that this process computes."""
        return split(self.n_hidden)[rank()]

    def _connect(self) -> Connections:
        return SplitConnections(self.delay, self.n_hidden)

    def _draw(self) -> tuple[Tensor, Tensor, Tensor]:
        bound = INPUT_GAIN / math.sqrt(self.n_inputs)
        gain = RECURRENT_GAIN / math.sqrt(self.n_hidden)
        rows = []
        for generator in generators(self.own):
            w = torch.empty(self.n_inputs).uniform_(-bound, bound, generator=generator)
            r = gain * torch.randn(self.n_hidden, generator=generator)
            rows.append((w, r, torch.randn(2, generator=generator)))
        w, r, noise = map(torch.stack, zip(*rows))
        return w, r, noise.T

    def forward(self, x: Tensor, state=None):
        """As `RecurrentLIF.forward`, with spikes and state of this process's own neurons."""
        return super().forward(_SumOfGradients.apply(x), state)


class SplitReadout(nn.Module):
    """A linear readout of all neurons, without bias, of which each process has its neurons' part.

    Args:
        n_hidden: neurons of all processes together
        n_outputs: numbers that are read
    """

    split_axes = {"weight": 1}

    def __init__(self, n_hidden: int, n_outputs: int):
        super().__init__()
        self.n_hidden = n_hidden
        bound = 1 / math.sqrt(n_hidden)
        columns = [
            torch.empty(n_outputs).uniform_(-bound, bound, generator=generator)
            for generator in generators(split(n_hidden)[rank()])
        ]
        self.weight = nn.Parameter(torch.stack(columns, 1))

    def forward(self, z: Tensor) -> Tensor:
        """Outputs (..., n_outputs), the same in all processes, from one's own z (..., neurons)."""
        return _Sum.apply(nn.functional.linear(z, self.weight))


class _Sum(torch.autograd.Function):
    """The sum over processes. All compute the same loss of it, so its gradient needs no sum."""

    @staticmethod
    def forward(ctx, y):
        y = y.clone()
        if dist.is_initialized():
            dist.all_reduce(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        return dy


class _SumOfGradients(torch.autograd.Function):
    """What all processes have alike. Each has a part of its gradient, so these are added up."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dx):
        return _Sum.apply(dx)


class SplitConnections(Connections):
    """Connections between the neurons of all processes: rows of R, and the spikes of all."""

    def __init__(self, delay: int | Tensor, n_hidden: int):
        super().__init__(delay)
        self.shares = split(n_hidden)
        self.own = self.shares[rank()]
        self.others = [share for share in self.shares if share != self.own]

    def hear(self, j: Tensor, sent: Tensor, weights: Tensor, is_at_rest: bool) -> Iterator[None]:
        """Add what this process's neurons hear to their j, and fetch the others' spikes."""
        for steps in self.blocks(len(j)):
            new = sent[: self.longest]
            if steps.start:
                new = sent[self.longest :][steps.start - self.block : steps.start]
            if steps.start or not is_at_rest:
                fetch = self._send_spikes(new)
                for share in [self.own, *self.others]:
                    if share != self.own:
                        fetch()
                    z = self.arrivals(sent, steps, share).flatten(0, 1)
                    j_block = j[steps].flatten(0, 1)
                    add_product(j_block, z, weights[:, share].T, out=j_block)
            yield

    def ask(self, dj: Tensor, d_sent: Tensor, weights: Tensor, is_at_rest: bool) -> Iterator[None]:
        """Add R^T dj of all processes to the gradients of this process's spikes."""
        for steps in reversed(self.blocks(len(dj))):
            if steps.start or not is_at_rest:
                dj_block = dj[steps].flatten(0, 1).to(weights.dtype)
                fetch = self._send_gradients([dj_block @ weights[:, n] for n in self.others])
                self.give(dj_block @ weights[:, self.own], d_sent, steps)
                for dz in fetch():
                    self.give(dz, d_sent, steps)
            yield

    def _send_spikes(self, sent: Tensor) -> Callable[[], None]:
        """Begin to send one's own of these spikes. Returns what waits for the others'."""
        if not self.others:
            return lambda: None
        n_bits = sent[..., self.shares[0]].numel()  # of the largest share
        mine = pack(sent[..., self.own], n_bits)
        received = mine.new_empty(len(self.shares), len(mine))
        work = dist.all_gather([*received], mine, async_op=True)

        def fetch() -> None:
            work.wait()
            for share, octets in zip(self.shares, received):
                if share != self.own:
                    sent[..., share] = unpack(octets, sent[..., share])

        return fetch

    def _send_gradients(self, asked: list[Tensor]) -> Callable[[], Tensor]:
        """Begin to send each other process what its neurons are asked for. Returns what waits."""
        if not asked:
            return lambda: []
        rows = len(asked[0])
        received = asked[0].new_empty(len(asked), rows, self.own.stop - self.own.start)
        sizes = [dz.numel() for dz in asked]
        back = [received[0].numel()] * len(asked)
        for n_elements in (sizes, back):
            n_elements.insert(rank(), 0)  # nothing to itself
        mine = torch.cat([dz.flatten() for dz in asked])
        work = dist.all_to_all_single(received.view(-1), mine, back, sizes, async_op=True)

        def fetch() -> Tensor:
            work.wait()
            return received

        return fetch


def pack(spikes: Tensor, n_bits: int) -> Tensor:
    """Spikes as bits, eight in a byte, filled up to n_bits: uint8, (ceil(n_bits / 8),)."""
    n_bits += -n_bits % 8
    bits = nn.functional.pad(spikes.flatten(), (0, n_bits - spikes.numel())).view(-1, 8)
    return (bits @ 2 ** torch.arange(8).to(bits)).to(torch.uint8)


def unpack(octets: Tensor, like: Tensor) -> Tensor:
    """What `pack` was given: as many spikes as `like` has, in its type and shape."""
    powers = (2 ** torch.arange(8)).to(octets)
    bits = (octets[:, None] & powers).ne(0).flatten()
    return bits[: like.numel()].view(like.shape).to(like.dtype)


def save(run: Path | str, step: int, net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write run/last.ckpt, with whole tensors, as the rules of helpers/run/exact.py want it.

    All processes call it. The tensors are put together on the CPU of the first one. The state_dict
    in it is that of a network with a `RecurrentLIF` and a `torch.nn.Linear` instead.

    Args:
        run: folder of the run, which all processes share
        step: training steps that were taken
        net: has parts that are split, and others, which are alike in all processes
        optimizer: of its parameters
    """
    checkpoint = _change(_join, net.state_dict(), optimizer.state_dict(), net, optimizer)
    if rank() == 0:
        WholeCheckpoints().save_checkpoint({"global_step": step, **checkpoint}, Path(run, LAST))


def load(run: Path | str, net: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Go on from run/last.ckpt, whatever the number of processes that wrote it.

    Without last.ckpt and previous.ckpt, nothing changes. If last.ckpt is broken, previous.ckpt
    takes its place. With the same number of processes, the training goes on bit for bit.

    Args:
        run, net, optimizer: as for `save`

    Returns:
        Training steps that were taken.
    """
    run = Path(run)
    try:
        if rank() == 0 and any((run / name).is_file() for name in (LAST, PREVIOUS)):
            find_last(run)
    finally:
        if dist.is_initialized():
            dist.barrier()
    if not (run / LAST).is_file():
        return 0
    whole = torch.load(run / LAST, map_location="cpu", weights_only=True, mmap=True)
    mine = _change(_cut, whole["state_dict"], whole["optimizer"], net, optimizer)
    net.load_state_dict(mine["state_dict"])
    optimizer.load_state_dict(mine["optimizer"])
    return whole["global_step"]


def _change(change: Callable, weights: dict, state: dict, net, optimizer) -> dict[str, dict]:
    """A checkpoint in which all tensors that are split, the optimiser's too, are changed."""
    splits = {}  # axis and n_hidden, by the name of a parameter
    for place, part in net.named_modules():
        for name, axis in getattr(part, "split_axes", {}).items():
            splits[f"{place}.{name}".lstrip(".")] = (axis, part.n_hidden)
    names = {parameter: name for name, parameter in net.named_parameters()}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def changed(name: str, value):
        if name in splits and isinstance(value, Tensor) and value.dim():
            return change(value, *splits[name])
        return value

    weights = {name: changed(name, value) for name, value in weights.items()}
    moments = {
        number: {key: changed(names[parameters[number]], value) for key, value in part.items()}
        for number, part in state["state"].items()
    }
    return {"state_dict": weights, "optimizer": {**state, "state": moments}}


def _join(value: Tensor, axis: int, n_hidden: int) -> Tensor:
    """In the first process, the whole tensor."""
    if rank() > 0:
        dist.send(value.contiguous(), dst=0)
        return value
    parts = [value.cpu()]
    for number, share in enumerate(split(n_hidden)[1:], start=1):
        shape = list(value.shape)
        shape[axis] = share.stop - share.start
        part = value.new_empty(shape)
        dist.recv(part, src=number)
        parts.append(part.cpu())
    return torch.cat(parts, axis)


def _cut(value: Tensor, axis: int, n_hidden: int) -> Tensor:
    """This process's part of a whole tensor."""
    own = split(n_hidden)[rank()]
    return value.narrow(axis, own.start, own.stop - own.start).clone()
