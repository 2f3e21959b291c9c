"""What chapter 7 shows is that of the course's own neurons, and of real trainings."""

import math

import pytest
import torch

from helpers.course.chapter_7 import check
from helpers.course.chapter_7.delay_trials import detectable, read_delays
from helpers.course.chapter_7.neurons import A, B
from helpers.course.chapter_7.split_steps import DELAYS, LOCAL, read_split, read_threads
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
SLOW = "1000 Mbit/s, 200 µs"


def held_back(neurons: int, delay: int) -> float:
    """Milliseconds for which the slow link holds the messages of a training step back.

    Forward, a process sends its spikes as bits, backward 4 bytes for each spike of the other's.
    Nothing arrives in the first block.
    """
    n_messages = 2 * (math.ceil(100 / delay) - 1)
    size = (100 - delay) * neurons / 2 * (1 / 8 + 4)  # bytes
    return 1e-3 * (n_messages * 200 + 8 * size / 1000)


def in_words(numbers: list[float]) -> str:
    """Whole numbers, as a sentence lists them."""
    *words, last = (f"{number:.0f}" for number in numbers)
    return f"{', '.join(words)} and {last}"


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
        f"only one of {detected:.1f} points or more would mostly be found",
        f"a slow memory, lost {100 * lost_by_adapting:.1f} points",
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
    ms = {row[:4]: row.ms for row in read_split()}
    least_ms = {row[:4]: row.least_ms for row in read_split()}
    own_ms = {row[1:4]: row.own_ms for row in read_split() if row.link == LOCAL}
    delays = sorted({row.delay for row in read_split()})
    sizes = 1024, 2048, 4096
    alone = [ms[LOCAL, n, 1, 1] / ms[LOCAL, n, 1, 20] for n in sizes]
    first = ms[SLOW, 4096, 2, 1] / ms[LOCAL, 4096, 2, 1] - 1
    added = [ms[SLOW, 4096, 2, d] - ms[LOCAL, 4096, 2, d] for d in delays]
    held = [held_back(4096, d) for d in delays]
    scatter = [ms[SLOW, 4096, 2, d] - least_ms[SLOW, 4096, 2, d] for d in delays]
    assert all(abs(a - b) < c for a, b, c in zip(added, held, scatter))
    read = [4e-6 * n**2 / own_ms[n, 1, 1] for n in sizes]
    pace = [1e3 * own_ms[n, 2, 20] / 20 for n in sizes]
    text = CHAPTER.read_text()
    for sentence in (
        f"one process {alone[0]:.1f} times as fast with 1,024 neurons, and {alone[2]:.1f} times",
        f"the link adds {100 * first:.0f} % with a delay of 1, or {added[0]:.0f} ms. With 2, 5, 10, 20 and 40 steps it adds {in_words(added[1:])} ms",
        f"holds messages back: {in_words(held)} ms",
        f"exceed the fastest by {min(scatter):.0f} to {max(scatter):.0f} ms",
        f"on another machine even {ms[LOCAL, 4096, 1, 1] / ms[LOCAL, 1024, 1, 1]:.0f} times",
        f"read {read[0]:.0f} GB a second with 1,024 neurons, and {read[2]:.0f} with 4,096",
        f"a step's product takes {pace[2]:.0f} µs. What travels longest, the step's gradients, 8,192 bytes, takes {8192 / 125:.0f} µs",
        f"takes {pace[1]:.0f} µs, and the gradients {4096 / 125:.0f}",
    ):
        assert sentence in text


def test_the_chapter_says_how_fast_two_threads_are():
    """By the fastest steps of all runs, and "in single runs" by those of each."""
    runs = read_threads()
    one, rival, two = runs.amin(0)
    wins = (runs[:, 0] > runs[:, 2]).float().mean((0, 2))  # of two processes, by size
    assert wins[0] < 0.2 and wins[2] > 0.9
    gains = "{:.1f}, {:.1f} and {:.1f}".format(*(one / two)[:, DELAYS.index(20)])
    growth = runs[:, 0, 2, 0] / runs[:, 0, 0, 0]
    by_delay = runs[:, 2, 1, 0] / runs[:, 2, 1, DELAYS.index(20)]
    small = torch.cat([(two / rival)[0], (two / rival)[1, : DELAYS.index(20)]])
    large = (rival / two)[2]
    single = (runs[:, 1] / runs[:, 2])[:, 2]
    alone = one[:, 0] / one[:, DELAYS.index(20)]
    text = CHAPTER.read_text()
    for sentence in (
        f"it took {growth.min():.0f} to {growth.max():.0f} times as long",
        f"gain a factor of {by_delay.min():.0f} to {by_delay.max():.0f} by the delay",
        f"With 20 steps, they are {gains} times as fast",
        f"it is {small.min():.1f} to {small.max():.1f} times as fast as two processes",
        f"two threads take {large.min():.1f} to {large.max():.1f} times as long",
        f"({single.min():.1f} to {single.max():.1f} in single runs)",
        f"(on the other machine, {alone[0]:.1f} and {alone[2]:.1f})",
    ):
        assert sentence in text
