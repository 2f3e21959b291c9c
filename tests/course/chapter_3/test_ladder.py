"""The rungs of chapter 3 compute the same, and what is said of their speeds is what was measured."""

import re
from collections import defaultdict
from functools import partial

import norse.torch as norse
import pytest
import torch
from torch.nn.functional import max_pool2d

from helpers.course.chapter_3 import ladder
from helpers.course.chapter_3.ladder import LIMIT
from helpers.course.notebook.measure import Speed
from helpers.course.notebook.norse_cells import scan
from helpers.model import SpikingConvNet
from helpers.neuron import LIF
from tests import ROOT

SPIKES = (torch.rand(20, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0)) < 0.5).float()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return SpikingConvNet(20)


@pytest.mark.parametrize("version", ["time in batch", "own backward pass", "contiguous"])
def test_each_rung_computes_what_the_loop_computes(net, version):
    own = ladder.with_weights_of(net, channels_last=version != "contiguous")
    forward = partial(ladder.time_in_batch, own) if version == "time in batch" else own
    right = ladder.voltages_and_gradients(partial(ladder.loop_over_time, net), net, SPIKES)
    found = ladder.voltages_and_gradients(forward, own, SPIKES)
    assert right[0].abs().max() > 0
    torch.testing.assert_close(found, right, rtol=1e-3, atol=1e-6)


def test_other_numbers_are_told(net, capsys):
    ladder.compare_numbers(lambda spikes: 2 * net(spikes), net, SPIKES)
    assert "voltages 1e+00, gradients up to 3e+00" in capsys.readouterr().out


def test_climbing_says_what_each_rung_brings_in_each_run(net, monkeypatch, capsys):
    medians = {"1 loop": (10, 11, 9), "2 batch": (20, 21, 19), "3 own": (21, 20, 18)}
    medians[LIMIT] = 30, 31, 29
    runs = []

    def measured(steps, *how):
        runs.append(list(steps))
        return {name: Speed(medians[name][len(runs) - 1], 0, 99, len(runs)) for name in medians}

    monkeypatch.setattr(ladder, "measure_throughput", measured)
    speeds = ladder.climb(dict.fromkeys(list(medians)[:3]), SPIKES, torch.zeros(3).long())
    assert speeds["1 loop"] == (10, 9, 11, 1)  # of the runs' medians; the first is the first run's
    assert [run[0] for run in runs] == ["1 loop", "2 batch", "3 own"]
    assert capsys.readouterr().out.splitlines() == [
        "rung 2 (batch): 1.91, 2.00, 2.11 times as fast as the rung before, in 3 runs",
        "rung 3 (own): 0.95, 0.95, 1.05 times as fast as the rung before, in 3 runs:",
        "  that may be chance",
    ]


CHAPTER = (ROOT / "solutions" / "03_one_device.md").read_text()


def test_a_name_of_a_bar_means_one_program():
    """In all cells of the chapter, a rung's step is made in the same way, of the same network."""
    made = defaultdict(set)
    for name, step in re.findall(r'"(\d [a-z_ ]+)": (training_step\(.+?\)|step),\n', CHAPTER):
        made[name].add(step)
    assert [len(steps) for steps in made.values()] == [1] * 6
    nets = re.findall(r"^(\w+) = (with_weights_of\(.+\))$", CHAPTER, re.MULTILINE)
    assert len(dict(nets)) == len(set(nets)) == 5  # plain, own, ordered, last, in_segments


@pytest.mark.parametrize("units, dtype", [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_that_only_imitates_bfloat16_gets_float16(monkeypatch, units, dtype):
    monkeypatch.setattr(
        "torch.cuda.is_bf16_supported",
        lambda including_emulation=True: including_emulation or units,
    )
    assert ladder.half_type("cuda") is dtype and ladder.half_type("cpu") is torch.bfloat16


def test_a_rung_keeps_the_options_of_its_network_but_how_neurons_are_computed():
    net = SpikingConvNet(5, encoding="lif", alpha=7.0, data="KMNIST")
    rung = ladder.with_weights_of(net, fuse=True)
    assert (rung.seq_length, rung.encoding, rung.lif2.alpha) == (5, "lif", 7.0)
    assert rung.pixels == net.pixels
    for network, fuse in ((ladder.with_weights_of(net), False), (rung, True)):
        found = [getattr(layer, "fuse", None) for layer in network.modules()]
        assert found.count(fuse) == 4  # three LIF layers, the readout


LAYERS = {
    "loop over time": lambda x: max_pool2d(scan(norse.LIFCell(), x).flatten(0, 1), 2),
    "own backward pass": lambda x: operation_by_operation(x, pool=True),
    "ReLU in place of neurons": lambda x: max_pool2d(x.flatten(0, 1).relu(), 2),
    "one kernel, on a CPU": lambda x: LIF()(x, pool=True),
}


def operation_by_operation(x, pool):
    lif = LIF()
    lif.fuse = False
    return lif(x, pool=pool)


@pytest.mark.parametrize("name, layer", LAYERS.items(), ids=LAYERS)
def test_the_backward_pass_is_left_as_many_bytes_as_the_table_says(name, layer):
    x = torch.rand(100, 2, 3, 4, 6, requires_grad=True)
    layer(x)  # compiles the kernel
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = layer(x)
    told = re.search(rf"^\| {name} \| .+ \| (\d+) \|$", CHAPTER, re.MULTILINE)[1]
    assert sum(kept.values()) / x.numel() == pytest.approx(int(told), abs=0.1)
    del result  # until here, it has held what was kept
