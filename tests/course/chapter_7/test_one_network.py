"""What chapter 7 shows is that of the course's own neurons, and of real trainings."""

import math
import re

import pytest
import torch

from helpers.course.chapter_7 import check
from helpers.course.chapter_7.delay_trials import detectable, read_delays
from helpers.course.chapter_7.neurons import A, B
from helpers.course.chapter_7.split_steps import LOCAL, read_split
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
LATE = "1000 Mbit/s, 1000 µs"


def held_back(link: str, neurons: int, delay: int) -> float:
    """Milliseconds for which this link holds the messages of a training step back.

    Forward, a process sends its spikes as bits, backward 4 bytes for each spike of the other's.
    Nothing arrives in the first block.
    """
    mbit, latency = (int(number) for number in re.findall(r"\d+", link))
    n_messages = 2 * (math.ceil(100 / delay) - 1)
    size = (100 - delay) * neurons / 2 * (1 / 8 + 4)  # bytes
    return 1e-3 * (n_messages * latency + 8 * size / mbit)


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
    adaptive = difference(ADAPTIVE, SHORT, trials)[1:]
    assert all(low < 0 < high for low, high in (longer, drawn, adaptive))
    text = CHAPTER.read_text()
    for sentence in (
        f"loses {lost} points (95 % interval: from {low.strip('-')} gained to {high} lost)",
        f"needs $R$, which brings {100 * without:.0f} points",
        f"{100 * more:.1f} points ahead after 12 epochs, and {100 * in_the_end:.1f} after 24",
        f"only one of {detected:.1f} points or more would mostly be found",
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
    faster = {n: [ms[LOCAL, n, 1, d] / ms[LOCAL, n, 2, d] for d in delays] for n in sizes}
    assert max(faster[1024]) < 1 < min(faster[4096])
    gains = "{:.1f}, {:.1f} and {:.1f}".format(*(faster[n][delays.index(20)] for n in sizes))
    alone = [ms[LOCAL, n, 1, 1] / ms[LOCAL, n, 1, 20] for n in sizes]
    first = ms[SLOW, 4096, 2, 1] / ms[LOCAL, 4096, 2, 1] - 1
    added = [ms[SLOW, 4096, 2, d] - ms[LOCAL, 4096, 2, d] for d in delays]
    held = [held_back(SLOW, 4096, d) for d in delays]
    scatter = [ms[SLOW, 4096, 2, d] - least_ms[SLOW, 4096, 2, d] for d in delays]
    assert all(abs(a - b) < c for a, b, c in zip(added, held, scatter))
    late = {n: [held_back(LATE, n, d) for d in (10, 20, 40)] for n in sizes}
    fastest = {
        n: [least_ms[LATE, n, 2, d] - least_ms[LOCAL, n, 2, d] for d in (10, 20, 40)] for n in sizes
    }
    shares = [a / b for n in (1024, 2048) for a, b in zip(fastest[n], late[n])]
    at_five = least_ms[SLOW, 4096, 2, 5] - least_ms[LOCAL, 4096, 2, 5]
    read = [4e-6 * n**2 / own_ms[n, 1, 1] for n in sizes]
    pace = [1e3 * own_ms[n, 2, 20] / 20 for n in sizes]
    text = CHAPTER.read_text()
    for sentence in (
        f"With 20 steps, they are {gains} times as fast as one",
        f"one process {alone[0]:.1f} times as fast with 1,024 neurons, and {alone[2]:.1f} times",
        f"the link adds {100 * first:.0f} % with a delay of 1: {added[0]:.0f} ms, then {in_words(added[1:])}",
        f"messages are held back for {in_words(held)} ms",
        f"they take at most {max(fastest[4096]):.1f} ms longer, though messages are held back for {min(late[4096]):.0f} to {max(late[4096]):.0f}",
        f"With fewer neurons, {100 * min(shares):.0f} to {100 * max(shares):.0f} % is added",
        f"a delay of 5, {at_five:.0f} of {held_back(SLOW, 4096, 5):.0f} ms are left",
        f"even {ms[LOCAL, 4096, 1, 1] / ms[LOCAL, 1024, 1, 1]:.0f} times",
        f"read {read[0]:.0f} GB a second in that study, with 4,096 only {read[2]:.0f}",
        f"a step's product takes {pace[2]:.0f} µs. What travels longest, the step's gradients, 8,192 bytes, takes {8192 / 125:.0f} µs",
        f"takes {pace[1]:.0f} µs, and the gradients {4096 / 125:.0f}",
    ):
        assert sentence in text
