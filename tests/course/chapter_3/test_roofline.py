"""The limits of a device, and the operations and bytes of its dots."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.course.chapter_3 import roofline as module
from helpers.course.chapter_3.roofline import memory_bandwidth, roofline
from helpers.course.notebook.measure import Speed
from helpers.model import SpikingConvNet
from helpers.neuron import LIF


class Counter(TorchDispatchMode):
    """Counts arithmetic."""

    # how many operations for each number of the result
    ARITHMETIC = {"add": 1, "sub": 1, "mul": 1, "gt": 1, "addcmul": 2}
    operations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        n = self.ARITHMETIC.get(function.__name__.partition(".")[0], 0)
        if n and result.dim():
            self.operations += n * result.numel()
        return result


def test_operations_of_a_neuron_are_those_that_run():
    """One time step more of 77 neurons; v_leak adds one operation after the last step."""
    counts = []
    for seq_length in (3, 4):
        lif = LIF()
        lif.fuse = False
        with torch.no_grad(), Counter() as counter:
            lif(torch.rand(seq_length, 7, 11))
        counts.append(counter.operations)
    assert counts[1] - counts[0] == 77 * module.OPERATIONS


def test_a_copy_reads_and_writes(monkeypatch):
    def measured(steps, items):
        return {"": Speed(items / 0.5, 0, 0, 0)}  # as if it took half a second

    monkeypatch.setattr(module, "measure_throughput", measured)
    assert memory_bandwidth("cpu") == pytest.approx(2 * 4 * 2**25 / 0.5)


@pytest.mark.parametrize("product", [1.0, 1e18])
def test_dots_lie_where_their_layers_compute_and_none_above_the_peak(product, monkeypatch):
    """Of the convolution one operation per weight and output; of neurons as many bytes as are told."""
    monkeypatch.setattr(module, "matmul_peak", lambda device: product)
    monkeypatch.setattr(module, "memory_bandwidth", lambda device: 1e9)
    spikes = (torch.rand(2, 3, 1, 28, 28) < 0.5).float()
    limits = roofline(SpikingConvNet(2), spikes)
    names = "second convolution", "neurons, operation by operation", "neurons, in one kernel"
    assert tuple(limits.dots) == names
    (conv, conv_speed), (neurons, neuron_speed), (in_one_kernel, _) = limits.dots.values()
    outputs = 6 * 50 * 8 * 8
    touched = 6 * 20 * 12 * 12 + outputs + 50 * 20 * 25
    assert conv == pytest.approx(2 * outputs * 20 * 25 / (4 * touched))
    assert neurons == pytest.approx(9 / (4 * 21)) and in_one_kernel == pytest.approx(9 / (4 * 2))
    assert min(conv_speed, neuron_speed) > 0
    assert limits.peak == max(product, *(speed for _, speed in limits.dots.values()))
