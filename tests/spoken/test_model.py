"""`fit --own spoken`: learns, and goes on exactly in one process and in three."""

from signal import SIGTERM

import pytest
import pytorch_lightning as pl
import torch

from helpers.course.notebook.trained import fit
from helpers.engine.scores import TEST_ACC
from helpers.spoken.data import Data
from helpers.spoken.model import Model
from tests.test_train import assert_same_training

FIT = [
    *("fit", "--own=spoken", "--model.n_hidden=20", "--data.batch_size=16"),
    *("--trainer.max_epochs=2", "--trainer.limit_train_batches=6", "--trainer.accelerator=cpu"),
    *("--trainer.limit_val_batches=2", "--trainer.limit_test_batches=2"),
    *("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
    *("--last.every_n_train_steps=2", "--trainer.log_every_n_steps=2", "--model.delay=3"),
]


@pytest.mark.parametrize("size", [1, 3])
def test_a_stopped_training_ends_as_if_it_never_stopped(size, forks, tmp_path):
    """With dropout and distorted recordings, whose random numbers have to come again."""
    whole = forks(tmp_path, *FIT, "--run=whole", size=size)
    forks(tmp_path, *FIT, "--run=parts", size=size, stop=("training_step", 4, SIGTERM), status=130)
    parts = forks(tmp_path, "fit", "--run=parts", "--resume", size=size)
    assert_same_training(tmp_path / "parts", tmp_path / "whole")
    assert whole.last == parts.last and whole.last.startswith(TEST_ACC)


def test_a_network_has_the_sizes_and_the_time_step_of_its_data(seed):
    heidelberg, spoken = (Model(data=data).net for data in ("SHD", "spoken"))
    assert (heidelberg.lif.n_inputs, heidelberg.out.out_features) == (700, 20)
    assert (spoken.lif.n_inputs, spoken.out.out_features) == (80, 10)
    assert heidelberg.lif.dt == pytest.approx(0.014) and spoken.lif.dt == 0.008
    means = [net.lif.tau_mem_inv.detach().mean() for net in (heidelberg, spoken)]
    torch.testing.assert_close(*means, rtol=0.05, atol=0)  # they are spread at random


@pytest.mark.parametrize("option", [{"n_hidden": 0}, {"alpha": 0.0}, {"dropout": 1.0}])
def test_a_wrong_option_is_named(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"^{name} is "):
        Model(**option)


def test_without_recurrence_no_neuron_hears_another():
    net = Model(recurrent=False).net
    assert not net.lif.recurrent_weights.any() and not net.lif.recurrent_weights.requires_grad
    fixed = Model(learn_time=False).net
    assert not fixed.lif.raw_a.requires_grad and fixed.lif.recurrent_weights.any()


def test_a_small_network_learns_to_listen():
    pl.seed_everything(0, verbose=False)
    data = Data()
    model = fit(Model(n_hidden=100), data, max_epochs=6, enable_progress_bar=False)
    (scores,) = model.trainer.test(model, data, verbose=False)
    assert scores[TEST_ACC] > 0.92
