"""The widgets to play with keep what was set, and their numbers are those of the course."""

import torch

from helpers.course.notebook.play import show_neuron
from helpers.neuron import Constants, lif_step
from tests.chapters import conftest
from tests.chapters.play import call

launch = conftest.launch
browser = conftest.browser

LOW = torch.tensor([0, 0.5, 2, 2], dtype=torch.float64)
HIGH = torch.tensor([0.6, 2, 30, 20], dtype=torch.float64)


def test_a_cell_that_runs_again_keeps_what_was_set():
    show_neuron().settings = {"input": 0.5}
    assert show_neuron().settings == {"input": 0.5}


def test_neuron_computes_what_lif_step_does(browser, seed):
    """In float64, with 200 random settings."""
    drawn = LOW + (HIGH - LOW) * torch.rand(200, 4, dtype=torch.float64)
    names = "input", "threshold", "tau_mem", "tau_syn"
    settings = [[dict(zip(names, row.tolist())), 100] for row in drawn]
    found = call(browser, show_neuron()._esm, "simulate", settings)

    x, v_th, tau_mem, tau_syn = drawn.T
    v = i = torch.zeros_like(x)
    for t in range(100):
        z, v_before, v, i = lif_step(x, v, i, Constants(1 / tau_mem, 1 / tau_syn, v_th))
        expected = {"i": i, "v_before": v_before, "v": v, "z": z}
        for name, values in expected.items():
            theirs = torch.tensor([steps[t][name] for steps in found], dtype=torch.float64)
            torch.testing.assert_close(theirs, values, rtol=0, atol=1e-6)
