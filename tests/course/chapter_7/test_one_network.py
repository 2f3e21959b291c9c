"""What chapter 7 shows is that of the course's own neurons, and of real trainings."""

from statistics import mean

import torch

from helpers.course.chapter_7 import check
from helpers.course.chapter_7.delay_trials import by_delay, read_delays
from helpers.course.chapter_7.neurons import A, B
from helpers.course.chapter_7.split_steps import LOCAL, SplitStep, fit_law, read_split
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken.recordings import SPEAKERS
from helpers.sweep.intervals import mean_interval
from tests import ROOT

CHAPTER = ROOT / "solutions" / "07_one_network.md"


def test_blocks_compute_what_the_module_does(seed):
    """In float64: all spikes and the gradient of R."""
    torch.set_default_dtype(torch.float64)
    try:
        options = {"alpha": 1.0, "dt": 1.0, "autapses": True, "delay": 4}
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
    torch.testing.assert_close(R.grad, lif.recurrent_weights.grad, rtol=0, atol=1e-12)


def test_the_chapter_says_what_is_recorded_of_delays():
    trials = read_delays()
    assert list(by_delay(trials)) == ["1", "2", "4", "8", "16", "1 to 16"]
    strangers = {(run.delay, run.leave_out): 100 * run.n_right / run.n_test for run in trials}
    lost = [strangers["1", who] - strangers["16", who] for who in SPEAKERS]
    low, high = mean_interval(lost)
    assert max(lost) > sum(lost) / 2  # "most of it one voice"
    chapter = CHAPTER.read_text()
    assert f"lose {mean(lost):.1f} points with 16 steps" in chapter
    assert f"from {high:.1f} lost to {-low:.1f} gained" in chapter


SIZES = 1024, 2048, 4096
SLOW = "1000 Mbit/s, 200 µs"


def said(values) -> str:
    """As a sentence lists them."""
    return "{}, {} and {}".format(*values)


def long_enough(ms: dict, link: dict) -> str:
    """The first of the delays from which on a link adds at most a fifth to a step."""
    short = [delay for delay in ms if link[delay] > 1.2 * ms[delay]]
    longer = [delay for delay in ms if delay > max(short, default=0)]
    return str(min(longer, default="none"))


def test_section_4_says_what_is_recorded_of_split_networks():
    """After a new record, the sentence that fails is to be changed as it is printed here."""
    rows = {row[:4]: row for row in read_split()}
    delays = sorted({row.delay for row in rows.values()})
    law = fit_law([row for row in rows.values() if row.link == LOCAL and row.neurons != 2048])
    faster = {
        d: said(f"{rows[LOCAL, n, 1, d].ms / rows[LOCAL, n, 2, d].ms:.1f}" for n in SIZES)
        for d in (1, 20)
    }
    enough = []
    for find in (law, lambda row: row.ms):
        by_size = [
            [{d: find(rows[link, n, 2, d]) for d in delays} for link in (LOCAL, SLOW)]
            for n in SIZES
        ]
        enough.append(said(long_enough(*ms) for ms in by_size))
    empty = SplitStep(LOCAL, 0, 1, 50, *4 * [0.0])  # one block
    exchange = law(empty._replace(processes=2)) - law(empty)
    added = rows[SLOW, 4096, 2, 1].ms - rows[LOCAL, 4096, 2, 1].ms
    assert rows[SLOW, 4096, 2, 1].left_ms == 0
    text = CHAPTER.read_text()
    for sentence in (
        f"With 20 steps of delay, two processes are {faster[20]} times as fast as one, all with one thread, for 1,024, 2,048 and 4,096 neurons; with 1 step, {faster[1]} times.",
        f"The shortest that is enough is {enough[0]} by the law, and {enough[1]} as measured.",
        f"our own {exchange:.1f} ms per block",
        f"the link adds {added:.0f} ms",
    ):
        assert sentence in text
