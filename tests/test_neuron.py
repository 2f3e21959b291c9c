"""LIF and LI compute what Norse's cells compute step by step: spikes, voltages, currents and gradients."""

import pytest
import torch
from norse.torch import LIFCell
from norse.torch.functional.leaky_integrator import LIParameters, LIState, li_feed_forward_step
from norse.torch.functional.lif import LIFFeedForwardState, LIFParameters, lif_feed_forward_step

from helpers.neuron import LI, LIF

SHAPES = [(1, 90), (13, 2, 5), (8, 3, 2, 4, 4), (50, 1, 7)]  # (seq_length, batch, ...)
DEFAULT = {"tau_mem_inv": 100.0, "tau_syn_inv": 200.0}
RANDOM = [
    {"tau_mem_inv": 63.1, "tau_syn_inv": 317.0, "v_th": 0.37, "v_reset": -0.21, "v_leak": 0.11},
    {"tau_mem_inv": 412.7, "tau_syn_inv": 94.3, "v_th": 1.31, "v_reset": 0.45, "v_leak": -0.29},
]
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def inputs(shape, dtype=torch.float32, seed=0):
    """An input current strong enough for spikes, and the state (v, i) to start from; all require gradients."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, dtype=dtype, generator=generator) * 3 + 1
    v, i = torch.randn((2, *shape[1:]), dtype=dtype, generator=generator)
    return x.requires_grad_(), v.requires_grad_(), i.requires_grad_()


def norse_lif(x, state, **parameters):
    parameters = {name: torch.tensor(value, dtype=x.dtype) for name, value in parameters.items()}
    spikes, p = [], LIFParameters(method="super", **parameters)
    for x_t in x:
        z, state = lif_feed_forward_step(x_t, state, p)
        spikes.append(z)
    return torch.stack(spikes), state


def norse_li(x, state, **parameters):
    parameters = {name: torch.tensor(value, dtype=x.dtype) for name, value in parameters.items()}
    voltages, p = [], LIParameters(**parameters)
    for x_t in x:
        v, state = li_feed_forward_step(x_t, state, p)
        voltages.append(v)
    return torch.stack(voltages), state


class Spike(torch.autograd.Function):
    """A step whose slope is 1 / (alpha * |u| + 1)^2: the surrogate gradient as it is defined, for one time step."""

    @staticmethod
    def forward(ctx, u, alpha):
        ctx.save_for_backward(u)
        ctx.alpha = alpha
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (u,) = ctx.saved_tensors
        return gradient / (ctx.alpha * u.abs() + 1) ** 2, None


class SmoothSpike(Spike):
    """The smooth step that has this slope: in its place the surrogate gradient is no surrogate."""

    @staticmethod
    def forward(ctx, u, alpha):
        Spike.forward(ctx, u, alpha)
        return u / (alpha * u.abs() + 1)


def plain_lif(x, v, i, alpha, spike=Spike):
    """LIF with v_th 1, v_reset 0 and the usual time constants, one time step after the other."""
    spikes = []
    for x_t in x:
        i = i + x_t
        v = v + 0.1 * (i - v)
        z = spike.apply(v - 1, alpha)
        v, i = (1 - z) * v, i - 0.2 * i
        spikes.append(z)
    return torch.stack(spikes), LIFFeedForwardState(v, i)


def gradients(result, *leaves):
    """Gradients of a loss on which output, last voltage and last current have an influence, each element its own."""
    output, (v, i) = result
    loss = sum((y * torch.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)).sum() for y in (output, v, i))
    return torch.autograd.grad(loss, leaves, retain_graph=True)


def assert_close(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=tolerance, rtol=tolerance)


def assert_equal(ours, theirs):
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
def test_lif_equals_norse_to_the_last_bit(shape):
    x, v, i = inputs(shape)
    z, state = LIF()(x, LIFFeedForwardState(v, i))
    expected, expected_state = norse_lif(x, LIFFeedForwardState(v, i))
    assert 0.05 < expected.mean() < 0.9
    assert_equal((z, *state), (expected, *expected_state))


@pytest.mark.parametrize("shape", SHAPES)
def test_li_equals_norse_to_the_last_bit(shape):
    x, v, i = inputs(shape)
    voltages, state = LI()(x, LIState(v, i))
    expected, expected_state = norse_li(x, LIState(v, i))
    assert_equal((voltages, *state), (expected, *expected_state))


def test_without_a_state_neurons_start_from_rest_as_in_norse():
    x, cell, state, spikes = inputs((13, 2, 5))[0], LIFCell(), None, []
    for x_t in x:
        z, state = cell(x_t, state)  # Norse's first voltage has no dimensions
        spikes.append(z)
    z, ours = LIF()(x)
    assert 0.1 < z.mean() < 0.9
    assert_equal((z, *ours), (torch.stack(spikes), *state))
    resting = LIF(v_leak=-0.5)(torch.zeros(13, 2, 5))
    assert_equal((*resting[1], resting[0]), (torch.full((2, 5), -0.5), torch.zeros(2, 5), torch.zeros(13, 2, 5)))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("parameters", RANDOM)
@pytest.mark.parametrize("shape", SHAPES)
def test_any_parameters_give_what_norse_gives(shape, parameters, dtype):
    x, v, i = inputs(shape, dtype, seed=1)
    z, state = LIF(**parameters)(x, LIFFeedForwardState(v, i))
    expected, expected_state = norse_lif(x, LIFFeedForwardState(v, i), **parameters)
    assert 0.05 < expected.mean() < 0.9
    assert torch.equal(z, expected)
    assert_close(state, expected_state, TOLERANCE[dtype])

    taus = {name: parameters[name] for name in ("tau_mem_inv", "tau_syn_inv")}
    voltages, state = LI(**taus)(x, LIState(v, i))
    expected, expected_state = norse_li(x, LIState(v, i), **taus)
    assert_close((voltages, *state), (expected, *expected_state), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("parameters", [DEFAULT, *RANDOM])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_input_and_first_state_equal_norse(shape, parameters, dtype):
    x, v, i = inputs(shape, dtype, seed=1)
    ours = gradients(LIF(**parameters)(x, LIFFeedForwardState(v, i)), x, v, i)
    theirs = gradients(norse_lif(x, LIFFeedForwardState(v, i), **parameters), x, v, i)
    assert all(gradient.abs().max() > 0.01 for gradient in theirs)
    assert_close(ours, theirs, TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gradients_of_li_equal_norse(dtype):
    x, v, i = inputs((13, 2, 5), dtype)
    ours = gradients(LI()(x, LIState(v, i)), x, v, i)
    assert_close(ours, gradients(norse_li(x, LIState(v, i), **DEFAULT), x, v, i), TOLERANCE[dtype])


@pytest.mark.parametrize("alpha", [0.3, 5.0, 100.0])
def test_alpha_shapes_the_gradient_as_defined_and_nothing_else(alpha):
    x, v, i = inputs((13, 2, 5), torch.float64)
    ours, plain = LIF(alpha=alpha)(x, LIFFeedForwardState(v, i)), plain_lif(x, v, i, alpha)
    assert torch.equal(ours[0], LIF()(x, LIFFeedForwardState(v, i))[0])
    assert_close(gradients(ours, x, v, i), gradients(plain, x, v, i), 1e-10)
    other = gradients(LIF(alpha=2 * alpha)(x, LIFFeedForwardState(v, i)), x, v, i)
    assert not torch.allclose(other[0], gradients(plain, x, v, i)[0])


@pytest.mark.parametrize("alpha", [0.3, 5.0])
def test_the_surrogate_is_the_gradient_of_a_network_with_smooth_spikes(alpha):
    x, v, i = inputs((7, 2, 5), torch.float64)

    def smooth(x, v, i):
        z, state = plain_lif(x, v, i, alpha, SmoothSpike)
        return z, *state

    assert torch.autograd.gradcheck(smooth, (x, v, i))


def test_gradients_between_spikes_equal_finite_differences():
    """A surrogate as steep as this one vanishes: what is left are decay, input and the reset of real spikes."""
    x, v, i = inputs((13, 2, 5), torch.float64)
    lif = LIF(alpha=1e9, v_reset=-0.3, v_leak=0.1)
    assert 0.05 < lif(x, LIFFeedForwardState(v, i))[0].mean() < 0.9
    assert torch.autograd.gradcheck(lambda x, v, i: tuple(lif(x, LIFFeedForwardState(v, i))[1]), (x, v, i))


@pytest.mark.parametrize("neuron", [LIF(), LI()])
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients_the_results_are_the_same(neuron, mode):
    x, v, i = inputs((13, 2, 5))
    output, state = neuron(x, LIFFeedForwardState(v, i))
    with mode():
        silent, silent_state = neuron(x.detach(), LIFFeedForwardState(v.detach(), i.detach()))
    assert output.requires_grad and not silent.requires_grad
    assert_equal((output, *state), (silent, *silent_state))


@pytest.mark.parametrize("neuron", [LIF(), LI()])
@pytest.mark.parametrize("cut", [1, 6, 12])
def test_two_halves_with_the_state_carried_equal_one_pass(neuron, cut):
    x, v, i = inputs((13, 2, 5))
    whole = neuron(x, LIFFeedForwardState(v, i))
    first, state = neuron(x[:cut], LIFFeedForwardState(v, i))
    second, state = neuron(x[cut:], state)
    halves = torch.cat([first, second]), state
    assert_equal((halves[0], *halves[1]), (whole[0], *whole[1]))
    assert_close(gradients(halves, x, v, i), gradients(whole, x, v, i), 1e-5)
