"""The rungs of chapter 3 compute the same, and what is said of their speeds is what was measured."""

from functools import partial

import pytest
import torch

from helpers.model import SpikingConvNet
from helpers.speed import ladder
from helpers.speed.ladder import LIMIT, change
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


CHANGES = [((12, 11, 13), "faster"), ((8, 7, 9), "slower"), ((12, 10, 13), "the same"), ((12, 10.2, 13), "faster")]


@pytest.mark.parametrize("new, word", [*CHANGES, ((9, 8, 10), "the same")])
def test_a_change_within_the_spread_is_none(new, word):
    assert change(Speed(10, 10, 10.5, 1), Speed(*new, 1)) == word


def test_climbing_says_what_each_rung_brings(net, monkeypatch, capsys):
    speeds = {"1 loop": (10, 9, 11, 1), "2 batch": (20, 19, 21, 1), "3 own backward": (21, 18, 22, 1)}
    speeds = {name: Speed(*numbers) for name, numbers in (speeds | {LIMIT: (30, 29, 31, 1)}).items()}
    monkeypatch.setattr(ladder, "measure_throughput", lambda steps, items: {name: speeds[name] for name in steps})
    steps = dict.fromkeys(name for name in speeds if name != LIMIT)
    assert ladder.climb(steps, SPIKES, torch.zeros(3, dtype=torch.long)) == speeds
    assert capsys.readouterr().out.splitlines() == [
        "rung 2 (batch): 2.00 times as fast as the rung before, more than the spread",
        "rung 3 (own backward): 1.05 times as fast as the rung before, within the",
        "  spread, so it may be chance",
    ]


@pytest.mark.parametrize("units, dtype", [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_that_only_imitates_bfloat16_gets_float16(monkeypatch, units, dtype):
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation=True: including_emulation or units)
    assert ladder.half_type("cuda") is dtype and ladder.half_type("cpu") is torch.bfloat16
