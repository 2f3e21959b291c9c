"""A simulator for NIR graphs in NumPy, from the specification alone.

NIR, the neuromorphic intermediate representation, describes a network by nodes and edges; neurons
are differential equations (Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9). How to step them
in time is the simulator's choice. This one does a step of dt in the order of the equations: the
current first, then the voltage with the new current, then spike and reset.

It needs neither PyTorch nor Norse, and nothing of this course: so it can tell whether a file says
what was meant.
"""

from collections.abc import Callable

import nir
import numpy as np


def in_order(graph: nir.NIRGraph) -> dict[str, nir.NIRNode]:
    """Return the nodes as the edges lead from the input to the output.

    A file keeps them by name.
    """
    following = dict(graph.edges)
    nodes = {}
    name = next(iter(graph.inputs))
    while name in graph.nodes:
        nodes[name] = graph.nodes[name]
        name = following.pop(name, None)
    if not len(nodes) == len(graph.nodes) == len(graph.edges) + 1:
        raise ValueError("the nodes of this graph do not form a chain.")
    return nodes


def cuba_li_step(node, x, i, v, dt):
    """tau_syn di/dt = -i + w_in x, then tau_mem dv/dt = (v_leak - v) + r i."""
    i = i + dt / node.tau_syn * (node.w_in * x - i)
    v = v + dt / node.tau_mem * (node.v_leak - v + node.r * i)
    return v, i, v


def cuba_lif_step(node, x, i, v, dt):
    """As cuba_li_step. Where v > v_threshold there is a spike, and v becomes v_reset."""
    v, i, _ = cuba_li_step(node, x, i, v, dt)
    z = v > node.v_threshold
    return z, i, np.where(z, node.v_reset, v)


def conv2d(node, x):
    """Each output is the sum over a window of the input, times the weights, plus the bias."""
    if np.any(node.padding) or max(*node.stride, *node.dilation, node.groups) > 1:
        raise ValueError(
            "this simulator has Conv2d without padding, stride, dilation and groups only."
        )
    windows = np.lib.stride_tricks.sliding_window_view(x, node.weight.shape[2:], axis=(2, 3))
    # batch, input and output channels, place, place within the window
    y = np.einsum("bcyxij,ocij->boyx", windows, node.weight, optimize=True)
    return y + node.bias[:, None, None]


def sum_pool(node, x):
    """Each output is the sum over a window."""
    if np.any(node.padding):
        raise ValueError("this simulator has SumPool2d without padding only.")
    windows = np.lib.stride_tricks.sliding_window_view(x, node.kernel_size, axis=(2, 3))
    down, right = node.stride
    return windows[:, :, ::down, ::right].sum((4, 5))


# what a node without a state does in a time step: node, input (batch, ...) -> output
STEPS = {
    nir.Input: lambda node, x: x,
    nir.Output: lambda node, x: x,
    nir.Affine: lambda node, x: x @ node.weight.T + node.bias,
    nir.Linear: lambda node, x: x @ node.weight.T,
    nir.Conv2d: conv2d,
    nir.SumPool2d: sum_pool,
    nir.Threshold: lambda node, x: (x > node.threshold).astype(x.dtype),
    nir.Flatten: lambda node, x: x.reshape(len(x), -1),
}


class Simulator:
    """Runs a graph whose nodes form a chain, from its input to its output.

    Args:
        graph: what nir.read gives
        dt: the time step, s
        lif_step: computes a CubaLIF; z may be true or false

    Raises:
        ValueError: when nodes do not form a chain, or one is of a type that is not simulated here
    """

    def __init__(self, graph: nir.NIRGraph, dt: float, lif_step: Callable = cuba_lif_step):
        self.nodes = in_order(graph)
        self.dt = np.float32(dt)
        self.neurons = {nir.CubaLI: cuba_li_step, nir.CubaLIF: lif_step}
        for node in self.nodes.values():
            if type(node) not in STEPS | self.neurons:
                raise ValueError(f"this simulator has no {type(node).__name__}.")

    def run(self, x: np.ndarray, seq_length: int, names: list[str]) -> dict[str, np.ndarray]:
        """Return the outputs of the named nodes, (seq_length, batch, ...).

        Args:
            x: flows in at each step, (batch, ...)
            seq_length: number of time steps
            names: of nodes
        """
        states = {}
        outputs = {name: [] for name in names}
        for _ in range(seq_length):
            y = x
            for name, node in self.nodes.items():
                if type(node) in STEPS:
                    y = STEPS[type(node)](node, y)
                else:
                    at_rest = np.zeros_like(y)
                    i, v = states.get(name, (at_rest, at_rest + node.v_leak))
                    z, i, v = self.neurons[type(node)](node, y, i, v, self.dt)
                    states[name] = i, v
                    y = np.asarray(z, y.dtype)
                if name in outputs:
                    outputs[name].append(y)
        return {name: np.stack(steps) for name, steps in outputs.items()}
