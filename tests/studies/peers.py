"""The network of chapter 1 as other libraries build it, to compare speed: the same layers, spikes in, voltages out.

Each of PEERS makes a module that takes spikes (seq_length, batch, 1, 28, 28) and returns the voltages of the readout
(seq_length, batch, 10). Every call starts from rest. Time constants are in time steps of 1 ms where a library
has no dt. The gains make up for how a library scales its input, so that spikes flow alike in all of them.
"""

import math
from functools import partial

import torch
from torch import nn

TAU_MEM, TAU_SYN = 10.0, 5.0  # time steps of 1 ms
DECAYS = 1 - 1 / TAU_SYN, 1 - 1 / TAU_MEM
GAINS = 4, 8, 8, 8  # on PyTorch's initial weights: even 8 random steps reach the readout


def _layers(scale):
    layers = (
        nn.Conv2d(1, 20, 5),
        nn.Conv2d(20, 50, 5),
        nn.Linear(800, 500),
        nn.Linear(500, 10, bias=False),
    )
    with torch.no_grad():
        for layer, gain in zip(layers, GAINS):
            for parameter in layer.parameters():
                parameter *= gain * scale
    return layers


def _chain(layers, lif, readout, fold) -> nn.Sequential:
    """The network; fold makes layers without state take what the library hands on: a time step, or a sequence."""
    (conv1, conv2, hidden, out), pool = layers, nn.MaxPool2d(2)
    first, second, third = fold(conv1), fold(pool, conv2), fold(pool, nn.Flatten(), hidden)
    return nn.Sequential(first, lif[0], second, lif[1], third, lif[2], fold(out), readout)


def norse():
    """The seed's network: a loop over time steps."""
    from norse.torch import ConvNet

    net = ConvNet()
    net.conv1, net.conv2, net.fc1, out = _layers(1)
    net.out.input_weights = out.weight
    with torch.no_grad():
        for parameter in net.conv2.parameters():
            parameter /= 10  # ConvNet multiplies by 10 behind conv2
    return net


class SnnTorch(nn.Module):
    """A loop over time steps, as in snnTorch's README."""

    def __init__(self, synapse: bool):
        super().__init__()
        import snntorch
        from snntorch.surrogate import fast_sigmoid

        neuron = partial(snntorch.Synaptic, DECAYS[0]) if synapse else snntorch.Leaky
        neuron = partial(neuron, DECAYS[1], spike_grad=fast_sigmoid(slope=1), init_hidden=True)
        lif = [neuron(reset_mechanism="zero") for _ in range(3)]
        self.neurons = [*lif, neuron(reset_mechanism="none", output=True)]
        layers = _layers((1 if synapse else TAU_SYN) / TAU_MEM)  # snnTorch does not scale the input
        self.net = _chain(layers, lif, self.neurons[3], nn.Sequential)

    def forward(self, x):
        for neuron in self.neurons:
            neuron.reset_mem()
        return torch.stack([self.net(x_t)[-1] for x_t in x.unbind(0)])


class SpikingJelly(nn.Module):
    """Multi-step mode, layer by layer. SpikingJelly 2 picks the kernel of LIFNode by device: torch on a CPU, on a GPU
    Triton (or CUDA, if that extension was built). CUBALIFNode, which has a synapse, is a loop in torch on both."""

    def __init__(self, synapse: bool):
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron, surrogate

        spike = surrogate.SuperSpike()
        if synapse:  # its readout is a neuron that never reaches its threshold
            layers = _layers(1 / TAU_MEM)  # CUBALIFNode does not scale the input
            *lif, self.readout = [
                neuron.CUBALIFNode(*DECAYS, v_th, 0.0, spike) for v_th in (1.0, 1.0, 1.0, math.inf)
            ]
            self.readout.store_v_seq = True
        else:
            lif, layers = (
                [neuron.LIFNode(TAU_MEM, surrogate_function=spike) for _ in range(3)],
                _layers(TAU_SYN),
            )
            self.readout = neuron.NonSpikingLIFNode(TAU_MEM)
        self.net, self.reset = (
            _chain(layers, lif, self.readout, layer.SeqToANNContainer),
            functional.reset_net,
        )
        functional.set_step_mode(self.net, "m")

    def forward(self, x):
        self.reset(self.net)
        v = self.net(x)
        return (
            torch.stack(v) if isinstance(v, list) else self.readout.v_seq
        )  # NonSpikingLIFNode returns a list


class Sinabs(nn.Module):
    """Whole sequences, layer by layer; Sinabs wants (batch, seq_length, ...). EXODUS, its fast kernels, need CUDA."""

    def __init__(self, synapse: bool):
        super().__init__()
        from sinabs import activation, layers, reset_states

        options = {"spike_fn": activation.SingleSpike, "reset_fn": activation.MembraneReset()}
        tau_mem, tau_syn = (
            -1 / math.log(1 - 1 / tau) for tau in (TAU_MEM, TAU_SYN)
        )  # the decays of the others
        neuron = {"tau_mem": tau_mem, "tau_syn": tau_syn if synapse else None}
        chosen = _layers(1 / (1 - 1 / TAU_SYN) if synapse else TAU_SYN)  # i decays before v sees it
        lif, readout = (
            [layers.LIF(**neuron, **options) for _ in range(3)],
            layers.LIF(**neuron, spike_fn=None),
        )
        self.net = _chain(chosen, lif, readout, lambda *some: layers.Repeat(nn.Sequential(*some)))
        self.reset = reset_states
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(
                "tau" not in name and parameter.requires_grad
            )  # Sinabs would train them too

    def forward(self, x):
        self.reset(self.net)
        return self.net(x.transpose(0, 1)).transpose(0, 1)


PEERS = {
    "Norse ConvNet": norse,
    "snnTorch Leaky": lambda: SnnTorch(synapse=False),
    "snnTorch Synaptic": lambda: SnnTorch(synapse=True),
    "SpikingJelly LIFNode": lambda: SpikingJelly(synapse=False),
    "SpikingJelly CUBALIFNode": lambda: SpikingJelly(synapse=True),
    "Sinabs LIF": lambda: Sinabs(synapse=False),
    "Sinabs LIF, synapse": lambda: Sinabs(synapse=True),
}
