"""The kernel for CPUs computes what the equation says, and is done without if need be; on a GPU, one kernel does it."""

import copy

import pytest
import torch
import torch.nn.functional as F

from helpers.course.chapter_3.ladder import with_weights_of
from helpers.course.notebook.measure import measure_memory
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet
from helpers.neuron import LIF, Constants, _step_size, lif_step
from tests.test_model import louder
from tests.test_neuron import UNUSUAL, assert_equal, gradients, inputs

SHAPES = [  # (seq_length, batch, channels, height, width); without pixels, nothing is pooled
    (1, 3, 17, 6, 2),
    (5, 2, 1, 4, 6),
    (6, 2, 3, 5, 7),  # a row and a column are left over
    (64, 1, 3, 2, 2),
    (32, 3, 20, 24, 24),  # enough for three threads
    (7, 3, 301),
]


@pytest.fixture
def three_threads():
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_kernel_computes_what_lif_step_computes(shape, constant, dtype, order, three_threads):
    """Spikes and last states bit for bit, and the gradients of the written-out loop."""
    x, state = inputs(shape)
    length, pool = shape[0], len(shape) == 5
    x = (x[0] if constant else x).detach().to(dtype)
    if pool:
        x = x.flatten(0, -4).contiguous(memory_format=order).view(x.shape)
    elif order == torch.channels_last:  # here time is what lies side by side
        x = x.movedim(0, -1).contiguous().movedim(-1, 0)
    x.requires_grad_()

    fused = LIF(**UNUSUAL[1], alpha=3)
    loop = copy.copy(fused)
    loop.fuse = False
    ours, theirs = [lif(x, state, length if constant else None, pool) for lif in (fused, loop)]
    for a, b in zip(*[gradients(result, x, *state) for result in (ours, theirs)]):
        assert (a - b).norm() <= (1e-6 if dtype == torch.float32 else 1e-4) * b.norm()

    a, b = (
        _step_size(fused.tau_mem_inv, torch.float32),
        _step_size(fused.tau_syn_inv, torch.float32),
    )
    p = Constants(a, b, fused.v_th - fused.v_leak, fused.v_reset - fused.v_leak)
    (v, i), spikes = (state.v - fused.v_leak, state.i), []
    for x_t in x.expand(shape):
        z, _, v, i = lif_step(x_t.float(), v, i, p)
        spikes.append(F.max_pool2d(z, 2) if pool else z)
    assert 0.01 < torch.stack(spikes).mean() < 0.99
    assert_equal(ours, (torch.stack(spikes).to(dtype), (v + fused.v_leak, i)))


def test_one_neuron_ends_in_the_state_of_the_loop():
    fused, loop = LIF(), LIF()
    loop.fuse = False
    x = torch.full((5, 1, 1), 20.0, requires_grad=True)
    for _ in range(30):  # in memory that has held something else
        (z, state), (_, expected) = fused(x), loop(x)
        assert z.any() and torch.equal(state.v, expected.v) and torch.equal(state.i, expected.i)


@pytest.mark.parametrize("mixed", [False, True])
def test_the_network_computes_the_same_by_the_kernel(mixed, images, seed):
    fast = louder(SpikingConvNet(6))
    slow = with_weights_of(fast)
    in_segments = copy.deepcopy(fast)
    in_segments.recompute = 4
    results = []
    for net in (slow, fast, in_segments):
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            v = net(images.expand(6, *images.shape))
        d_weights = torch.autograd.grad(v.float().square().mean(), list(net.parameters()))
        results.append([v, *d_weights])
    expected, *others = results
    assert expected[0].abs().max() > 0.1 and all(d.abs().max() > 0 for d in expected[1:])
    assert torch.equal(others[0][0], expected[0])
    for found in others:
        for ours, theirs in zip(found, expected):
            assert (ours - theirs).norm() < (2e-2 if mixed else 1e-5) * theirs.norm()


def test_parts_of_a_sequence_that_are_computed_anew_take_less_memory():
    models = [DigitsClassifier(24, n_hidden=20, recompute=steps) for steps in (0, 6)]
    spikes = (torch.rand(24, 8, 1, 28, 28) < 0.3).float()
    whole, parts = [measure_memory(lambda net=net: net(spikes).sum().backward()) for net in models]
    assert parts < 0.5 * whole


ELSEWHERE = """
import os, sys, torch
from numba.core import caching, config
import helpers.engine
from helpers.engine import kernels
from helpers.neuron import LIF
kernels.find_cpu_kernel.cache_clear()  # which the process before the fork has found
del sys.modules["helpers.engine.cpu_kernel"]
del helpers.engine.cpu_kernel
{}
x = torch.ones({})
torch.set_num_threads(2)
for _ in range(2):
    z, _ = LIF(compile={})(x, pool=True)
    print(z.numpy().sum(), flush=True)
"""
IN_A_FORK = "    if os.fork():\n        os.wait()\n        break\n"
X = "1024, 4, 1, 8, 8"
LINES = {  # what comes first, x, compile, and what is said
    "compile": ("", X, True, "compile: it is for NVIDIA GPUs"),
    "float64": ("", f"{X}, dtype=torch.float64", False, "it takes float32 and bfloat16"),
    "no numba": ("sys.modules['numba'] = None", X, False, "import of numba halted"),
    "no folder": (
        "caching.CacheImpl._locator_classes = []",  # nor a folder of the user's own
        X,
        False,
        "compiled in each process",
    ),
}


@pytest.mark.parametrize("first, x, compile, says", LINES.values(), ids=LINES)
def test_without_the_kernel_all_goes_on_and_a_line_says_why(
    first, x, compile, says, forks, tmp_path
):
    (ended,) = forks.run(tmp_path, ELSEWHERE.format(first, x, compile), 1)
    line, once, again = ended.out.splitlines()
    assert ended.status == 0 and says in line and once == again and float(once) > 0, ended.err


def test_processes_share_what_one_has_compiled_and_a_fork_has_threads_of_its_own(forks, tmp_path):
    folder = f"config.CACHE_DIR = {str(tmp_path)!r}"
    ends = forks.run(tmp_path, ELSEWHERE.format(folder, X, None) + IN_A_FORK, 2)
    assert [ended.status for ended in ends] == [0, 0]
    assert len({line for ended in ends for line in ended.out.splitlines()}) == 1
    assert [ended.out.count("\n") for ended in ends] == [2, 2]
    assert sorted(ended.err.count("compiling neurons") for ended in ends) == [0, 1]
