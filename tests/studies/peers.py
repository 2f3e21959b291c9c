"""The network of chapter 1 as other libraries build it, to compare speed: the same layers, spikes in, voltages out.

Each of PEERS makes a module that takes spikes (seq_length, batch, 1, 28, 28) and returns the voltages of the readout
(seq_length, batch, 10). Every call starts from rest. Time constants are in time steps of 1 ms where a library
has no dt. The gains make up for how a library scales its input, so that spikes flow alike in all of them.
"""

import math

import torch
from torch import nn

TAU_MEM, TAU_SYN = 10.0, 5.0  # time steps of 1 ms
GAINS = 4, 8, 8, 8  # on PyTorch's initial weights: even 8 random steps reach the readout


def _layers(scale):
    layers = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5), nn.Linear(800, 500), nn.Linear(500, 10, bias=False)
    with torch.no_grad():
        for layer, gain in zip(layers, GAINS):
            for parameter in layer.parameters():
                parameter *= gain * scale
    return layers


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

        def neuron(reset, **options):
            options |= {"spike_grad": fast_sigmoid(slope=1), "init_hidden": True}
            if synapse:
                return snntorch.Synaptic(1 - 1 / TAU_SYN, 1 - 1 / TAU_MEM, reset_mechanism=reset, **options)
            return snntorch.Leaky(1 - 1 / TAU_MEM, reset_mechanism=reset, **options)

        conv1, conv2, hidden, out = _layers((1 if synapse else TAU_SYN) / TAU_MEM)  # snnTorch does not scale the input
        self.lif, self.readout = nn.ModuleList(neuron("zero") for _ in range(3)), neuron("none", output=True)
        first, second = [conv1, self.lif[0], nn.MaxPool2d(2)], [conv2, self.lif[1], nn.MaxPool2d(2)]
        self.net = nn.Sequential(*first, *second, nn.Flatten(), hidden, self.lif[2], out, self.readout)

    def forward(self, x):
        for neuron in (*self.lif, self.readout):
            neuron.reset_mem()
        return torch.stack([self.net(x_t)[-1] for x_t in x.unbind(0)])


class SpikingJelly(nn.Module):
    """Multi-step mode, layer by layer. SpikingJelly 2 picks the kernel of LIFNode by device: torch on a CPU, on a GPU
    Triton (or CUDA, if that extension was built). CUBALIFNode, which has a synapse, is a loop in torch on both."""

    def __init__(self, synapse: bool):
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron, surrogate

        spike, fold, pool = surrogate.SuperSpike(), layer.SeqToANNContainer, nn.MaxPool2d(2)
        if synapse:  # its readout is a neuron that never reaches its threshold
            conv1, conv2, hidden, out = _layers(1 / TAU_MEM)  # CUBALIFNode does not scale the input
            decays = 1 - 1 / TAU_SYN, 1 - 1 / TAU_MEM
            *lif, self.readout = [neuron.CUBALIFNode(*decays, v_th, 0.0, spike) for v_th in (1.0, 1.0, 1.0, math.inf)]
            self.readout.store_v_seq = True
        else:
            conv1, conv2, hidden, out = _layers(TAU_SYN)
            lif = [neuron.LIFNode(TAU_MEM, surrogate_function=spike) for _ in range(3)]
            self.readout = neuron.NonSpikingLIFNode(TAU_MEM)
        first, second = [fold(conv1), lif[0]], [fold(pool, conv2), lif[1]]
        third = [fold(pool, nn.Flatten(), hidden), lif[2]]
        self.net, self.reset = nn.Sequential(*first, *second, *third, fold(out), self.readout), functional.reset_net
        functional.set_step_mode(self.net, "m")

    def forward(self, x):
        self.reset(self.net)
        v = self.net(x)
        return torch.stack(v) if isinstance(v, list) else self.readout.v_seq  # NonSpikingLIFNode returns a list


class Sinabs(nn.Module):
    """Whole sequences, layer by layer; Sinabs wants (batch, seq_length, ...). EXODUS, its fast kernels, need CUDA."""

    def __init__(self, synapse: bool):
        super().__init__()
        from sinabs import activation, layers, reset_states

        options = {"spike_fn": activation.SingleSpike, "reset_fn": activation.MembraneReset()}
        tau_mem, tau_syn = (-1 / math.log(1 - 1 / tau) for tau in (TAU_MEM, TAU_SYN))  # the decays of the others
        neuron = {"tau_mem": tau_mem, "tau_syn": tau_syn if synapse else None}
        conv1, conv2, hidden, out = _layers(1 / (1 - 1 / TAU_SYN) if synapse else TAU_SYN)  # i decays before v sees it
        lif, fold, pool = [layers.LIF(**neuron, **options) for _ in range(3)], layers.Repeat, nn.MaxPool2d(2)
        first, second = [fold(conv1), lif[0]], [fold(nn.Sequential(pool, conv2)), lif[1]]
        third = [fold(nn.Sequential(pool, nn.Flatten(), hidden)), lif[2]]
        readout = layers.LIF(**neuron, spike_fn=None)  # ExpLeak, but that one has no synapse
        self.net, self.reset = nn.Sequential(*first, *second, *third, fold(out), readout), reset_states
        for name, parameter in self.named_parameters():
            parameter.requires_grad_("tau" not in name and parameter.requires_grad)  # Sinabs would train them too

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
