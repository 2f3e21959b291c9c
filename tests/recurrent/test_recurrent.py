"""RecurrentLIF computes what Norse's recurrent cell does: spikes, state and all gradients."""

import copy

import pytest
import torch
from norse.torch import LIFRecurrentCell
from norse.torch.functional.lif import LIFParameters, LIFState

from helpers import InputError
from helpers.course.notebook.measure import measure_memory
from helpers.neuron import LIF
from helpers.recurrent import scan
from helpers.recurrent.neuron import RecurrentLIF
from tests.recurrent.split_network_cases import FAST, differing
from tests.test_neuron import DEFAULT, assert_close, gradients, spike

SHAPES = [(1, 3, 5, 4), (13, 2, 5, 7), (9, 4, 1, 3), (64, 1, 6, 2)]  # seq_length, batch, channels
LISTEN = {"tau_mem_inv": 119.2, "tau_syn_inv": 377.5, "spread": 0.5}
NEURONS = [DEFAULT, FAST, {**LISTEN, "v_th": 1.31, "v_reset": 0.45, "v_leak": -0.29}, LISTEN]
TOLERANCE = 1e-10


@pytest.fixture
def threads():
    yield torch.set_num_threads
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def exact(seed):
    """Float64 and the same random numbers in every test that does not say otherwise."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def make(shape=(13, 2, 5, 7), **options) -> tuple[RecurrentLIF, torch.Tensor, LIFState]:
    """Neurons with strong feedback, inputs strong enough for spikes, and a state to start from."""
    seq_length, batch, n_inputs, n_hidden = shape
    net = RecurrentLIF(n_inputs, n_hidden, **options)
    with torch.no_grad():
        net.recurrent_weights *= 5
    x = 2 * torch.randn(seq_length, batch, n_inputs) + 1
    z = (torch.rand(batch, n_hidden) < 0.5).to(x.dtype)
    v, i = torch.randn(2, batch, n_hidden)
    longest = int(torch.as_tensor(net.delay).max())
    if longest > 1:
        z = (torch.rand(longest, batch, n_hidden) < 0.5).to(x.dtype)
    return net, x.requires_grad_(), LIFState(*(y.requires_grad_() for y in (z, v, i)))


def by_norse(net, x, state, time_constants):
    """Spikes and last state by Norse's cell, one step after the other, and the weights it has."""
    voltages = {name: torch.tensor(getattr(net, name)) for name in ("v_th", "v_reset", "v_leak")}
    mem, syn = time_constants
    p = LIFParameters(tau_mem_inv=mem, tau_syn_inv=syn, **voltages)
    cell = LIFRecurrentCell(net.n_inputs, net.n_hidden, p)
    cell.load_state_dict(net.state_dict(), strict=False)
    spikes = []
    for x_t in x:
        z, state = cell(x_t, state)
        spikes.append(z)
    return (torch.stack(spikes), state), [cell.input_weights, cell.recurrent_weights]


def plain(net, x, state):
    """The equations of the docstring, one line each, with PyTorch's own gradients."""
    delays = torch.as_tensor(net.delay).expand(net.n_hidden).tolist()
    (z, v, i), longest = state, max(delays)
    sent = list(z.view(longest, *v.shape))
    a, b = net.raw_a.sigmoid(), net.raw_b.sigmoid()
    for x_t in x:
        z = torch.stack([sent[-delay][:, k] for k, delay in enumerate(delays)], 1)
        i = i + x_t @ net.input_weights.T + z @ net.recurrent_weights.T
        v = v + a * (net.v_leak - v + i)
        z = spike(v - net.v_th, net.alpha)
        reset = z.detach()
        v = (1 - reset) * v + reset * net.v_reset
        i = b * i
        sent.append(z)
    spikes, last = torch.stack(sent[longest:]), torch.stack(sent[-longest:])
    return spikes, LIFState(last.view(state.z.shape), v, i)


@pytest.mark.parametrize("shape, options", [*zip(SHAPES, NEURONS)])
def test_results_and_gradients_are_those_of_norse(shape, options):
    net, x, state = make(shape, **options)
    assert not net.recurrent_weights.diagonal().any()
    taus = [tau.detach().requires_grad_() for tau in (net.tau_mem_inv, net.tau_syn_inv)]
    theirs, their_weights = by_norse(net, x, state, taus)
    ours = net(x, state)
    assert 0.05 < theirs[0].mean() < 0.9 and torch.equal(ours[0], theirs[0])
    assert_close(ours[1], theirs[1], TOLERANCE)
    *expected, mem, syn = gradients(theirs, x, *state, *their_weights, *taus)
    weights = net.input_weights, net.recurrent_weights
    *given, raw_a, raw_b = gradients(ours, x, *state, *weights, net.raw_a, net.raw_b)
    assert_close(given, expected, TOLERANCE)
    raws, taus = [net.raw_a, net.raw_b], [net.tau_mem_inv, net.tau_syn_inv]
    chained = torch.autograd.grad(taus, raws, [mem, syn])
    assert_close((raw_a, raw_b), chained, TOLERANCE)
    assert all(gradient.abs().max() > 0.01 for gradient in (*expected[:-1], raw_a, raw_b))


