"""`fit --own spoken`: learns, leaves a speaker out, and goes on exactly in one process and in three."""

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


def test_a_speaker_who_is_left_out_is_unknown(forks, tmp_path):
    forks(tmp_path, *FIT, "--data.leave_out=lucas", "--run=lucas")


@pytest.mark.parametrize(
    "option, word", [("leave_out=luca", "nicolas"), ("name=SHD", "shd_train.h5")]
)
def test_data_that_are_not_there_are_refused(option, word, forks, tmp_path):
    refused = forks(tmp_path, *FIT, f"--data.{option}", status=2)
    assert word in refused.err


def test_the_sizes_of_the_network_are_those_of_the_data():
    assert Model(data="SHD").net.lif.n_inputs == 700
    assert Model(data="SHD").net.out.out_features == 20
    assert Model().net.lif.n_inputs == 80


@pytest.mark.parametrize(
    "option", [{"n_hidden": 0}, {"alpha": 0.0}, {"dropout": 1.0}, {"delay": 0}]
)
def test_a_wrong_option_is_named(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"^{name} is "):
        Model(**option)


def test_without_recurrence_no_neuron_hears_another():
    net = Model(recurrent=False).net
    assert not net.lif.recurrent_weights.any() and not net.lif.recurrent_weights.requires_grad
    fixed = Model(learn_time=False).net
    assert not fixed.lif.raw_a.requires_grad and fixed.lif.recurrent_weights.any()


class Shuffled(Model):
    """Hears the time steps of each recording in an order of its own, in training and in the test."""

    def to_sequence(self, x):
        order = torch.rand(x.shape[:2]).argsort(1)
        x = x.gather(1, order[:, :, None].expand_as(x))
        return super().to_sequence(x)


def test_without_the_order_of_time_steps_much_is_lost():
    """What is left is what counting gets: tests/studies/listen.py has recorded more of it."""
    data = Data()
    right = {}
    for kind in (Model, Shuffled):
        pl.seed_everything(0, verbose=False)
        model = fit(kind(n_hidden=100), data, max_epochs=6, enable_progress_bar=False)
        (scores,) = model.trainer.test(model, data, verbose=False)
        right[kind] = scores[TEST_ACC]
    assert right[Model] > 0.92
    assert right[Shuffled] < 0.87  # 300 recordings: three standard errors are 0.06
