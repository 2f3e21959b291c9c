"""Compiled code computes what eager code does, is compiled once for all batch sizes, and is done without if need be."""

import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F

from helpers.course.notebook.measure import measure_memory
from helpers.engine.kernels import FusedMaxPool, can_compile, should_compile
from helpers.model import SpikingConvNet
from helpers.neuron import LIF
from tests.test_model import louder
from tests.test_neuron import UNUSUAL, assert_close, gradients, inputs

why = "there is no C++ compiler on this machine"
needs_compiler = pytest.mark.skipif(not os.environ.get("CI") and not can_compile("cpu"), reason=why)


@needs_compiler
@pytest.mark.parametrize(
    "dtype, constant", [(torch.float32, False), (torch.float32, True), (torch.float64, False)]
)
def test_compiled_neurons_equal_eager_ones(dtype, constant):
    _, parameters = UNUSUAL
    for shape in [(6, 3, 2, 4, 4), (6, 5, 7)]:  # (seq_length, batch, ...)
        x, state = inputs(shape, dtype)
        if constant:
            x = x[0].detach().requires_grad_()
        results = []
        for compile in (False, True):
            lif = LIF(**parameters, alpha=3, compile=compile)
            results.append(lif(x, state, 6 if constant else None))
        eager, fast = results
        assert 0.05 < eager[0].mean() < 0.9 and torch.equal(fast[0], eager[0])
        assert_close(fast, eager, 1e-5)
        assert_close(*[gradients(result, x, *state) for result in (fast, eager)], 1e-5)


@needs_compiler
def test_a_compiled_step_keeps_voltages_and_gradients_once():
    x, lif = torch.randn(32, 64, 100, requires_grad=True), LIF(compile=True)
    assert measure_memory(lambda: lif(x)[0].sum().backward()) < 2.3 * x.nbytes


@needs_compiler
def test_compiled_pooling_equals_that_of_pytorch():
    values = torch.randint(4, (3, 5, 8, 6)).float()  # many ties
    for pixels in (values, values.to(memory_format=torch.channels_last)):
        ours, theirs = pixels.clone().requires_grad_(), pixels.clone().requires_grad_()
        pooled, expected = FusedMaxPool(compile=True)(ours), F.max_pool2d(theirs, 2)
        weight = torch.randn_like(expected)
        (pooled * weight).sum().backward()
        (expected * weight).sum().backward()
        assert torch.equal(pooled, expected) and torch.equal(ours.grad, theirs.grad)


@needs_compiler
def test_a_compiled_network_equals_an_eager_one(images, seed):
    eager, fast = louder(SpikingConvNet(6)), SpikingConvNet(6, compile=True)
    fast.load_state_dict(eager.state_dict())
    results = []
    for net in (eager, fast):
        with torch.autocast("cpu", torch.bfloat16):
            v = net(images)
        gradients = torch.autograd.grad(v.float().square().mean(), list(net.parameters()))
        results.append([v, *gradients])
    for expected, given in zip(*results):
        assert expected.any() and (given - expected).norm() < 2e-2 * expected.norm()


@needs_compiler
def test_a_smaller_last_batch_compiles_nothing_anew(seed):
    net = SpikingConvNet(6, compile=True)
    net(torch.randn(32, 1, 28, 28)).sum().backward()
    compilations = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    for batch in (17, 64, 2):
        net(torch.randn(batch, 1, 28, 28)).sum().backward()
    assert (
        compilations > 0 and torch._dynamo.utils.counters["stats"]["unique_graphs"] == compilations
    )


@pytest.mark.parametrize(
    "wanted, where", [(True, {"cpu", "cuda"}), (False, set()), (None, {"cuda"})]
)
def test_who_does_not_say_compiles_on_a_gpu_alone(wanted, where, monkeypatch):
    monkeypatch.setattr("helpers.engine.kernels.can_compile", lambda device_type: True)
    assert {device for device in ("cpu", "cuda") if should_compile(wanted, device)} == where


def test_without_a_compiler_a_line_says_so_and_all_goes_on(tmp_path):
    environment = {
        **os.environ,
        "PATH": str(tmp_path),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
        "CXX": "",
        "CC": "",
    }
    code = "from helpers.setup import environment; environment.quiet()\n"
    code += "import torch; from helpers.model import SpikingConvNet\nfor seq_length in (3, 4): "
    code += "SpikingConvNet(seq_length, compile=True)(torch.randn(2, 1, 28, 28)).sum().backward()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("compile: going on without, as this machine cannot compile (")
    assert done.stdout.count("\n") == 1