@pytest.mark.parametrize("delay", [1, 2, 7, 60, "short", "long"])
@pytest.mark.parametrize("alpha, n_threads", [(0.3, 1), (5.0, 2)])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_delay_gives_what_the_plain_equations_give(
    shape, alpha, n_threads, delay, monkeypatch, threads
):
    """In float64, which has no kernel. In float32, the kernel gives what the same loop gives."""
    threads(n_threads)
    if isinstance(delay, str):
        delay = differing(shape[-1], {"short": 1, "long": 4}[delay])
    net, x, state = make(shape, delay=delay, spread=0.5, alpha=alpha, **FAST)
    ours, expected = net(x, state), plain(net, x, state)
    leaves = x, *state, *net.parameters()
    assert torch.equal(ours[0], expected[0])
    given, wanted = gradients(ours, *leaves), gradients(expected, *leaves)
    assert not given[5].diagonal().any()
    wanted[5].fill_diagonal_(0.0)
    assert_close((ours[1], given), (expected[1], wanted), TOLERANCE)

    net.float()
    x, *state = [y.detach().float().requires_grad_() for y in (x, *state)]
    leaves = x, *state, *net.parameters()
    result = net(x, tuple(state))
    with monkeypatch.context() as patch:
        patch.delattr(scan, "run_back")
        by_kernel = gradients(result, *leaves)
    monkeypatch.setattr(scan, "find_cpu_kernel", lambda *types: None)
    for ours, wanted in zip(by_kernel, gradients(result, *leaves), strict=True):
        assert (ours - wanted).abs().max() <= 1e-6 * wanted.abs().max()


@pytest.mark.parametrize("delay", [1, 3, 40, differing(7, 2)])
def test_from_rest_nothing_is_on_its_way(delay):
    net, x, state = make(delay=delay, **FAST)
    resting = LIFState(*map(torch.zeros_like, state))
    resting = resting._replace(v=resting.v + net.v_leak)
    ours, expected = net(x), net(x, resting)
    leaves = x, *net.parameters()
    assert torch.equal(ours[0], expected[0]) and 0.05 < ours[0].mean() < 0.9
    results = (ours[1], gradients(ours, *leaves)), (expected[1], gradients(expected, *leaves))
    assert_close(*results, TOLERANCE)


@pytest.mark.parametrize("delay", [1, 2, 7, 60, differing(7, 3)])
def test_a_stream_can_be_heard_in_pieces(delay):
    net, x, start = make(delay=delay)
    whole, pieces, state = net(x, start), [], start
    for piece in x.tensor_split([1, 2, 3, 9]):
        spikes, state = net(piece, state)
        pieces.append(spikes)
    pieces = torch.cat(pieces), state
    assert torch.equal(pieces[0], whole[0])
    assert_close(pieces[1], whole[1], 1e-14)
    leaves = x, *start, *net.parameters()
    assert_close(gradients(pieces, *leaves), gradients(whole, *leaves), TOLERANCE)


def test_without_gradients_the_results_are_the_same():
    net, x, state = make()
    with torch.inference_mode():
        result = net(x, state)
    assert_close(result, net(x, state), 0)


def test_time_constants_can_be_given_for_each_neuron_and_learned_or_not():
    mem = torch.tensor([20.0, 50.0, 110.0])
    net = RecurrentLIF(4, 3, tau_mem_inv=mem, tau_syn_inv=30.0, dt=8e-3, learn=False)
    assert_close(net.tau_mem_inv, mem, 1e-12)
    assert_close(net.raw_b.sigmoid(), torch.full((3,), 0.76), 1e-12)
    net(torch.randn(6, 2, 4))[0].sum().backward()
    assert net.raw_a.grad is None and net.raw_b.grad is None and net.recurrent_weights.grad.any()
    spread = RecurrentLIF(4, 2000, spread=0.5)
    assert abs(spread.raw_a.std() - 0.5) < 0.05 and abs(spread.raw_b.mean() - 1.386) < 0.05


@pytest.mark.parametrize("delay", [1, 6, differing(30, 6)])
def test_in_float32_and_under_autocast_the_numbers_are_nearly_those_of_float64(delay):
    net, x, _ = make((20, 8, 40, 30), delay=delay)
    x = x.detach()
    results = []
    for dtype, is_mixed in ((torch.float64, False), (torch.float32, False), (torch.float32, True)):
        net, x = net.to(dtype), x.to(dtype)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
            spikes, state = net(x)
        wanted = torch.bfloat16 if is_mixed else dtype
        assert (spikes.dtype, state.v.dtype, state.i.dtype) == (wanted, dtype, dtype)
        loss = spikes.to(dtype).mean(0).square().mean()
        results.append([spikes, *torch.autograd.grad(loss, list(net.parameters()))])
    exact, single, mixed = results
    assert 0.05 < exact[0].mean() < 0.9
    for expected, near, rough in zip(exact, single, mixed):
        assert (near - expected).norm() < 1e-4 * expected.norm()
        assert (rough - expected).norm() < 0.3 * expected.norm()  # as some spikes come otherwise


