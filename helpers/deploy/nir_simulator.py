"""A simulator for NIR graphs in NumPy: it reads the file and the specification, and nothing of this course.

NIR, the neuromorphic intermediate representation, describes a network by nodes and edges; neurons are differential
equations (Pedersen et al. 2024, doi:10.1038/s41467-024-52259-9). How to step them in time is the simulator's choice.
This one does a step of dt in the order of the equations: the current first, then the voltage with the new current,
then spike and reset. It needs neither PyTorch nor Norse, so that it can tell whether a file says what was meant.
"""

from collections.abc import Callable
from functools import partial

import nir
import numpy as np


class Simulator:
    """Runs a graph whose nodes form a chain, from its input to its output.

    graph: what nir.read gives; dt: the time step, s; lif_step: computes a CubaLIF in place of cuba_lif_step below
    Raises ValueError when nodes do not form a chain, or one is of a type that is not simulated here.
    """

    def __init__(self, graph: nir.NIRGraph, dt: float, lif_step: Callable | None = None):
        self.nodes, self.dt = in_order(graph), np.float32(dt)
        self.steps = STEPS | ({nir.CubaLIF: partial(cuba_lif, step=lif_step)} if lif_step else {})
        unknown = [type(node).__name__ for node in self.nodes.values() if type(node) not in STEPS]
        if unknown:
            raise ValueError(f"this simulator has no {' and no '.join(sorted(set(unknown)))}.")

    def run(self, x: np.ndarray, seq_length: int, names: list[str]) -> dict[str, np.ndarray]:
        """The outputs of the named nodes, (seq_length, batch, ...), when x, (batch, ...), flows in at each step."""
        state, outputs = {name: {} for name in self.nodes}, {name: [] for name in names}
        for _ in range(seq_length):
            y = x
            for name, node in self.nodes.items():
                y = self.steps[type(node)](node, y, state[name], self.dt)
                if name in outputs:
                    outputs[name].append(y)
        return {name: np.stack(steps) for name, steps in outputs.items()}


def in_order(graph: nir.NIRGraph) -> dict[str, nir.NIRNode]:
    """The nodes as the edges lead from the input to the output: a file keeps them by name."""
    following, nodes, name = dict(graph.edges), {}, next(iter(graph.inputs))
    while name is not None and name not in nodes:
        nodes[name] = graph.nodes[name]
        name = following.get(name)
    if len(nodes) != len(graph.nodes) or len(following) != len(graph.edges):
        raise ValueError("the nodes of this graph do not form a chain.")
    return nodes


def cuba_li(node, x, state, dt):
    """tau_syn di/dt = -i + w_in x, then tau_mem dv/dt = (v_leak - v) + r i."""
    i, v = state.get("i", np.zeros_like(x)), state.get("v", np.zeros_like(x) + node.v_leak)
    state["i"] = i + dt / node.tau_syn * (node.w_in * x - i)
    state["v"] = v + dt / node.tau_mem * (node.v_leak - v + node.r * state["i"])
    return state["v"]


def cuba_lif_step(node, x, i, v, dt):
    """As cuba_li; where v > v_threshold there is a spike, and v becomes v_reset."""
    i = i + dt / node.tau_syn * (node.w_in * x - i)
    v = v + dt / node.tau_mem * (node.v_leak - v + node.r * i)
    z = v > node.v_threshold
    return z, i, np.where(z, node.v_reset, v)


def cuba_lif(node, x, state, dt, step=cuba_lif_step):
    """One step from the state, which is at rest at first; the spikes are numbers of the type of x."""
    i, v = state.get("i", np.zeros_like(x)), state.get("v", np.zeros_like(x) + node.v_leak)
    z, state["i"], state["v"] = step(node, x, i, v, dt)
    return np.asarray(z, x.dtype)


def conv2d(node, x, state, dt):
    """Each output is the sum over a window of the input, times the weights, plus the bias."""
    if np.any(node.padding) or np.any(np.array([node.stride, node.dilation]) != 1) or node.groups != 1:
        raise ValueError("this simulator has Conv2d without padding, stride, dilation and groups only.")
    windows = np.lib.stride_tricks.sliding_window_view(x, node.weight.shape[2:], axis=(2, 3))
    y = np.tensordot(windows, node.weight, ([1, 4, 5], [1, 2, 3]))  # (batch, height, width, channels)
    return np.moveaxis(y + node.bias, 3, 1)


def sum_pool(node, x, state, dt):
    """Sums of windows that do not overlap."""
    (high, wide), (batch, channels, height, width) = node.kernel_size, x.shape
    if np.any(node.padding) or np.any(node.stride != node.kernel_size) or height % high or width % wide:
        raise ValueError("this simulator has SumPool2d with windows side by side only.")
    return x.reshape(batch, channels, height // high, high, width // wide, wide).sum((3, 5))


STEPS = {  # what a node does in one time step: node, input (batch, ...), its state, dt -> output
    nir.Input: lambda node, x, state, dt: x,
    nir.Output: lambda node, x, state, dt: x,
    nir.Affine: lambda node, x, state, dt: x @ node.weight.T + node.bias,
    nir.Linear: lambda node, x, state, dt: x @ node.weight.T,
    nir.Conv2d: conv2d,
    nir.SumPool2d: sum_pool,
    nir.Threshold: lambda node, x, state, dt: (x > node.threshold).astype(x.dtype),
    nir.Flatten: lambda node, x, state, dt: x.reshape(len(x), -1),
    nir.CubaLI: cuba_li,
    nir.CubaLIF: cuba_lif,
}
