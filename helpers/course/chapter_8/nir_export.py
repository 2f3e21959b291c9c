"""A trained SpikingConvNet as a graph of NIR: nodes with names, and edges from each to the next.

NIR's neurons are differential equations (Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9).
Norse 1.1.0 has an export too, but it multiplies time constants by dt, and nir 1.0.8 cannot write
what it gives.
"""

from collections.abc import Callable
from itertools import pairwise

import nir
import numpy as np

from helpers.model import SpikingConvNet


def to_nir(tau_mem_inv: float, tau_syn_inv: float, dt: float) -> tuple[float, float, float]:
    """Return tau_mem and tau_syn, in s, and w_in.

    NIR's current obeys tau_syn di/dt = -i + w_in x. With this w_in, an input x that lasts one step
    raises the current by x.

    Args:
        tau_mem_inv: 1/s
        tau_syn_inv: 1/s
        dt: s
    """
    return 1 / tau_mem_inv, 1 / tau_syn_inv, 1 / (dt * tau_syn_inv)


def export(net: SpikingConvNet, dt: float = 1e-3, translate: Callable = to_nir) -> nir.NIRGraph:
    """Return the graph of a network, for images as constant currents.

    Args:
        net: the network
        dt: time step, s, which goes along in the metadata
        translate: gives tau_mem, tau_syn and w_in, as to_nir does
    """
    weights = {name: weight.numpy() for name, weight in net.state_dict().items()}
    n_classes, n_hidden = weights["out.weight"].shape

    def convolution(name, size):
        return nir.Conv2d(
            input_shape=(size, size),
            weight=weights[f"{name}.weight"],
            stride=1,
            padding=0,
            dilation=1,
            groups=1,
            bias=weights[f"{name}.bias"],
        )

    def neurons(layer, *shape, kind=nir.CubaLIF):
        """Give each neuron a value of each parameter: so a file can hold neurons that differ."""
        tau_mem, tau_syn, w_in = translate(layer.tau_mem_inv, layer.tau_syn_inv, dt)
        values = {"tau_mem": tau_mem, "tau_syn": tau_syn, "w_in": w_in, "r": 1, "v_leak": 0}
        if kind is nir.CubaLIF:
            values |= {"v_threshold": layer.v_th, "v_reset": layer.v_reset, "v_leak": layer.v_leak}
        return kind(**{name: np.full(shape, value, np.float32) for name, value in values.items()})

    def any_spike(*shape):
        """Take the maximum of four spikes: their sum, pooled before this node, is above a half."""
        return nir.Threshold(np.full(shape, 0.5, np.float32))

    nodes = {
        "input": nir.Input((1, 28, 28)),
        "conv1": convolution("conv1", 28),
        "lif1": neurons(net.lif1, 20, 24, 24),
        "pool1": _pool(),
        "any1": any_spike(20, 12, 12),
        "conv2": convolution("conv2", 12),
        "lif2": neurons(net.lif2, 50, 8, 8),
        "pool2": _pool(),
        "any2": any_spike(50, 4, 4),
        "flatten": nir.Flatten((50, 4, 4), 0, -1),
        "hidden": nir.Affine(weights["hidden.weight"], weights["hidden.bias"]),
        "lif3": neurons(net.lif3, n_hidden),
        "out": nir.Linear(weights["out.weight"]),
        "readout": neurons(net.readout, n_classes, kind=nir.CubaLI),
        "output": nir.Output((n_classes,)),
    }
    return nir.NIRGraph(nodes, list(pairwise(nodes)), metadata={"dt": dt})


def _pool() -> nir.SumPool2d:
    """Sum windows of 2 x 2, side by side."""
    size = np.array([2, 2])
    return nir.SumPool2d(kernel_size=size, stride=size, padding=0 * size)
