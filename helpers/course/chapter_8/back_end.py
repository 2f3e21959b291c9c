"""snnTorch's neuron for a NIR file: how another program writes the same equations."""

from collections.abc import Callable

import numpy as np


def snntorch_neuron(translate: Callable) -> Callable:
    """Return a step of snnTorch's Synaptic, for the Simulator of nir_simulator.py.

    It is written as snnTorch's documentation has it; tests compare it with snnTorch's own.

    translate: given a nir.CubaLIF, whose parameters are numbers or arrays, and the time step, s,
        gives alpha, beta and threshold of the neuron that spikes as NIR's equations do in Euler
        steps, the current first; v_leak and v_reset are 0
    """

    def step(node, x, syn, mem, dt):
        alpha, beta, threshold = translate(node, dt)
        syn = alpha * syn + x
        mem = beta * mem + syn
        z = mem > threshold
        return z, syn, np.where(z, 0, mem)

    return step
