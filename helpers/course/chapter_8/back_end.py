"""snnTorch's neuron for a NIR file: how another program writes the same equations."""

from collections.abc import Callable

import numpy as np


def to_snntorch(node, dt: float):
    """Return alpha, beta and threshold of the snnTorch neuron that spikes as NIR's neuron does.

    NIR's equations are solved in Euler steps of dt, the current first; v_leak and v_reset are 0.

    Args:
        node: a nir.CubaLIF, whose parameters are numbers or arrays
        dt: time step, s
    """
    x_to_i = dt / node.tau_syn * node.w_in
    i_to_v = dt / node.tau_mem * node.r
    return 1 - dt / node.tau_syn, 1 - dt / node.tau_mem, node.v_threshold / (x_to_i * i_to_v)


def snntorch_neuron(translate: Callable) -> Callable:
    """Return a step of snnTorch's Synaptic, for the Simulator of nir_simulator.py.

    It is written as snnTorch's documentation has it; tests compare it with snnTorch's own.

    translate: gives alpha, beta and threshold, as to_snntorch does
    """

    def step(node, x, syn, mem, dt):
        alpha, beta, threshold = translate(node, dt)
        syn = alpha * syn + x
        mem = beta * mem + syn
        z = mem > threshold
        return z, syn, np.where(z, 0, mem)

    return step
