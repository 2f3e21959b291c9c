"""One recurrent network whose neurons are split over processes.

    import torch.distributed as dist

    # nccl on GPUs; a link that is silent for so long ends the run, and the error says so
    dist.init_process_group("gloo", timeout=timedelta(minutes=5))
    torch.manual_seed(0)  # the same in all processes, and so are the examples
    net = torch.nn.ModuleDict(
        {"lif": SplitRecurrentLIF(80, 4096, delay=20), "out": SplitReadout(4096, 10)}
    )
    spikes, _ = net["lif"](x)  # of the neurons of this process
    logits = net["out"](spikes.mean(0))  # of the whole network, the same in all processes

Every process computes the loss. It may be made of these logits, as all processes have them whole.
Of spikes and state, each process has those of its own neurons: a loss may have sums over these, of
which each process adds its part. A mean or a maximum over one's own neurons is not the network's.

The rest is a plain loop: each process has an optimiser for its own weights. The gradients too are
those of its own weights, but their norm is that of the whole network:

    loss.backward()
    torch.nn.utils.clip_grads_with_norm_(net.parameters(), 1.0, gradient_norm(net))
    optimizer.step()

All processes have to take the same steps, forward and backward, as each waits for what the others
send.

Processes also have to stop after the same step. A signal may reach only one of them, so they ask
each other:

    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    step = load(run, net, optimizer)  # 0, or where it was stopped; no other run may use the folder
    while step < n_steps:
        ...  # a step of training, whose random numbers and examples depend on `step` alone
        step += 1
        if add_up(torch.tensor(len(told))):
            save(run, step, net, optimizer)
            sys.exit(STOPPED)  # of exact.py; 0 would mean that the run is done

If torchrun itself is killed, its processes get a SIGTERM, on Linux.

With one process, or without a process group, nothing is sent. Any number of processes computes the
same network (tests/recurrent/test_split_network.py).
"""

import atexit
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import torch
import torch.distributed as dist
from norse.torch.functional.lif import LIFState
from torch import Tensor, nn

from helpers import require
from helpers.recurrent.neuron import RecurrentLIF
from helpers.recurrent.scan import Connections, add_product
from helpers.run.exact import (
    IS_KEPT,
    LAST,
    MisconfigurationException,
    WholeCheckpoints,
    compare,
    count_processes,
    find_last,
    gather,
    hold,
)

POWERS = 2 ** torch.arange(8)  # what each bit of a byte counts


def rank() -> int:
    """The number of this process."""
    return dist.get_rank() if dist.is_initialized() else 0


def shares(n_hidden: int) -> list[slice]:
    """The neurons of each process. Where n_hidden is no multiple, the first ones have one more."""
    n_processes = count_processes()
    require(
        n_hidden >= n_processes,
        f"There are {n_hidden} neurons for {n_processes} processes: each process needs at least "
        "one.",
    )
    numbers = torch.arange(n_hidden).tensor_split(n_processes)
    return [slice(int(share[0]), int(share[-1]) + 1) for share in numbers]


def add_up(y: Tensor) -> Tensor:
    """The sum over processes, without gradients."""
    y = y.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(y)
    return y


def gradient_norm(net: nn.Module) -> Tensor:
    """The norm of the gradients of the whole network, the same in all processes."""
    splits = _splits(net)
    parameters = [p for p in net.parameters() if p.grad is not None]
    alike = nn.utils.get_total_norm(p.grad for p in parameters if p not in splits)
    own = nn.utils.get_total_norm(p.grad for p in parameters if p in splits)
    return (alike**2 + add_up(own**2)).sqrt()


def check_alike(what: str, value: int) -> None:
    """Raise InputError unless all processes have this value."""
    require(
        len(set(gather(value))) == 1,
        f"the processes have different {what}: all need the same.",
    )


class SplitRecurrentLIF(RecurrentLIF):
    """A `RecurrentLIF` of which each process has a share of the neurons: rows of W and R.

    In each block of time steps, as many as the shortest delay, the processes send each other the
    spikes of the block before, eight in a byte. Meanwhile, each computes what its neurons receive
    from each other. Backward, the gradients of spikes go to their neurons, and are added up there.

    All parameters are split, those of a subclass too.

    `forward` takes the whole x, the same in all processes. Spikes and state are those of the
    process's own neurons, `own`.

    Args:
        n_inputs: input channels
        n_hidden: neurons of all processes together
        options: those of RecurrentLIF

    Raises:
        InputError: there are more processes than neurons, or an option is not allowed; or, in the
            first forward pass, the processes have different seeds or x
    """

    split_axis = 0  # of all parameters
    is_compared = False  # whether all processes have shown the same seed and x

    @property
    def own(self) -> slice:
        """The neurons that this process computes."""
        return shares(self.n_hidden)[rank()]

    def connect(self) -> Connections:
        if count_processes() == 1:
            return super().connect()
        return SplitConnections(self.delay, self.n_hidden)

    def draw(self, n_rows: int) -> list[Tensor]:
        self.seed = seed = int(torch.randint(2**62, ()))  # each neuron's numbers are its own
        rows = []
        for neuron in range(*self.own.indices(n_rows)):
            generator = torch.Generator().manual_seed(seed + neuron)
            rows.append(super().draw(1, generator))
        return [torch.cat(parts) for parts in zip(*rows)]

    def forward(self, x: Tensor, state: LIFState | None = None) -> tuple[Tensor, LIFState]:
        """As `RecurrentLIF.forward`, with spikes and state of this process's own neurons."""
        if not self.is_compared:
            check_alike("seeds", self.seed)
            check_alike("x", crc32(x.detach().cpu().float().contiguous().numpy()))
            self.is_compared = True
        if x.requires_grad:
            x = x.view_as(x)
            x.register_hook(add_up)  # each process has a part of its gradient
        return super().forward(x, state)


