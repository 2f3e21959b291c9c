"""LIF and LI compute what Norse's cells compute step by step: spikes, voltages, currents and gradients."""

from collections import namedtuple
from functools import partial

import pytest
import torch
from norse.torch import LIFCell
from norse.torch.functional.leaky_integrator import LIParameters, li_feed_forward_step
from norse.torch.functional.lif import LIFFeedForwardState as State
from norse.torch.functional.lif import LIFParameters, LIFState, lif_feed_forward_step

from helpers import InputError
from helpers.neuron import LI, LIF
from helpers.recurrent.neuron import RecurrentLIF

SHAPES = [(1, 90), (13, 2, 5), (8, 3, 2, 4, 4), (50, 1, 7)]  # (seq_length, batch, ...)
DEFAULT = {"tau_mem_inv": 100.0, "tau_syn_inv": 200.0}
FAST = {"tau_mem_inv": 63.1, "tau_syn_inv": 317.0}
SLOW = {"tau_mem_inv": 412.7, "tau_syn_inv": 94.3}
NEURONS = [(LI, DEFAULT), (LI, FAST), (LI, SLOW), (LIF, DEFAULT)]
UNUSUAL = (LIF, {**FAST, "v_th": 0.37, "v_reset": -0.21, "v_leak": 0.11})
NEURONS += [UNUSUAL, (LIF, {**SLOW, "v_th": 1.31, "v_reset": 0.45, "v_leak": -0.29})]
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def inputs(shape=(13, 2, 5), dtype=torch.float32, seed=0) -> tuple[torch.Tensor, State]:
    """An input current strong enough for spikes, and the state (v, i) to start from; all require gradients."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, dtype=dtype, generator=generator) * 3 + 1
    v, i = torch.randn((2, *shape[1:]), dtype=dtype, generator=generator)
    return x.requires_grad_(), State(v.requires_grad_(), i.requires_grad_())


def by_norse(neuron, x, state, **parameters):
    """Outputs and last state by Norse's function for one time step."""
    parameters = {name: torch.tensor(value, dtype=x.dtype) for name, value in parameters.items()}
    step = lif_feed_forward_step if neuron is LIF else li_feed_forward_step
    p = LIFParameters(method="super", **parameters) if neuron is LIF else LIParameters(**parameters)
    outputs = []
    for x_t in x:
        output, state = step(x_t, state, p)
        outputs.append(output)
    return torch.stack(outputs), state


def spike(u, alpha):
    """A step with the slope of a smooth one, u / (alpha * |u| + 1): that is the surrogate gradient as it is defined."""
    smooth = u / (alpha * u.abs() + 1)
    return smooth + ((u > 0).to(u.dtype) - smooth).detach()


def plain_lif(x, v, i, alpha):
    """LIF with v_th 1, v_reset 0 and the usual time constants, one time step after the other."""
    spikes = []
    for x_t in x:
        i = i + x_t
        v = v + 0.1 * (i - v)
        z = spike(v - 1, alpha)
        v, i = (1 - z) * v, i - 0.2 * i
        spikes.append(z)
    return torch.stack(spikes), State(v, i)


def gradients(result, *leaves):
    """Gradients of a loss on which the output and each part of the state have an influence, each element its own."""
    output, state = result
    loss = sum(
        (y * torch.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)).sum()
        for y in (output, *state)
    )
    return torch.autograd.grad(loss, leaves, retain_graph=True)


def assert_close(ours, theirs, tolerance):
    torch.testing.assert_close(
        ours, theirs, atol=tolerance, rtol=tolerance
    )  # takes nested tuples too


