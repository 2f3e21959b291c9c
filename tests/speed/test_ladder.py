"""The rungs of chapter 3 compute the same, and what is said of their speeds is what was measured."""

from functools import partial

import pytest
import torch

from helpers.assets import recorded
from helpers.model import SpikingConvNet
from helpers.speed import ladder
from helpers.speed.ladder import LIMIT, change
from helpers.speed.measure import Speed
from tests.studies.ladder import write_ladder

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
    speeds = {"1": (10, 9, 11, 1), "2": (20, 19, 21, 1), "3": (21, 18, 22, 1), LIMIT: (30, 29, 31, 1)}
    speeds = {name: Speed(*numbers) for name, numbers in speeds.items()}
    monkeypatch.setattr(ladder, "measure_throughput", lambda steps, items: {name: speeds[name] for name in steps})
    assert ladder.climb(dict.fromkeys("123"), SPIKES, torch.zeros(3, dtype=torch.long)) == speeds
    assert capsys.readouterr().out.splitlines() == [
        "2: 2.00 times the speed of 1, more than the spread",
        "3: 1.05 times the speed of 2, within the spread, so no difference can be",
        "  told",
    ]


def test_recorded_ladders_stand_beside_the_own_one(tmp_path, monkeypatch):
    (tmp_path / "gpu").mkdir()
    loop, tf32 = Speed(1000, 900, 1100, 0.5), Speed(3000, 1, 1, 1)
    fast = {"1 loop over time": loop, "5 with TF32": tf32, LIMIT: Speed(4000, 1, 1, 1)}
    write_ladder(tmp_path / "gpu" / recorded.LADDER_CSV, "A card", fast)
    monkeypatch.setattr(recorded, "MEASURED", tmp_path)
    assert recorded.read_ladders() == {"A card": fast}
    here = {"1 loop over time": Speed(50, 40, 60, 1), LIMIT: Speed(200, 1, 1, 1)}
    assert ladder.ladder_table({"here": here, **recorded.read_ladders()}).splitlines() == [
        "| images/s (times ReLU) | here | A card |",
        "| --- | --- | --- |",
        "| 1 loop over time | 50 (0.25) | 1,000 (0.25) |",
        "| 5 with TF32 | - | 3,000 (0.75) |",
        "| ReLU control | 200 (1.00) | 4,000 (1.00) |",
    ]


def test_the_recorded_ladder_is_one_of_real_rungs():
    ladders = recorded.read_ladders()
    assert ladders
    for speeds in ladders.values():
        assert {"1 loop over time", "3 own backward pass", LIMIT} <= set(speeds)
        assert all(0 < speed.low <= speed.median <= speed.high for speed in speeds.values())


def test_images_to_an_accuracy_are_those_of_the_slower_seed():
    some, all_ = recorded.images_to(0.5), recorded.images_to(0.0)
    assert 64 in all_ and all(batch in all_ and images >= all_[batch] for batch, images in some.items())
    assert recorded.images_to(1.1) == {}


@pytest.mark.parametrize("units, dtype", [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_that_only_imitates_bfloat16_gets_float16(monkeypatch, units, dtype):
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation=True: including_emulation or units)
    assert ladder.half_type("cuda") is dtype and ladder.half_type("cpu") is torch.bfloat16
