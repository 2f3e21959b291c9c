"""Timings, memory and operations are what they are said to be, on cases whose answer is known."""

import os
import re
import subprocess
import sys
from copy import deepcopy
from functools import partial
from itertools import count, repeat

import pytest
import torch

from helpers import InputError
from helpers.course.notebook import measure
from helpers.course.notebook.measure import (
    ReluControl,
    count_flops,
    measure_memory,
    measure_throughput,
    training_step,
)
from helpers.model import SpikingConvNet
from tests import ROOT
from tests.test_model import louder


def test_throughput_is_that_of_the_median_without_the_warm_up(monkeypatch):
    """Of steps that are taken in turn."""
    seconds = {"fast": iter([0.5, 0.5, 0.1, 0.4, 0.2]), "slow": repeat(1.0)}
    clock, order = [0.0], []

    def take(name):
        order.append(name)
        clock.append(next(seconds[name]))

    monkeypatch.setattr("time.perf_counter", lambda: sum(clock))
    steps = {name: partial(take, name) for name in seconds}
    speeds = measure_throughput(steps, items=8, rounds=3, warm_up=2)
    assert speeds["fast"] == pytest.approx((8 / 0.2, 8 / 0.4, 8 / 0.1, 0.5))
    assert order == ["fast", "slow"] * 5


def test_the_benchmark_puts_each_network_beside_the_limit(tmp_path):
    command = [sys.executable, "-m", "tests.studies.benchmark", "--compiled"]
    command += ["--only", "this course", "--device=cpu", "--seq_length=2", "--batch=2"]
    command += ["--rounds=1", f"--out={tmp_path / 'table.md'}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=environment, timeout=200, check=True)
    table = (tmp_path / "table.md").read_text()
    times_limit = dict(re.findall(r"^\| (\w.+?) \| \d.+?\) \| (\d.\d\d) \|", table, re.MULTILINE))
    assert {*times_limit} == {
        f"{name}{kind}" for name in ("this course", "ReLU control") for kind in ("", ", bf16")
    }
    assert times_limit["ReLU control"] == "1.00"


def test_a_measurement_of_nothing_is_refused():
    with pytest.raises(InputError, match="rounds=0"):
        measure_throughput({"": lambda: None}, 1, rounds=0)


def test_memory_is_the_peak_of_what_a_step_allocates():
    def step():
        a = torch.ones(1000, 1000)  # 4 MB
        b = a + a  # 8 MB
        del a
        return b.sum()

    kept = [torch.ones(3_000_000)]  # there before the step: does not count
    assert 8e6 <= measure_memory(step) < 8.1e6 and kept


def test_operations_of_the_network_and_of_its_control():
    forward = 2 * (20 * 24 * 24 * 25 + 50 * 8 * 8 * 20 * 25 + 800 * 500 + 500 * 10)
    first = 2 * 20 * 24 * 24 * 25  # the images get no gradient
    net, x, labels = SpikingConvNet(), torch.rand(3, 2, 1, 28, 28), torch.zeros(2).long()
    for kind in (net, ReluControl(net)):
        assert count_flops(training_step(kind, x, labels)) == 6 * (3 * forward - first)


def test_a_training_step_computes_gradients_and_leaves_the_weights(images, seed):
    net = louder(SpikingConvNet(20))
    before, seen = deepcopy(list(net.parameters())), []
    for parameter in net.parameters():
        parameter.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.abs().max()))
    training_step(net, images, torch.tensor([1, 2, 3]), torch.bfloat16)()
    assert len(seen) == len(before) and min(seen) > 0
    torch.testing.assert_close(before, list(net.parameters()), rtol=0, atol=0)


def test_the_control_has_the_layers_of_the_network_for_each_time_step():
    control, x = ReluControl(SpikingConvNet()), torch.rand(3, 2, 1, 28, 28)
    y = control(x)
    assert y.shape == (3, 2, 10)
    torch.testing.assert_close(control(x[1:2])[0], y[1])


@pytest.mark.parametrize("seconds, n", [(1e-3, 2048), (1.0, 256)])
def test_a_matrix_product_is_measured_in_operations_a_second(seconds, n, monkeypatch):
    """A small one, where the large one would take more than a second."""
    clock = count(0, seconds)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(torch, "matmul", lambda a, b: None)
    assert measure.matmul_peak("cpu") == pytest.approx(2 * n**3 / seconds)
