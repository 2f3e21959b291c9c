"""What chapter 9 shows is that of the course's own neurons, and of real trainings."""

from statistics import mean

import pytest
import torch

from helpers.course.chapter_9 import check
from helpers.course.chapter_9.neurons import A, B
from helpers.course.chapter_9.recorded import by_delay, read_delays
from helpers.recurrent.neuron import RecurrentLIF
from helpers.spoken.recordings import SPEAKERS
from helpers.sweep.intervals import mean_interval
from tests import ROOT


@pytest.mark.parametrize("d", [1, 4, 30])
def test_blocks_compute_what_the_module_does(d):
    """In float64: all spikes and the gradient of R."""
    torch.set_default_dtype(torch.float64)
    try:
        options = {"alpha": 1.0, "dt": 1.0, "autapses": True, "delay": d}
        lif = RecurrentLIF(7, 12, tau_mem_inv=A, tau_syn_inv=1 - B, **options)
        x = 6 * torch.rand(25, 2, 7)
        loss = torch.randn(25, 2, 12)
        R = (3 * lif.recurrent_weights).detach().requires_grad_()
        lif.recurrent_weights.data.mul_(3)
        z = lif(x)[0]
        (z * loss).sum().backward()
        inputs = (x @ lif.input_weights.T).detach()
        blocks = check.in_blocks.ours(inputs, R, d)
        (blocks * loss).sum().backward()
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(z, blocks) and 50 < z.sum() < 550
    if d < 25:
        torch.testing.assert_close(R.grad, lif.recurrent_weights.grad, rtol=0, atol=1e-12)


def test_recorded_delays_are_of_real_trainings():
    trials = read_delays()
    assert len({trial[:3] for trial in trials}) == len(trials), "a training has two rows"
    for trial in trials:
        assert trial.leave_out in ("", *SPEAKERS)
        assert trial.n_test == (450 if trial.leave_out else 300)
        assert trial.n_test / 10 < trial.n_right <= trial.n_test
    study = by_delay(trials)
    assert list(study) == ["1", "2", "4", "8", "16", "1 to 16"]
    for row in study.values():
        assert row.seeds[0] <= row.share <= row.seeds[1] and row.n_seeds >= 2
        assert row.recordings[0] < row.share < row.recordings[1]
    strangers = {(run.delay, run.leave_out): 100 * run.n_right / run.n_test for run in trials}
    lost = [strangers["1", who] - strangers["16", who] for who in SPEAKERS]
    low, high = mean_interval(lost)
    assert max(lost) > sum(lost) / 2  # "most of it one voice"
    chapter = (ROOT / "solutions" / "09_one_network.md").read_text()
    assert f"lose {mean(lost):.1f} points with 16 steps" in chapter
    assert f"from {high:.1f} lost to {-low:.1f} gained" in chapter
