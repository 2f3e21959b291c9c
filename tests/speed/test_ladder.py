"""The rungs of chapter 3 compute the same, and what is said of their speeds is what was measured."""

from functools import partial

import pytest
import torch

from helpers.model import SpikingConvNet
from helpers.speed import ladder
from helpers.speed.ladder import LIMIT
from helpers.speed.measure import Speed

SPIKES = (torch.rand(20, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0)) < 0.5).float()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return SpikingConvNet(20)


@pytest.mark.parametrize("version", ["time in batch", "own backward pass", "contiguous"])
def test_each_rung_computes_what_the_loop_computes(net, version):
    own = ladder.with_weights_of(net, channels_last=version != "contiguous")
    forward = partial(ladder.time_in_batch, own) if version == "time in batch" else own
    right = ladder._numbers(partial(ladder.loop_over_time, net), net, SPIKES)
    found = ladder._numbers(forward, own, SPIKES)
    assert right[0].abs().max() > 0
    for a, b in zip(found, right, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


def test_other_numbers_are_told(net, capsys):
    ladder.compare_numbers(lambda spikes: 2 * net(spikes), net, SPIKES)
    assert "voltages 1e+00, gradients up to 3e+00" in capsys.readouterr().out


def test_climbing_says_what_each_rung_brings(net, monkeypatch, capsys):
    speeds = {
        "1 loop": (10, 9, 11),
        "2 batch": (20, 19, 21),
        "3 own backward": (21, 18, 22),
        "4 slow": (9, 8, 10),
    }
    speeds |= {"5 ours": (10, 9.9, 10.1), "6 last": (10.2, 10.15, 10.3), LIMIT: (30, 29, 31)}
    speeds = {name: Speed(*numbers, 1) for name, numbers in speeds.items()}

    def measured(steps, items, announce):
        return {name: speeds[name] for name in steps}

    monkeypatch.setattr(ladder, "measure_throughput", measured)
    steps = dict.fromkeys(name for name in speeds if name != LIMIT)
    assert ladder.climb(steps, SPIKES, torch.zeros(3, dtype=torch.long)) == speeds
    assert capsys.readouterr().out.splitlines() == [
        "rung 2 (batch): 2.00 times as fast as the rung before, more than the spread",
        "rung 3 (own backward): 1.05 times as fast as the rung before, within the",
        "  spread, so it may be chance",
        "rung 4 (slow): 0.43 times as fast as the rung before, more than the spread",
        "rung 5 (ours): 1.11 times as fast as the rung before, within the spread, so",
        "  it may be chance",
        "rung 6 (last): 1.02 times as fast as the rung before, more than the spread",
    ]


@pytest.mark.parametrize("units, dtype", [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_that_only_imitates_bfloat16_gets_float16(monkeypatch, units, dtype):
    monkeypatch.setattr(
        "torch.cuda.is_bf16_supported",
        lambda including_emulation=True: including_emulation or units,
    )
    assert ladder.half_type("cuda") is dtype and ladder.half_type("cpu") is torch.bfloat16


def test_a_rung_keeps_all_options_of_its_network():
    options = {"seq_length": 5, "encoding": "lif", "alpha": 7.0, "n_hidden": 30, "data": "KMNIST"}
    rung = ladder.with_weights_of(SpikingConvNet(**options), compile=True)
    assert rung.options == {**SpikingConvNet(**options).options, "compile": True}