class SplitReadout(nn.Linear):
    """A linear readout of all neurons, without bias, of which each process has its neurons' part.

    Args:
        n_hidden: neurons of all processes together
        n_outputs: numbers that are read
    """

    split_axis = 1

    def __init__(self, n_hidden: int, n_outputs: int):
        super().__init__(n_hidden, n_outputs, bias=False)
        self.n_hidden = n_hidden
        self.weight = nn.Parameter(_cut(self.weight, 1, n_hidden))

    def forward(self, z: Tensor) -> Tensor:
        """Outputs (..., n_outputs), the same in all processes, from one's own z (..., neurons)."""
        y = super().forward(z)
        # The last part is 0. By it, y has the gradient of the sum: each process has the whole loss.
        return add_up(y) + (y - y.detach())


class SplitConnections(Connections):
    """Connections between the neurons of several processes: rows of R, and the spikes of all."""

    def __init__(self, delay: int | Tensor, n_hidden: int):
        super().__init__(delay)
        self.shares = shares(n_hidden)
        self.own = self.shares[rank()]
        self.own_first = sorted(enumerate(self.shares), key=lambda part: part[1] != self.own)

    def forward(self, j: Tensor, sent: Tensor, weights: Tensor) -> Callable[[slice], None]:
        """A function that fetches the others' spikes, and adds what arrives in a block to j."""
        # else a product with a part of it, in bfloat16 on a CPU, reads beyond that part
        sent[self.longest :] = 0

        def add_arrivals(steps: slice) -> None:
            end = self.longest + steps.start
            begin = 0  # all that is on its way
            if steps.start > 0:
                begin = end - self.block
            new = sent[begin:end]
            largest = new[..., self.shares[0]]
            mine = pack(new[..., self.own], largest.numel())
            octets = [torch.empty_like(mine) for _ in self.shares]
            work = dist.all_gather(octets, mine, async_op=True)
            for process, share in self.own_first:
                if share != self.own:
                    work.wait()
                    new[..., share] = unpack(octets[process], new[..., share])
                z = self.arrivals(sent, steps, share).flatten(0, 1)
                add_product(j[steps].flatten(0, 1), z, weights[:, share].T)

        return add_arrivals

    def backward(self, dj: Tensor, d_sent: Tensor, weights: Tensor) -> Callable[[slice], None]:
        """A function that adds R^T dj of all processes to the gradients of one's own spikes."""

        def add_gradients(steps: slice) -> None:
            dj_block = dj[steps].flatten(0, 1).to(weights.dtype)
            to_others = [
                (dj_block @ weights[:, share]).flatten() for _, share in self.own_first[1:]
            ]
            sizes = [len(part) for part in to_others]
            received = dj_block.new_empty(len(to_others), dj_block.numel())
            back = [dj_block.numel()] * len(to_others)
            for n_elements in (sizes, back):
                n_elements.insert(rank(), 0)  # nothing to itself
            work = dist.all_to_all_single(
                received.view(-1), torch.cat(to_others), back, sizes, async_op=True
            )
            self.add_where_sent(dj_block @ weights[:, self.own], d_sent, steps)
            work.wait()
            for dz in received:
                self.add_where_sent(dz, d_sent, steps)

        return add_gradients


def pack(spikes: Tensor, n_bits: int) -> Tensor:
    """Spikes as bits, eight in a byte, filled up to n_bits: uint8, (ceil(n_bits / 8),)."""
    n_bits += -n_bits % 8
    bits = nn.functional.pad(spikes.flatten(), (0, n_bits - spikes.numel())).view(-1, 8)
    return (bits @ POWERS.to(bits)).to(torch.uint8)


