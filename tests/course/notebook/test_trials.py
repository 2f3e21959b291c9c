"""The recorded study of spoken digits: its table, and how it counts."""

import re
from math import isnan, nan, sqrt

import pytest
import torch

from helpers.course.chapter_5 import check
from helpers.course.notebook.trials import (
    Trial,
    difference,
    read_trials,
    shares_by_voice,
    summary,
)
from helpers.spoken.model import SpokenNet
from helpers.spoken.recordings import SPEAKERS
from helpers.sweep.intervals import share_interval
from tests import ROOT
from tests.studies.listen import (
    GRU,
    SPIKING,
    WIDE,
    Binned,
    WithoutSpikes,
    count_work,
    cut_into_bins,
    pack,
)

CHAPTER = ROOT / "solutions" / "05_listen.md"


def trial(setting: str, seed: int, right: str, leave_out: str = "") -> Trial:
    n_right = right.count("1")
    counts = n_right, len(right), 90, 100
    return Trial(setting, seed, leave_out, 12, *counts, 1000.0, nan, pack(right))


def test_a_summary_has_an_interval_of_seeds_and_one_of_recordings():
    found = summary(
        "B",
        [
            trial("B", 0, "1" * 90 + "0" * 10),
            trial("A", 0, "1" * 80 + "0" * 20),
            trial("B", 1, "1" * 92 + "0" * 8),
            trial("B", 2, "1" * 94 + "0" * 6),
            trial("B", 0, "0" * 100, leave_out="theo"),
        ],
    )
    assert found.share == pytest.approx(0.92)
    assert found.seeds == pytest.approx((0.87031, 0.96969), abs=5e-6)
    assert found.recordings == share_interval(92, 100)


def test_answers_are_kept_in_their_order():
    right = "0001011000"
    assert trial("A", 0, right).each().tolist() == [float(bit) for bit in right]


def test_a_difference_is_taken_recording_by_recording():
    """What both get right makes the interval no wider, what differs between seeds does."""
    trials = [
        trial("A", 0, "11110000" * 10),
        trial("A", 1, "11111000" * 10),
        trial("B", 0, "11100000" * 10),
        trial("B", 1, "11100000" * 10),
    ]
    variance = 9.6875 / 79 / 80 + (1 / 16) ** 2  # of recordings, and of seeds of A
    half = 12.706 * sqrt(variance)
    assert difference("A", "B", trials) == pytest.approx((0.1875, 0.1875 - half, 0.1875 + half))


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
    assert count_work(Binned(5), x)[0] == 5 * 80 * 128 + 128 * 10
    operations, spikes = count_work(WithoutSpikes(), x)
    assert operations == 100 * 3 * 63 * (80 + 63) + 63 * 10
    assert isnan(spikes)


def n_weights(make) -> int:
    return sum(weight.numel() for weight in make().parameters() if weight.requires_grad)


@pytest.mark.parametrize("other", [SPIKING[WIDE], WithoutSpikes], ids=[WIDE, GRU])
def test_networks_that_are_compared_have_as_many_weights(other):
    n_recurrent = n_weights(SPIKING["recurrent, learned"]) - 128  # from a neuron to itself: stay 0
    assert n_weights(other) == pytest.approx(n_recurrent, rel=0.01)


def test_equal_neurons_are_those_of_67_and_21_ms_and_do_not_learn():
    lif = SPIKING["recurrent, equal"]().net.lif
    assert lif.tau_mem_inv.tolist() == pytest.approx([1 / 0.067] * 128, rel=1e-5)
    assert lif.tau_syn_inv.tolist() == pytest.approx([1 / 0.021] * 128, rel=1e-5)
    assert not lif.raw_a.requires_grad and not lif.raw_b.requires_grad


def test_the_study_cuts_time_as_the_chapter_does():
    x = torch.randint(4, (100, 3, 80)).float()
    rows = cut_into_bins(x, 5).transpose(0, 1).flatten(1)
    assert torch.equal(rows, check.cut_into_bins.ours(x, 5))


def test_the_chapter_says_what_the_study_found():
    trials = read_trials()
    pairs = re.findall(r'^    \("(.+)", "(.+)"\),$', CHAPTER.read_text(), re.MULTILINE)
    assert [difference(*pair, trials)[1] > 0 for pair in pairs] == [
        True,
        False,
        False,
        False,
        False,
    ]
    _, low, high = difference("recurrent, learned", "recurrent, equal", trials)
    assert low < 0 < high
    # t of 28 degrees of freedom, and what four of five studies exceed
    detected = (2.05 + 0.84) * (high - low) / (2 * 2.05)
    assert round(300 * detected) == 7
    pooled = [
        run._replace(setting=run.setting.split(",")[0])
        for run in trials
        if run.setting.endswith(("equal", "fixed", "learned"))
    ]
    assert difference("recurrent", "feed-forward", pooled)[1] > 0
    shuffled, counted = (
        summary(name, trials)
        for name in ("shuffled steps, recurrent, 256 neurons", "counted, hidden layer")
    )
    assert shuffled.share < counted.share
    voices = shares_by_voice("recurrent, 256 neurons", trials).mean(1)
    assert voices.argmin() == SPEAKERS.index("nicolas")