assert_equal = partial(assert_close, tolerance=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("neuron", [LIF, LI])
def test_neurons_equal_norse_to_the_last_bit(neuron, shape):
    x, state = inputs(shape)
    expected = by_norse(neuron, x, state)
    assert neuron is LI or 0.05 < expected[0].mean() < 0.9
    assert_equal(neuron()(x, state), expected)


def test_without_a_state_neurons_start_from_rest_as_in_norse():
    x, cell, state, spikes = inputs()[0], LIFCell(), None, []
    for x_t in x:
        z, state = cell(x_t, state)  # Norse's first voltage has no dimensions
        spikes.append(z)
    z, ours = LIF()(x)
    assert 0.1 < z.mean() < 0.9
    assert_equal((z, ours), (torch.stack(spikes), state))
    resting = LIF(v_leak=-0.5)(torch.zeros(13, 2, 5))
    assert_equal(resting, (torch.zeros(13, 2, 5), (torch.full((2, 5), -0.5), torch.zeros(2, 5))))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("neuron, parameters", NEURONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_parameters_give_the_results_and_gradients_of_norse(shape, neuron, parameters, dtype):
    x, state = inputs(shape, dtype, seed=1)
    ours, theirs = neuron(**parameters)(x, state), by_norse(neuron, x, state, **parameters)
    assert neuron is LI or (0.05 < theirs[0].mean() < 0.9 and torch.equal(ours[0], theirs[0]))
    assert_close(ours, theirs, TOLERANCE[dtype])
    expected = gradients(theirs, x, *state)
    assert all(gradient.abs().max() > 0.01 for gradient in expected)
    assert_close(gradients(ours, x, *state), expected, TOLERANCE[dtype])


@pytest.mark.parametrize("alpha", [0.3, 5.0, 100.0])
def test_alpha_shapes_the_gradient_as_defined_and_nothing_else(alpha):
    x, state = inputs(dtype=torch.float64)
    ours, plain = LIF(alpha=alpha)(x, state), plain_lif(x, *state, alpha)
    assert torch.equal(ours[0], LIF()(x, state)[0])
    assert_close(gradients(ours, x, *state), gradients(plain, x, *state), 1e-10)


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_a_compiled_network_has_the_same_results_and_gradients(neuron):
    x, state = inputs()
    ours, expected = torch.compile(neuron, backend="eager")(x, state), neuron(x, state)
    assert_equal(ours, expected)
    assert_close(gradients(ours, x, *state), gradients(expected, x, *state), 1e-6)


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_without_gradients_the_results_are_the_same(neuron):
    x, state = inputs()
    with torch.inference_mode():
        result = neuron(x, state)
    assert_equal(result, neuron(x, state))


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_a_state_is_read_by_name_if_it_has_names(neuron):
    x, (v, i) = inputs()
    v = v.round()
    expected = neuron(x, State(v, i))
    for state in ((v, i), [v, i], namedtuple("Turned", "i v")(i, v), LIFState(None, v, i)):
        assert_equal(neuron(x, state), expected)
    assert_equal(neuron(x, (v.long(), i)), expected)


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_a_state_is_kept_in_float32_at_least(neuron):
    x, state = inputs()
    half = State(*(y.bfloat16() for y in state))
    assert_equal(neuron(x, half), neuron(x, State(*(y.float() for y in half))))


@pytest.mark.parametrize("make", [LIF, partial(RecurrentLIF, 2, 3)])
def test_a_constant_that_is_no_number_is_named(make):
    nothing_learned = torch.nn.Parameter(torch.tensor(1.0))
    for name, value in (("v_th", nothing_learned), ("v_leak", torch.nan), ("alpha", -0.5)):
        with pytest.raises(InputError, match=f"(?s){name} is .* must be a (finite )?number"):
            make(**{name: value})


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_a_state_of_another_shape_is_named(neuron):
    x, (v, i) = inputs()
    for state in ((v, i[:1]), (v, i[0]), (v, i.sum())):
        with pytest.raises(InputError, match="i of the state has the shape"):
            neuron(x, state)


def test_windows_of_another_size_are_refused():
    with pytest.raises(InputError, match="pool is 3: it must be True or False"):
        LIF()(torch.rand(4, 1, 2, 6, 6), pool=3)


@pytest.mark.parametrize("neuron", [LIF(), LI()])
def test_two_halves_with_the_state_carried_equal_one_pass(neuron):
    x, start = inputs()
    whole = neuron(x, start)
    first, state = neuron(x[:6], start)
    second, state = neuron(x[6:], state)
    halves = torch.cat([first, second]), state
    assert_equal(halves, whole)
    assert_close(gradients(halves, x, *start), gradients(whole, x, *start), 1e-5)
