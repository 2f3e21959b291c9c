"""Any network and any input: two problems of one's own, each in one file, trained by `fit --own`."""

import shutil
from pathlib import Path
from signal import SIGTERM

import pytest
import torch

from helpers import InputError
from helpers.classifier import SpikingClassifier
from helpers.engine.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.network import check_axes, record_spikes
from tests.run.networks import events, sequences
from tests.test_train import assert_same_training, load

NETWORKS = {  # a module, its options, and the names of its layers of neurons
    "events": (events, ["--data.batch_size=16"], {"seeing", "thinking"}),
    "sequences": (sequences, ["--data.batch_size=32", "--model.n_hidden=50"], {"cells.1"}),
}
QUIET = ["--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"]
FIT = ["fit", *QUIET, "--trainer.accelerator=cpu", "--trainer.log_every_n_steps=2"]


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request, forks, tmp_path_factory):
    """A folder with the runs of an own problem: in one process, in two, and stopped and resumed."""
    folder = tmp_path_factory.mktemp(request.param)
    module, options, layers = NETWORKS[request.param]
    shutil.copy(module.__file__, folder / "my_own.py")
    own = [*FIT, "--own=my_own", "--trainer.max_epochs=4", *options]
    said = {}
    for size in (1, 2):
        said[size] = forks(folder, *own, f"--run={size}", size=size)
        stop = ("training_step", 9, SIGTERM)
        forks(folder, *own, f"--run={size} stopped", size=size, stop=stop, status=130)
        forks(folder, "fit", f"--run={size} stopped", "--resume", size=size)
    return folder, module, layers, said


@pytest.mark.parametrize("size", [1, 2])
def test_an_own_problem_gets_all_that_the_digits_have(trained, size):
    """Learns what counts cannot tell; rates, schedule and averages; and goes on exactly."""
    folder, module, layers, said = trained
    assert said[size].last.split()[0] == TEST_ACC and float(said[size].last.split()[1]) >= 0.9
    run = folder / str(size)
    scores = read_scores(run)
    assert {name for name in scores if name.startswith("rate_")} == {f"rate_{n}" for n in layers}
    assert max(scores[VAL_ACC][1]) >= 0.9
    checkpoint = load(run / "last.ckpt")
    assert checkpoint["lr_schedulers"] and checkpoint["averaging_state"]
    assert_same_training(folder / f"{size} stopped", run)
    loaded = module.Model.load_from_checkpoint(run / "best.ckpt")
    assert type(loaded.net) is module.Net


@pytest.mark.parametrize("module", [events, sequences])
def test_counts_over_time_tell_nothing(module):
    data = module.Data()
    data.setup()
    counts = data.train.spikes.sum(0, dtype=torch.float32).flatten(1)
    wanted = torch.nn.functional.one_hot(data.train.labels).float()
    ridge = counts.T @ counts + 1e3 * torch.eye(counts.shape[1])
    weights = torch.linalg.solve(ridge, counts.T @ (wanted - 0.5))
    counts = data.test.spikes.sum(0, dtype=torch.float32).flatten(1)
    right = ((counts @ weights).argmax(1) == data.test.labels).float().mean()
    assert 0.38 < right < 0.62  # 200 examples: 3.5 standard deviations of chance


class Swapped(torch.nn.Module):
    """Takes the batch for time, as who forgets that a loader puts the batch first."""

    def __init__(self):
        super().__init__()
        self.net = sequences.Net(20)

    def forward(self, x):
        return self.net(x.transpose(0, 1)).transpose(0, 1)


@pytest.mark.parametrize("batch_size", [sequences.SEQ_LENGTH, 64, 1])
def test_swapped_axes_are_found_whatever_their_sizes(batch_size):
    x = torch.rand(batch_size, sequences.SEQ_LENGTH, sequences.N_CHANNELS).round()
    check_axes(SpikingClassifier(sequences.Net(20)), x)
    with pytest.raises(InputError, match="time and batch are mixed up. A batch is"):
        check_axes(SpikingClassifier(Swapped()), x)


MODEL = "class Model(SpikingClassifier):\n"
CHANGES = {  # the size of a batch, what is changed in the source of the network, and how it is refused
    "swapped axes": (
        80,
        {
            "for x_t in x:": "for x_t in x.transpose(0, 1):",
            "return torch.stack(voltages)": "return torch.stack(voltages, 1)",
        },
        "time and batch are mixed up",
    ),
    # the logits then have another shape, and Lightning's validation before the training shows it
    "a batch handed on as it is": (
        32,
        {MODEL: f"{MODEL}    def to_sequence(self, x):\n        return x\n\n"},
        "for a batch of 32 examples: they should be (32, n_classes).",
    ),
}


@pytest.mark.parametrize("batch_size, changes, sentence", CHANGES.values(), ids=CHANGES)
def test_fit_refuses_a_wrong_order_of_axes_and_leaves_no_folder(
    batch_size, changes, sentence, forks, tmp_path
):
    source = Path(sequences.__file__).read_text()
    for before, after in changes.items():
        assert before in source
        source = source.replace(before, after)
    (tmp_path / "my_own.py").write_text(source)
    command = [*FIT, "--own=my_own", f"--data.batch_size={batch_size}"]
    assert sentence in forks(tmp_path, *command, status=2).err
    assert not list((tmp_path / "runs").glob("*"))


def test_checking_the_axes_changes_nothing():
    """Neither random numbers nor the modes of the layers."""
    model = SpikingClassifier(sequences.Net(20))
    model.net.frozen = torch.nn.Dropout().eval()
    x = torch.rand(4, 10, 80)
    before = torch.get_rng_state()
    check_axes(model, x)
    assert torch.equal(before, torch.get_rng_state())
    assert model.training and not model.net.frozen.training


def test_the_readout_is_no_layer_of_neurons_and_a_silent_lif_is_one():
    net = events.Net()
    x = torch.zeros(5, 3, 2, 34, 34)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    _, spikes = record_spikes(net, x)
    assert set(spikes) == {"seeing", "thinking"}
    assert {z.shape[:2] for z in spikes.values()} == {(5, 3)}


ON_THE_WAY = """
import os, sys
import pytorch_lightning as pl
from helpers import train
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.run.exact import fit

def note(frame, event, argument):
    path = frame.f_code.co_filename
    if event == "call" and "/helpers/" in path:
        files.add(path)
        if frame.f_code.co_name == "run_neurons":  # what follows repeats the step, compiled
            print(*files, sep="\\n", flush=True)
            os._exit(0)

files = set()
pl.seed_everything(0)
sys.setprofile(note)
"""
FIT_DIGITS = (
    'fit("mine", DigitsClassifier(), DigitsDataModule(source="embedded"), accelerator="cpu")'
)
COMMAND = 'train.main(["fit", "--data.source=embedded", "--trainer.accelerator=cpu"])'


@pytest.mark.parametrize("call, most", [(FIT_DIGITS, 10), (COMMAND, 16)], ids=["fit", "command"])
def test_few_files_lie_between_a_call_and_the_equation_of_a_neuron(call, most, forks, tmp_path):
    """Those whose functions it enters, network and data included."""
    (ended,) = forks.run(tmp_path, ON_THE_WAY + call, 1)
    files = [line for line in ended.out.splitlines() if line.endswith(".py")]
    assert ended.status == 0 and 0 < len(files) <= most, ended
