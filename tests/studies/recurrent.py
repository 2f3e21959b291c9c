"""Recurrent neurons beside those of other libraries, and beside PyTorch's RNN. Not a test.

    python -m tests.studies.recurrent                          nothing compiled: a minute
    python -m tests.studies.recurrent --sizes 64x128 64x256
    python -m tests.studies.recurrent --compiled "this course" Norse --rounds 3
    python -m tests.studies.recurrent --only "this course" Norse --threads 1
    python -m tests.studies.recurrent --delays 10 20 --sizes 64x128 1x4096     ten minutes

All networks do the same work, one training step on the same input: a recurrent layer, and a linear
readout of its mean over time. They take turns, in one process. The limit is the faster of
PyTorch's two RNNs, which have no state but their output, and no threshold. What is compiled is
compiled anew, which takes minutes where it unrolls all time steps. A library that is not installed
is left out. Prints a table for each size, and writes them, with a description of the machine, to
--out.

With --delays, a step is forward and backward alone, as Adam would take longer than a large network,
and there is another limit: the matrix products alone, each of all time steps at once.
"""

import argparse
import math
import os
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.course.notebook.measure import measure_memory, measure_throughput, training_step
from helpers.recurrent.neuron import RecurrentLIF
from helpers.setup import environment
from tests.studies.benchmark import by_graph, machine, speed_table
from tests.studies.peers import DECAYS, TAU_MEM, TAU_SYN
from tests.studies.progress import announced, say

SHARE = 0.114  # of the places in the input that hold an event, as in recordings of spoken digits
LIMIT = "PyTorch RNN"
PRODUCTS = "products alone"


class Norse(nn.Module):
    """A loop over time steps."""

    def __init__(self, n_inputs: int, n_hidden: int):
        super().__init__()
        from norse.torch import LIFRecurrentCell

        self.cell = LIFRecurrentCell(n_inputs, n_hidden)

    def forward(self, x: Tensor) -> Tensor:
        spikes, state = [], None
        for x_t in x.unbind(0):
            z, state = self.cell(x_t, state)
            spikes.append(z)
        return torch.stack(spikes)


