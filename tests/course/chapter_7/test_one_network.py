"""What chapter 7 shows is that of the course's own neurons, and of real trainings."""

import math

import pytest
import torch

from helpers.course.chapter_7 import check
from helpers.course.chapter_7.delay_trials import detectable, read_delays
from helpers.course.chapter_7.neurons import A, B
from helpers.course.chapter_7.split_steps import (
    BANDWIDTH,
    CASES,
    DELAYS,
    LATENCY,
    SIZES,
    read_split,
)
from helpers.course.notebook.trials import difference, read_trials
from helpers.loader import Sequences
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken.model import SpokenNet
from tests import ROOT
from tests.studies.delays import (
    ADAPTIVE,
    DIFFERENT,
    LONG,
    SHORT,
    TRAINED_LONGER,
    WITHOUT,
    AdaptiveLIF,
    pair,
)

CHAPTER = ROOT / "solutions" / "07_one_network.md"


def held_back(neurons: int, delay: int) -> float:
    """Milliseconds for which the slow link holds the messages of a training step back.

    Forward, a process sends its spikes as bits, backward 4 bytes for each spike of the other's.
    Nothing arrives in the first block.
    """
    n_messages = 2 * (math.ceil(100 / delay) - 1)
    size = (100 - delay) * neurons / 2 * (1 / 8 + 4)  # bytes
    return 1e3 * (n_messages * LATENCY + size / BANDWIDTH)


def test_blocks_compute_what_the_module_does(seed):
    """In float64: all spikes and the gradient of R."""
    torch.set_default_dtype(torch.float64)
    try:
        options = {"alpha": 1.0, "dt": 1.0, "delay": 4}
        lif = RecurrentLIF(7, 12, tau_mem_inv=A, tau_syn_inv=1 - B, **options)
        lif.recurrent_weights.data.mul_(3)
        x = 6 * torch.rand(25, 2, 7)
        loss = torch.randn(25, 2, 12)
        R = lif.recurrent_weights.detach().clone().requires_grad_()
        z = lif(x)[0]
        blocks = check.in_blocks.ours((x @ lif.input_weights.T).detach(), R, 4)
        (z * loss).sum().backward()
        (blocks * loss).sum().backward()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(z, blocks) and 50 < z.sum() < 550
    R.grad.fill_diagonal_(0.0)  # no neuron of the module receives its own spikes
    torch.testing.assert_close(R.grad, lif.recurrent_weights.grad, rtol=0, atol=1e-12)


def test_the_chapter_says_what_is_recorded_of_delays():
    """After a new record, the sentence that fails is to be changed as it is printed here."""
    pair = "recurrent, 256 neurons", "feed-forward, 256 neurons"
    lost, low, high = (f"{100 * part:.1f}" for part in difference(*pair, read_trials()))
    assert low[0] == "-"
    trials = read_delays()
    without, _, _ = difference(SHORT, WITHOUT, trials)
    more, least, _ = difference(LONG, SHORT, trials)
    assert least > 0
    in_the_end, *longer = difference(*reversed(TRAINED_LONGER), trials)
    drawn = difference(DIFFERENT, LONG, trials)[1:]
    detected = 100 * detectable(*drawn)
    lost_by_adapting, *adaptive = difference(SHORT, ADAPTIVE, trials)
    assert all(low < 0 < high for low, high in (longer, drawn, adaptive))
    text = CHAPTER.read_text()
    for sentence in (
        f"loses {lost} points (95 % interval: from {low.strip('-')} gained to {high} lost)",
        f"After 12 epochs, $R$ brings {100 * without:.0f} points",
        f"{100 * more:.1f} points ahead after 12 epochs, and {100 * in_the_end:.1f} after 24",
        f"but one below {detected:.1f} points would often be missed",
        f"it lost {100 * lost_by_adapting:.1f} points",
    ):
        assert sentence in text


def test_adaptive_neurons_are_the_course_s_but_for_their_threshold(seed, monkeypatch):
    """Spikes and gradients, if no spike raises it; and if one does, fewer spikes follow."""
    lif = SpokenNet(32).lif
    x = (torch.rand(40, 3, 80) < 0.2).float()
    loss = torch.randn(40, 3, 32)
    raised = AdaptiveLIF(lif)(x)[0]
    monkeypatch.setattr(AdaptiveLIF, "JUMP", 0.0)
    adaptive = AdaptiveLIF(lif)
    z, same = lif(x)[0], adaptive(x)[0]
    assert torch.equal(z, same) and raised.sum() < z.sum()
    (z * loss).sum().backward()
    (same * loss).sum().backward()
    for weights, others in zip(lif.parameters(), adaptive.parameters()):
        torch.testing.assert_close(weights.grad, others.grad, rtol=1e-3, atol=1e-4)


def test_a_detectable_difference_is_larger_than_half_the_interval():
    """2.80 standard errors, where the 95 % interval is 1.96 on both sides."""
    assert detectable(-1.0, 2.92) == pytest.approx(2.80, abs=0.005)


def test_each_recording_is_first_once_and_second_once():
    recordings = torch.arange(9.0).reshape(1, 9, 1)
    pairs = pair(Sequences(recordings, torch.arange(9)))
    first, second = pairs.spikes[..., 0]
    assert first.tolist() == pairs.labels.tolist() == sorted(second.tolist()) != second.tolist()


def test_the_chapter_says_what_is_recorded_of_split_networks():
    """After a new record, the sentence that fails is to be changed as it is printed here."""
    runs = {case: read_split(case) for case in CASES}
    one, threads, two, slow = (ms.median(0).values for ms in runs.values())
    alone, rival, split, slowed = runs.values()
    n_cases = rival.numel()
    assert n_cases == 5 * len(SIZES) * len(DELAYS)
    growth = alone[:, 2, 0] / alone[:, 0, 0]
    at_20 = DELAYS.index(20)
    gain = one[:, 0] / one[:, at_20]
    large = (one / two)[2]
    assert (one < two)[0].all()
    ratio = two / threads
    of_20_steps = read_split("two processes", "own_ms")[..., at_20].median(0).values
    pace = 1e3 * of_20_steps / 20
    travels = [1e6 * 4 * n / 2 / BANDWIDTH for n in SIZES]
    spare = [own - there for own, there in zip(pace.tolist(), travels)]
    added = (slowed - split).median(0).values[1]
    assert (slowed - split).median(0).values[:, [0, -1]].diff().max() < 0
    text = CHAPTER.read_text()
    for sentence in (
        f"section 7.4's study, {growth.min():.0f} to {growth.max():.0f} times)",
        f"made one process {gain.min():.1f} to {gain.max():.1f} times as fast",
        f"With 4,096, they are {large.min():.1f} to {large.max():.1f} times as fast",
        f"In {(rival < split).sum()} of the {n_cases} pairs of dots, it was faster than two processes, by the medians {ratio.min():.1f} to {ratio.max():.1f} times",
        f"a step's product takes {pace[2]:.0f} µs. What travels longest, the step's gradients, 8,192 bytes, takes {travels[2]:.0f} µs",
        f"each step has nearly {math.ceil(spare[2] / 10)}0 µs to spare",
        f"With 2,048, it has less than {math.ceil(spare[1])} µs to spare",
        f"the product takes {pace[0]:.0f} µs, and the gradients {travels[0]:.0f}",
        f"with 2,048 neurons, it falls from {added[0]:.0f} ms to {added[-1]:.0f}",
        f"for {held_back(2048, 1):.0f} ms with a delay of 1, and for {held_back(2048, 40):.0f} with 40",
    ):
        assert sentence in text
