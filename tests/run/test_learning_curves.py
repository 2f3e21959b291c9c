"""Curves say what they show: single batches and their mean in pale and in full colour, and a caption."""

import numpy as np
import torch

from helpers.assets.study_results import Run
from helpers.course.chapter_3.plot import plot_study
from helpers.course.notebook.figures import plot_answer
from helpers.run.learning_curves import plot_curves, running_mean


def test_the_running_mean_is_a_mean_of_neighbours():
    assert running_mean([1.0, 2.0, 3.0]).tolist() == [1, 2, 3]  # too few for a mean
    values = np.arange(40.0)
    assert np.allclose(running_mean(values)[4:-4], values[4:-4] - 0.5)  # of four, one of them after
    assert np.allclose(running_mean(np.ones(40)), 1)  # at the ends too
    noise = np.random.default_rng(0).normal(size=400)
    assert running_mean(noise).std() < 0.3 * noise.std()


def test_a_curve_of_training_is_smoothed_and_explained(tmp_path):
    rows = [f"{step},{1 + step % 2},0.5,," for step in range(40)]
    rows = ["step,train_loss,train_acc,val_loss,val_acc", *rows, "40,,,0.5,0.9"]
    (tmp_path / "metrics.csv").write_text("\n".join(rows))
    loss, _ = plot_curves(tmp_path)
    raw, mean, validation = loss.lines
    assert raw.get_alpha() == 0.3 and np.ptp(raw.get_ydata()) == 1
    assert np.ptp(mean.get_ydata()[4:-4]) < 0.01 and len(validation.get_ydata()) == 1
    caption = loss.figure._supxlabel.get_text()
    assert "running mean" in caption and "averaged weights" in caption


def test_a_raster_says_how_many_neurons_spike(images):
    z = (torch.rand(8, 500, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    axes = plot_answer(images[0], {"lif1": z}, torch.zeros(8, 10), 3)
    active = int((z.sum(0) > 0).sum())
    assert f"of {active:,}" in axes[1].get_title()


def test_seeds_are_named_and_settings_differ_in_colour_and_mark():
    run = Run([1.0, 2.0], [0.9, 0.95], 0.9)
    ax = plot_study({"a": [run, run], "b": [run, run]}, ["a", "b"])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["a", "b", "seed 0", "seed 1"]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert [line.get_linestyle() for line in lines] == ["-", "--", "-", "--"]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 2
