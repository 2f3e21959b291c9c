"""The training command in several processes on this machine: the same numbers as in one."""

import re

import pytest
import torch

from helpers.engine.scores import TEST_ACC, VAL_ACC
from tests import LAYERS
from tests.test_train import TRAIN, start

OPTIONS = [
    "--data.source=embedded",
    "--model.n_hidden=40",
    "--model.distort=0",
    "--model.seq_length=5",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--trainer.callbacks=tests.cluster.probe.Probe",
    "--trainer.num_sanity_val_steps=0",
    "--trainer.max_epochs=1",
]


def fit_in_two(folder, *options) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a training whose second process Lightning starts."""
    process = start(
        [*TRAIN, "fit", *OPTIONS, "--trainer.devices=2", "--trainer.strategy=ddp", *options], folder
    )
    out, err = process.communicate(timeout=200)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def seen(folder, processes: int) -> list[dict]:
    """What each process of the last command in this folder saw."""
    return [torch.load(folder / f"probe-{rank}.pt") for rank in range(processes)]


@pytest.fixture
def command(forks, tmp_path):
    """Runs a command in so many processes, and returns what each of them saw."""

    def command(processes, subcommand, *options):
        forks(tmp_path, subcommand, *OPTIONS, *options, size=processes)
        return seen(tmp_path, processes)

    return command


@pytest.fixture(scope="module")
def epoch(tmp_path_factory):
    """The folder of one epoch in two processes, what each of them saw, and what they printed."""
    folder = tmp_path_factory.mktemp("epoch")
    status, out, err = fit_in_two(folder, "--data.batch_size=125")
    assert status == 0, err
    return folder, seen(folder, 2), out, err


def test_one_process_prints_and_writes(epoch):
    folder, _, out, err = epoch
    assert err.count("is loading PyTorch and Lightning") == 1
    said = re.findall(
        f"^(checkpoint|learning|processes *2|{TEST_ACC})\\b", out, re.MULTILINE
    )  # gloo talks too
    assert said == ["checkpoint", "learning", "processes       2", TEST_ACC]
    assert [path.name for path in (folder / "runs").iterdir()] == ["1"]
    assert (
        "Grad strides" not in err
    )  # DDP's buckets take the gradients of convolutions as they lie in memory


def test_both_processes_end_an_epoch_with_the_same_weights(epoch):
    first, second = (process["weights"] for process in epoch[1])
    assert first and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("part, images", [("train", 8250), ("val", 750), ("test", 1000)])
def test_each_image_is_seen_once_by_one_process(part, images, epoch):
    first, second = (process[part] for process in epoch[1])
    assert len(first) == len(second) == images // 2 and len({*first, *second}) == images


@pytest.mark.parametrize("part, score, processes", [("val", VAL_ACC, 2), ("test", TEST_ACC, 3)])
def test_several_processes_find_what_one_finds(part, score, processes, epoch, command):
    """Of the test's images, they have 334, 333 and 333 in batches of 333: one process has a batch more."""
    subcommand = "validate" if part == "val" else "test"
    options = f"--ckpt_path={epoch[0] / 'runs/1/last.ckpt'}", "--data.batch_size=333"
    (one,), several = command(1, subcommand, *options), command(processes, subcommand, *options)
    assert sorted(one[part]) == sorted(image for process in several for image in process[part])
    for process in several:
        assert one["metrics"][score] > 0.5 and process["metrics"] == pytest.approx(
            one["metrics"], abs=1e-6
        )


def test_two_processes_with_16_images_have_the_gradients_of_one_with_32(command):
    options = [
        "--trainer.limit_train_batches=3",
        "--trainer.limit_val_batches=1",
        "--trainer.limit_test_batches=1",
    ]
    options += ["--model.learning_rate=1e-12", "--model.seq_length=16"]
    (one,) = command(1, "fit", "--data.batch_size=32", *options, "--run=one")
    two = command(2, "fit", "--data.batch_size=16", *options, "--run=two")

    assert all(
        one["metrics"][f"rate_{layer}"] > 0.01 for layer in LAYERS
    )  # silence would prove nothing
    assert sorted(one["train"]) == sorted(two[0]["train"] + two[1]["train"])
    for step in range(3):
        for name, gradient in one["gradients"][step].items():
            assert gradient.abs().max() > 1e-3, name
            assert torch.equal(two[0]["gradients"][step][name], two[1]["gradients"][step][name])
            torch.testing.assert_close(two[0]["gradients"][step][name], gradient, atol=1e-6, rtol=0)


def test_a_run_that_is_refused_in_two_processes_leaves_no_folder(tmp_path):
    status, _, err = fit_in_two(tmp_path, "--data.batch_size=4126")
    assert status == 2 and "error: batch_size is 4126: a process has 4125 training examples." in err
    assert not any(tmp_path.glob("runs/*"))
