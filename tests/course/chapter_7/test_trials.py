"""The recorded study of spoken digits: its table, and how it counts."""

from math import isnan, nan

import pytest
import torch

from helpers.course.chapter_7.trials import Summary, Trial, read_trials, summary
from helpers.spoken.spoken_net import SpokenNet
from helpers.sweep.intervals import share_interval
from tests.studies.listen import GRU, count_work, hidden_layer, linear, plan, shuffle_steps


def trial(setting: str, seed: int, n_right: int, leave_out: str = "", **others) -> Trial:
    values = {"epochs": 12, "n_test": 100, "val_right": 90, "n_val": 100, "seconds": 40.0}
    values |= {"operations": 1000.0, "spikes": nan}
    return Trial(setting, seed, leave_out, n_right=n_right, **(values | others))


def test_a_summary_for_each_setting():
    trials = [
        trial("B", 0, 90, seconds=50.0, operations=1000.0),
        trial("A", 0, 80),
        trial("B", 1, 92, seconds=41.0, operations=2000.0),
        trial("B", 2, 94, seconds=40.0, operations=6000.0),
        trial("B", 0, 20, leave_out="theo"),
        trial("choice", 0, 0, n_test=0),
    ]
    found = summary(trials)
    assert list(found) == ["B", "A"]
    assert found["B"] == pytest.approx(Summary(0.92, 0.87031, 0.96969, 41.0, 3000.0, 3), abs=5e-6)
    assert found["A"][:3] == (0.8, *share_interval(80, 100))


def test_each_event_and_each_spike_costs_one_operation_a_synapse():
    x = torch.zeros(100, 2, 80)  # two recordings; the second is silent
    x[0, 0, 7] = 3.0
    for recurrent, others in ((True, 255), (False, 0)):
        net = SpokenNet(recurrent=recurrent).eval()
        with torch.no_grad():
            net.lif.input_weights.zero_()
            net.lif.input_weights[4, 7] = 100.0  # one synapse, by which one neuron spikes
        operations, spikes = count_work(net, x)
        assert spikes > 0
        assert operations == pytest.approx(3 / 2 + (others + 10) * spikes)


def test_what_does_not_spike_has_macs():
    x = torch.zeros(100, 2, 80)
    assert count_work(linear(), x)[0] == 80 * 10
    assert count_work(hidden_layer(), x)[0] == 80 * 128 + 128 * 10
    operations, spikes = count_work(GRU(), x)
    assert operations == 100 * 3 * 256 * (80 + 256) + 256 * 10
    assert isnan(spikes)


def test_shuffling_moves_whole_steps_within_a_recording(events):
    x = events[:, :20].transpose(0, 1).float()
    shuffled = shuffle_steps(x, torch.Generator().manual_seed(0))
    again = shuffle_steps(x, torch.Generator().manual_seed(0))
    assert torch.equal(shuffled, again)
    orders = set()
    for before, after in zip(x, shuffled):
        assert not torch.equal(before, after)
        assert sorted(before.tolist()) == sorted(after.tolist())
        orders.add(tuple(after.sum(1).tolist()))
    assert len(orders) == 20


def test_the_study_has_recorded_what_it_plans():
    trials = read_trials()
    recorded = [(row.setting, row.seed, row.leave_out) for row in trials]
    assert len(set(recorded)) == len(recorded)
    planned = {training.key: training for training in plan()}
    assert set(recorded) == set(planned)
    for row in trials:
        assert row.epochs == planned[row[:3]].epochs
        assert 0 <= row.n_right <= row.n_test
        assert 0 <= row.val_right <= row.n_val
        assert row.seconds > 0 and row.operations > 0
        n_test = 450 if row.leave_out else 300
        assert row.n_test == (0 if planned[row[:3]].is_choice else n_test)