def test_gradients_are_numbers_whatever_the_time_constants_become():
    net, x, state = make()
    with torch.no_grad():
        net.raw_a.copy_(torch.tensor([-50.0, -5.0, 0.0, 5.0, 20.0, 40.0, 60.0]))
        net.raw_b.copy_(net.raw_a.flip(0))
    leaves = x, *state, *net.parameters()
    ours, expected = net(x, state), plain(net, x, state)
    given, wanted = gradients(ours, *leaves), gradients(expected, *leaves)
    wanted[5].fill_diagonal_(0.0)
    assert_close(given, wanted, 1e-9)


def test_a_compiled_network_leaves_the_loop_as_it_is():
    net, x, state = make()
    ours, expected = torch.compile(net, backend="eager")(x, state), net(x, state)
    assert_close(ours, expected, 0)
    leaves = x, *net.parameters()
    assert_close(gradients(ours, *leaves), gradients(expected, *leaves), TOLERANCE)
    assert type(ours[0].grad_fn).__name__ == "RecurrentScanBackward"


@pytest.mark.parametrize("delay", [1, 5])
def test_all_is_computed_on_the_device_of_the_input(delay):
    """On the device that only knows shapes, an operation with a tensor elsewhere is an error."""
    net, x, _ = make(delay=delay)
    net, x = net.to("meta"), x.detach().to("meta")
    spikes, state = net(x)
    spikes, state = net(x, state)
    spikes.sum().backward()
    assert {y.device.type for y in (spikes, *state)} == {"meta"}
    assert all(parameter.grad.device.type == "meta" for parameter in net.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU on this machine")
@pytest.mark.parametrize("delay", [1, 5, differing(7, 2)])
def test_a_gpu_gives_the_numbers_of_a_cpu(delay):
    net, x, state = make(delay=delay, **LISTEN)
    spikes, end = net(x, state)
    expected = gradients((spikes, end), x, *net.parameters())
    gpu = copy.deepcopy(net).cuda()
    x, state = x.detach().cuda().requires_grad_(), LIFState(*(y.cuda() for y in state))
    with torch.device("cuda"):
        ours = gpu(x, state)
        given = gradients(ours, x, *gpu.parameters())
    assert torch.equal(ours[0].cpu(), spikes)
    assert_close([y.cpu() for y in ours[1]], list(end), TOLERANCE)
    assert_close([y.cpu() for y in given], list(expected), 1e-9)


@pytest.mark.parametrize("learn, times", [(True, 6.5), (False, 5.5)])
def test_a_training_step_keeps_each_number_few_times(learn, times):
    net, x, _ = make((64, 32, 5, 50), learn=learn)
    spikes = net(x)[0]
    assert measure_memory(lambda: net(x)[0].mean().backward()) < times * spikes.nbytes


@pytest.mark.parametrize(
    "options, x, words",
    [
        ({}, torch.ones(6, 2, 3), r"\(6, 2, 3\).*\(seq_length, batch, 4\)"),
        ({}, torch.ones(6, 0, 4), "at least one time step and one example"),
        ({}, torch.ones(6, 2, 4, dtype=torch.int64), "torch.int64.*floating"),
        ({"tau_mem_inv": 1000.0}, None, "tau_mem_inv is 1000.0: .* below 1 / dt, 1000"),
        ({"delay": 0}, None, "delay is 0: .* whole number of time steps, at least 1, or 3 of them"),
        ({"delay": torch.tensor([1, 2])}, None, r"delay is tensor\(\[1, 2\]\): .* for each neuron"),
    ],
)
def test_what_cannot_be_used_is_named(options, x, words):
    with pytest.raises(InputError, match=words):
        RecurrentLIF(4, 3, **options)(x)


@pytest.mark.parametrize("kind", [RecurrentLIF, LIF])
def test_a_second_derivative_that_would_lack_a_part_is_refused(kind):
    net = torch.nn.Sequential(torch.nn.Linear(5, 5), kind(*[5, 7][: 2 * (kind is RecurrentLIF)]))
    x = torch.randn(13, 2, 5, requires_grad=True)
    spikes, _ = net(x)
    with pytest.raises(InputError, match="no second derivative: leave create_graph out"):
        torch.autograd.grad(spikes.sum(), x, create_graph=True)
    spikes.sum().backward()
    assert x.grad.any()


def test_a_checkpoint_holds_delays_that_differ():
    net, x, _ = make(delay=differing(7, 2))
    other = RecurrentLIF(5, 7, delay=torch.ones(7, dtype=torch.int64))
    other.load_state_dict(net.state_dict())
    assert_close(other(x), net(x), 0)
    assert "delay" not in RecurrentLIF(5, 7, delay=2).state_dict()


def test_a_state_of_another_delay_is_named():
    _, state = RecurrentLIF(4, 3, delay=2)(torch.ones(6, 2, 4))
    with pytest.raises(
        InputError, match=r"z of the state has the shape \(2, 2, 3\): .*\(5, 2, 3\)"
    ):
        RecurrentLIF(4, 3, delay=5)(torch.ones(6, 2, 4), state)
