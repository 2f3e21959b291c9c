"""What each process of test_split_network.py does: it holds a split network against the whole one.

It imports little, as each process does it anew.
"""

import os
import signal
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from norse.torch.functional.lif import LIFState
from torch import nn

from helpers import InputError
from helpers.recurrent import split_network
from helpers.recurrent.neuron import RecurrentLIF

FAST = {"tau_mem_inv": 463.1, "tau_syn_inv": 317.0, "v_th": 0.37, "v_reset": -0.21, "v_leak": 0.11}


def differing(n_hidden: int, shortest: int) -> torch.Tensor:
    """Delays of neurons that differ."""
    return shortest + torch.arange(n_hidden) * 5 % 7


def assert_close(ours, theirs) -> None:
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=TOLERANCE)


N = 11  # no multiple of 2, 3 or 4
INPUTS = 5
T = 13
FAR = 40  # later than the last step
DELAYS = [1, 2, 7, FAR, differing(N, 1), differing(N, 3)]
TOLERANCE = 1e-12


def make(delay=3, **options) -> nn.ModuleDict:
    """The split network with strong feedback, the same for any number of processes."""
    torch.manual_seed(0)
    lif = split_network.SplitRecurrentLIF(INPUTS, N, delay=delay, spread=0.5, **FAST, **options)
    with torch.no_grad():
        lif.recurrent_weights *= 5
    return nn.ModuleDict({"lif": lif, "out": split_network.SplitReadout(N, 4)})


def whole(checkpoint: dict, delay=3, **options) -> nn.ModuleDict:
    """The network that a checkpoint has, in one process."""
    lif = RecurrentLIF(INPUTS, N, delay=delay, **FAST, **options)
    net = nn.ModuleDict({"lif": lif, "out": nn.Linear(N, 4, bias=False)})
    net.load_state_dict(checkpoint["state_dict"])
    return net