class SnnTorch(nn.Module):
    """A loop over time steps. Input weights are for all steps at once, which is the fastest way."""

    def __init__(self, n_inputs: int, n_hidden: int, has_synapse: bool):
        super().__init__()
        from snntorch import RLeaky, RSynaptic
        from snntorch.surrogate import fast_sigmoid

        options = {"linear_features": n_hidden, "spike_grad": fast_sigmoid(slope=1)}
        options |= {"init_hidden": True, "reset_mechanism": "zero"}
        self.neuron = RSynaptic(*DECAYS, **options) if has_synapse else RLeaky(DECAYS[1], **options)
        self.input = nn.Linear(n_inputs, n_hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        self.neuron.reset_mem()
        return torch.stack([self.neuron(x_t) for x_t in self.input(x).unbind(0)])


class SpikingJelly(nn.Module):
    """Multi-step mode of its container, which feeds spikes back beside the input."""

    def __init__(self, n_inputs: int, n_hidden: int, has_synapse: bool):
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron, surrogate

        spike = surrogate.SuperSpike()
        node = neuron.LIFNode(TAU_MEM, surrogate_function=spike)
        if has_synapse:
            node = neuron.CUBALIFNode(*DECAYS, 1.0, 0.0, spike)
        self.net = layer.LinearRecurrentContainer(node, n_inputs, n_hidden, step_mode="m")
        self.net.rc = nn.Linear(n_inputs + n_hidden, n_hidden, bias=False)  # one product a step
        self.reset = functional.reset_net

    def forward(self, x: Tensor) -> Tensor:
        self.reset(self.net)
        return self.net(x)


class Sinabs(nn.Module):
    """Whole sequences; Sinabs wants (batch, seq_length, ...)."""

    def __init__(self, n_inputs: int, n_hidden: int, has_synapse: bool):
        super().__init__()
        from sinabs import activation, layers

        tau_mem, tau_syn = (-1 / math.log(1 - 1 / tau) for tau in (TAU_MEM, TAU_SYN))
        self.input = nn.Linear(n_inputs, n_hidden, bias=False)
        self.neuron = layers.LIFRecurrent(
            tau_mem,
            nn.Linear(n_hidden, n_hidden, bias=False),
            tau_syn if has_synapse else None,
            spike_fn=activation.SingleSpike,
            reset_fn=activation.MembraneReset(),
        )
        for name, parameter in self.neuron.named_parameters():
            parameter.requires_grad_("tau" not in name)  # Sinabs would train them too

    def forward(self, x: Tensor) -> Tensor:
        self.neuron.reset_states()  # sinabs.reset_states leaves out layers that hold another one
        return self.neuron(self.input(x).transpose(0, 1)).transpose(0, 1)


class Outputs(nn.Module):
    """A layer of PyTorch's or ours without its last state."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


def without_state(make: Callable, *size: int) -> Outputs:
    return Outputs(make(*size))


class Products(nn.Module):
    """The matrix products of a recurrent layer alone, as if all spikes were known before."""

    def __init__(self, n_inputs: int, n_hidden: int):
        super().__init__()
        self.input = nn.Linear(n_inputs, n_hidden, bias=False)
        self.recurrent = nn.Linear(n_hidden, n_hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.recurrent(self.input(x))


class Readout(nn.Module):
    """Logits (1, batch, 10) from the mean over time of a layer's outputs."""

    def __init__(self, layer: nn.Module, n_hidden: int):
        super().__init__()
        self.layer = layer
        self.out = nn.Linear(n_hidden, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.layer(x).mean(0, keepdim=True))


LAYERS: dict[str, Callable[[int, int], nn.Module]] = {
    "this course": lambda *size: Outputs(RecurrentLIF(*size)),
    "this course, fixed time constants": lambda *size: Outputs(RecurrentLIF(*size, learn=False)),
    f"{LIMIT}, ReLU": lambda *size: Outputs(nn.RNN(*size, nonlinearity="relu")),
    f"{LIMIT}, tanh": lambda *size: Outputs(nn.RNN(*size)),
    "PyTorch GRU": lambda *size: Outputs(nn.GRU(*size)),
    "Norse LIFRecurrentCell": Norse,
    "snnTorch RLeaky": lambda *size: SnnTorch(*size, has_synapse=False),
    "snnTorch RSynaptic": lambda *size: SnnTorch(*size, has_synapse=True),
    "SpikingJelly LIFNode": lambda *size: SpikingJelly(*size, has_synapse=False),
    "SpikingJelly CUBALIFNode": lambda *size: SpikingJelly(*size, has_synapse=True),
    "Sinabs LIFRecurrent": lambda *size: Sinabs(*size, has_synapse=False),
    "Sinabs LIFRecurrent, synapse": lambda *size: Sinabs(*size, has_synapse=True),
}


def networks(options: argparse.Namespace, n_hidden: int) -> dict[str, nn.Module]:
    """Every network by its name, and the compiled ones that are asked for."""
    nets = {}
    layers = dict(LAYERS)
    if options.delays:
        layers[PRODUCTS] = Products
    for delay in options.delays:
        delayed = partial(RecurrentLIF, delay=delay)
        layers[f"this course, delay {delay}"] = partial(without_state, delayed)
    for name, make in layers.items():
        if options.only and not name.startswith((LIMIT, PRODUCTS, *options.only)):
            continue
        try:
            nets[name] = Readout(make(options.inputs, n_hidden), n_hidden).to(options.device)
        except ImportError as error:
            say(f"{name} is left out: {error}")
    wanted = [name for name in nets if name.startswith(tuple(options.compiled))]
    return nets | {f"{name}, compiled": torch.compile(nets[name]) for name in wanted}


def gradient_step(net: nn.Module, x: Tensor, labels: Tensor) -> Callable:
    """Forward and backward of a network, as a function."""

    def step() -> None:
        net.zero_grad()
        nn.functional.cross_entropy(net(x)[-1], labels).backward()

    return step


def table(options: argparse.Namespace, batch: int, n_hidden: int) -> str:
    """Measure all networks of this size: a Markdown table of speed, memory and the first step."""
    x = (torch.rand(options.seq_length, batch, options.inputs) < SHARE).float()
    x = x.to(options.device)
    labels = torch.randint(10, (batch,), device=options.device)
    nets = networks(options, n_hidden)
    make_step = gradient_step if options.delays else training_step
    steps = {name: make_step(net, x, labels) for name, net in nets.items()}
    graphs = by_graph(steps) if options.device == "cuda" else {}
    speeds = measure_throughput(announced(steps | graphs), batch, options.rounds)
    memory = dict.fromkeys(speeds, "-")
    for name, step in steps.items():
        say(f"{name}: memory")
        memory[name] = f"{measure_memory(step) / 1e6:.1f} MB"
    first = {name: f"{speed.first:.1f} s" for name, speed in speeds.items()}
    rnns = [name for name in speeds if name.startswith(LIMIT)]
    limit = max(rnns, key=lambda name: speeds[name].median)
    if options.delays:
        limit = PRODUCTS
    times = {}
    for name, speed in speeds.items():
        least, median = (1e3 * batch / rate for rate in (speed.high, speed.median))
        times[name] = f"{least:.1f} at least, median {median:.1f}"
    columns = {
        "ms_a_step": times,
        "peak_memory": memory,
        "first_step": first,
    }
    return speed_table(speeds, limit, "recordings", **columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {"seq_length": 100, "inputs": 80, "rounds": 7, "threads": 1}
    for option, default in sizes.items():
        parser.add_argument(f"--{option}", type=int, default=default)
    words = "batch and neurons of each table"
    parser.add_argument("--sizes", nargs="+", default=["64x128"], help=words)
    words = "time steps until a spike arrives, beside 1"
    parser.add_argument("--delays", type=int, nargs="*", default=[], help=words)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    beginnings = "networks whose name begins with one of these"
    parser.add_argument("--compiled", nargs="*", default=[], help=f"compile {beginnings}, too")
    parser.add_argument("--only", nargs="*", default=[], help=f"only {beginnings}, and the RNNs")
    parser.add_argument("--out", type=Path, default="recurrent.md")
    options = parser.parse_args()
    environment.setup()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    texts = [f"{machine(options.device)}; {date.today():%B %Y}"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        for size in options.sizes:
            batch, n_hidden = map(int, size.split("x"))
            length = f"seq_length {options.seq_length}, batch {batch}"
            size = f"{options.inputs} inputs, {n_hidden} neurons, {options.rounds} rounds"
            texts += [f"{length}, {size}", table(options, batch, n_hidden)]
            print(*texts[-2:], sep="\n\n", flush=True)
            options.out.write_text("\n\n".join(texts) + "\n")


if __name__ == "__main__":
    main()