def unpack(octets: Tensor, like: Tensor) -> Tensor:
    """What `pack` was given: as many spikes as `like` has, in its type and shape."""
    bits = (octets[:, None] & POWERS.to(octets)).ne(0).flatten()
    return bits[: like.numel()].view_as(like).to(like)


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
    checkpoint = {"state_dict": net.state_dict(), "optimizer": optimizer.state_dict()}
    checkpoint = _change(_join, checkpoint, net, optimizer)
    checkpoint["global_step"] = step
    checkpoint["facts"] = _facts(net, optimizer)
    if rank() == 0:
        WholeCheckpoints().save_checkpoint(checkpoint, Path(run, LAST))


def load(run: Path | str, net: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Go on from run/last.ckpt, whatever the number of processes that wrote it.

    Without last.ckpt and previous.ckpt, nothing changes. If last.ckpt is broken, previous.ckpt
    takes its place. With the same number of processes, the training goes on bit for bit. Says so if
    their number, the delay or the optimiser was another one.

    Until it ends, no other run can load from the folder.

    Args:
        run, net, optimizer: as for `save`

    Returns:
        Training steps that were taken.

    Raises:
        InputError: in all processes, if the folder is in use, or its checkpoints are broken, or
            hold inf or nan in what is trained
    """
    run = Path(run)
    end_with_torchrun()
    problem = ""
    if rank() == 0:
        try:
            atexit.register(hold(run).release)  # which keeps it until then
            if list(run.glob("*.ckpt")):
                find_last(run)
        except MisconfigurationException as error:
            problem = str(error)
    problem = gather(problem)[0]
    require(not problem, problem)
    if not (run / LAST).is_file():
        return 0
    whole = torch.load(run / LAST, map_location="cpu", weights_only=True, mmap=True)
    facts = _facts(net, optimizer)
    options = {name: facts.pop(name) for name in optimizer.defaults}
    before = whole.get("facts", {})  # an earlier version kept none
    compare(before, facts)
    compare(before, options, IS_KEPT)
    mine = _change(_cut, whole, net, optimizer)
    net.load_state_dict(mine["state_dict"])
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    is_finite = all(weight.isfinite().all() for weight in trained)
    require(
        all(gather(is_finite)),
        f"{run / LAST} has a weight that is inf or nan: begin a new run, in another folder.",
    )
    optimizer.load_state_dict(mine["optimizer"])
    return whole["global_step"]


def end_with_torchrun() -> None:
    """Have this process get a SIGTERM if torchrun, which started it, is killed."""
    if sys.platform == "linux" and "TORCHELASTIC_RUN_ID" in os.environ:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _facts(net: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    """What a checkpoint was made with: processes, the optimiser and its weights, and delays."""
    names = {parameter: name for name, parameter in net.named_parameters()}
    groups = optimizer.param_groups
    facts = {
        "number of processes": count_processes(),
        "optimizer": type(optimizer).__name__,
        "order of parameters": [names[p] for group in groups for p in group["params"]],
    }
    for name in optimizer.defaults:
        facts[name] = [group[name] for group in groups]
    for name, part in net.named_modules():
        if hasattr(part, "delay"):
            facts[f"delay of {name}"] = torch.as_tensor(part.delay).tolist()
    return facts


def _splits(net: nn.Module) -> dict[nn.Parameter, tuple[int, int]]:
    """Axis and n_hidden of each parameter that is split."""
    return {
        parameter: (part.split_axis, part.n_hidden)
        for part in net.modules()
        if hasattr(part, "split_axis")
        for parameter in part.parameters()
    }


def _change(change: Callable, checkpoint: dict, net, optimizer) -> dict:
    """A checkpoint in which all tensors that are split, the optimiser's too, are changed."""
    splits = _splits(net)
    named = dict(net.named_parameters())
    in_order = [p for group in optimizer.param_groups for p in group["params"]]

    def changed(parameter: nn.Parameter | None, value):
        if parameter in splits and isinstance(value, Tensor) and value.dim():
            return change(value, *splits[parameter])
        return value

    weights = {
        name: changed(named.get(name), value) for name, value in checkpoint["state_dict"].items()
    }
    state = {
        number: {key: changed(in_order[number], value) for key, value in part.items()}
        for number, part in checkpoint["optimizer"]["state"].items()
    }
    return {"state_dict": weights, "optimizer": {**checkpoint["optimizer"], "state": state}}


def _join(value: Tensor, axis: int, n_hidden: int) -> Tensor:
    """In the first process, the whole tensor."""
    if rank() > 0:
        dist.send(value.contiguous(), dst=0)
        return value
    parts = [value.cpu()]
    for number, share in enumerate(shares(n_hidden)[1:], start=1):
        shape = list(value.shape)
        shape[axis] = share.stop - share.start
        part = value.new_empty(shape)
        dist.recv(part, src=number)
        parts.append(part.cpu())
    return torch.cat(parts, axis)


def _cut(value: Tensor, axis: int, n_hidden: int) -> Tensor:
    """This process's part of a whole tensor."""
    return value.tensor_split(len(shares(n_hidden)), axis)[rank()].clone()