def examples(seed=0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(T, 2, INPUTS, generator=generator) + 1


def hear(net, x, state=None, pieces=()):
    """Spikes of one's own neurons, logits and state, heard in pieces."""
    spikes = []
    for piece in x.tensor_split(list(pieces)):
        z, state = net["lif"](piece, state)
        spikes.append(z)
    z = torch.cat(spikes)
    return z, net["out"](z.mean(0)), state


def loss_of(z, logits, state, own=slice(0, N)):
    """A loss in which each spike and state has a part of its own; and the part of one's own neurons."""
    weights = torch.linspace(-1, 2, T * 2 * N).view(T, 2, N)[..., own]
    mine = (z * weights).sum() + (state.v * weights[0]).sum() + (state.i * weights[1]).sum()
    return mine + (state.z * weights[2]).sum(), logits.square().sum()


def start(delay) -> LIFState:
    """A state of the whole network."""
    generator = torch.Generator().manual_seed(1)
    longest = int(torch.as_tensor(delay).max())
    z = (torch.rand(longest, 2, N, generator=generator) < 0.5).to(torch.float64)
    if longest == 1:
        z = z[0]
    v, i = torch.randn(2, 2, N, generator=generator)
    return LIFState(z, v, i)


def compare(delay, pieces, folder, **options) -> None:
    """A split network has the spikes, state and gradients of the whole one; with pieces, from a state."""
    net = make(delay, **options)
    optimizer = torch.optim.SGD(net.parameters())
    split_network.save(folder, 0, net, optimizer)
    if dist.is_initialized():
        dist.barrier()
    one = whole(torch.load(folder / "last.ckpt"), delay, **options)
    own = net["lif"].own
    x = examples().requires_grad_()
    state = my_state = None
    if pieces:
        state = LIFState(*(y.requires_grad_() for y in start(delay)))
        my_state = LIFState(*(y[..., own] for y in state))
    mine = hear(net, x, my_state, pieces)
    expected = hear(one, x, state, pieces)
    assert 0.05 < expected[0].mean() < 0.9 and torch.equal(mine[0], expected[0][..., own])
    assert_close(mine[1], expected[1])
    assert_close([*mine[2]], [y[..., own] for y in expected[2]])
    leaves = [x, *(state or ())]
    given = torch.autograd.grad(sum(loss_of(*mine, own)), [*leaves, *net.parameters()])
    wanted = torch.autograd.grad(sum(loss_of(*expected)), [*leaves, *one.parameters()])
    names = ["x", *"zvi"[: len(leaves) - 1], *dict(net.named_parameters())]
    for name, ours, theirs in zip(names, given, wanted, strict=True):
        if name == "out.weight":
            theirs = theirs[:, own]
        elif name in "zvi":
            ours, theirs = ours[..., own], theirs[..., own]
        elif name != "x":
            theirs = theirs[own]
        assert theirs.any() or delay is FAR and not pieces, name
        assert_close(ours, theirs)


def refuse_what_differs(rank: int) -> None:
    """Another seed in each process, or another x, is found in the first pass."""
    torch.manual_seed(rank)
    one = split_network.SplitRecurrentLIF(INPUTS, N)
    for net, x, what in ((one, examples(), "seeds"), (make()["lif"], examples(rank), "x")):
        try:
            net(x)
        except InputError as error:
            assert str(error) == f"the processes have different {what}: all need the same."
        else:
            raise AssertionError(f"other {what} are not noticed")


def train(net, optimizer, steps: range, folder: Path | None = None) -> None:
    """The plain loop. Writes a checkpoint after each step into a folder."""
    for step in steps:
        z, logits, _ = hear(net, examples(step))
        optimizer.zero_grad()
        (logits - torch.ones(4)).square().mean().backward()
        norm = split_network.gradient_norm(net)
        torch.nn.utils.clip_grads_with_norm_(net.parameters(), 0.1, norm)
        optimizer.step()
        if folder:
            split_network.save(folder, step + 1, net, optimizer)


def be_stopped(rank: int, size: int, folder: Path) -> None:
    """The loop of split_network.py's docstring. The last process alone receives a SIGTERM, in the third step."""
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    net, optimizer = begin()
    step = split_network.load(folder, net, optimizer)
    while step < 5:
        if (step, rank) == (2, size - 1):
            os.kill(os.getpid(), signal.SIGTERM)
        train(net, optimizer, range(step, step + 1))
        step += 1
        if split_network.add_up(torch.tensor(len(told))):
            split_network.save(folder, step, net, optimizer)
            break
    assert step == 3, f"process {rank} stopped after {step} steps"


def begin():
    net = make()
    return net, torch.optim.Adam(net.parameters(), lr=0.05)


def first(rank: int, size: int, folder: Path) -> None:
    """All comparisons, a whole training, and one that stops."""
    open_group(rank, size, folder / "first")
    for delay in DELAYS:
        compare(delay, (5,), folder / "compared")
    compare(2, (), folder / "compared")
    torch.set_default_dtype(torch.float32)
    torch.use_deterministic_algorithms(True)  # empty memory is full of NaN
    with torch.autocast("cpu", torch.bfloat16):
        z, state = split_network.SplitRecurrentLIF(INPUTS, 100, delay=4)(torch.randn(T, 32, INPUTS))
        z.sum().backward()
    assert z.dtype == torch.bfloat16 and state.v.dtype == torch.float32
    assert state.v.isfinite().all()
    torch.use_deterministic_algorithms(False)
    torch.set_default_dtype(torch.float64)
    refuse_what_differs(rank)
    net, optimizer = begin()
    train(net, optimizer, range(5))
    split_network.save(folder / "whole", 5, net, optimizer)
    be_stopped(rank, size, folder / "parts")
    if size == 3:  # what all others read
        train(*begin(), range(3), folder.parent / "of_three")


def second(rank: int, size: int, folder: Path) -> None:
    """Goes on with the training that has stopped."""
    open_group(rank, size, folder / "second")
    net, optimizer = begin()
    assert split_network.load(folder / "parts", net, optimizer) == 3
    train(net, optimizer, range(3, 5))
    split_network.save(folder / "parts", 5, net, optimizer)
    read_three(folder.parent / "of_three", folder / "from_three")


def read_three(checkpoint: Path, folder: Path) -> None:
    """Goes on with a training of three processes, in as many as there are."""
    net, optimizer = begin()
    assert split_network.load(checkpoint, net, optimizer) == 3
    train(net, optimizer, range(3, 5))
    split_network.save(folder, 5, net, optimizer)


def open_group(rank: int, size: int, store: Path) -> None:
    """Processes meet as a job script says, or else by a file."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    method = f"file://{store}"
    if "MASTER_ADDR" in os.environ:
        method = "env://"
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method=method, rank=rank, world_size=size)


if __name__ == "__main__":  # started by srun, in test_slurm.py
    folder = Path(sys.argv[1])
    open_group(int(os.environ["SLURM_PROCID"]), int(os.environ["SLURM_NTASKS"]), folder)
    for delay in (1, differing(N, 3)):
        compare(delay, (5,), folder)
    print(os.environ["SLURMD_NODENAME"], flush=True)
    os._exit(0)  # without Python's own end: threads of gloo abort it, now and then
