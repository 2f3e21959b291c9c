"""Data and networks of one's own, checked at the door: what is clear is used, all else gets a sentence before training."""

import pytest

from helpers.engine.scores import TEST_ACC
from tests.run.test_any_network import FIT

# The problem of the template, with few examples. Net is written out: errors come from the learner's own lines.
MINE = """
import sys
import torch
from torch.utils.data import ConcatDataset, Dataset, StackDataset, Subset, TensorDataset, random_split
from helpers.course.template import my_problem
from helpers.loader import Sequences

class Net(my_problem.Net):
    def forward(self, x):
        z, _ = self.lif(self.hidden(x))
        v, _ = self.readout(self.out(z))
        return OUTPUT

class Model(my_problem.Model):
    def __init__(self, learning_rate: float = 3e-2):
        super().__init__(learning_rate=learning_rate)
        self.net = Net()

class Own(Dataset):
    def __init__(self, part):
        self.part = part
    def __len__(self):
        return len(self.part)
    def __getitem__(self, n):
        x, label = self.part[n]
        return EXAMPLE

class Data(my_problem.Data):
    def __init__(self, batch_size: int = 16, n_train: int = 48):
        super().__init__(batch_size, n_train)
    def draw(self, n, generator):
        part = super().draw(48, generator)
        x, labels = part.spikes.transpose(0, 1), part.labels
        PART
        return DATASET
    def setup(self, stage=None):
        super().setup(stage)
        SETUP

class Noisy(Sequences):
    def __getitems__(self, n):
        x, labels = self[n]
        return x + torch.rand_like(x), labels
"""
USUAL = {"OUTPUT": "v", "EXAMPLE": "x, label", "PART": "", "DATASET": "part", "SETUP": ""}


def mine(**changes: str) -> str:
    """The module with changes, by the words in it."""
    source = MINE
    for word, text in {**USUAL, **changes}.items():
        source = source.replace(word, text)
    return source


def labels(text: str) -> str:
    return mine(PART=f"part.labels = {text}")


def own(example: str) -> str:
    return mine(EXAMPLE=example, DATASET="Own(part)")


INFINITE = "hold nothing, NaN or infinity: all numbers must be finite, as float32 too."
LABELS = "they must be int64, one for each example."
CLASSES = "they must be 0 to n_classes - 1."
MISSING = "self.train, self.val or self.test is missing, or a loader: setup of the data must make a Dataset of each."
PAIR = "it must be two tensors, examples and labels."
STOPS = "your code stops with"
ONE_HOT = "torch.nn.functional.one_hot"
DATA = {  # a module, and how it is refused
    "NaN in what trains": (mine(SETUP="self.train.spikes[3, 40, 0] = torch.nan"), INFINITE),
    "NaN in a TensorDataset": (
        mine(PART="x[40, 3, 0] = torch.nan", DATASET="TensorDataset(x, labels)"),
        INFINITE,
    ),
    "NaN in examples that are read one by one": (own("x * torch.nan, label"), INFINITE),
    "float32 labels": (
        labels("labels.float()"),
        f"labels are torch.float32, shaped (16,): {LABELS}",
    ),
    "labels in a column": (
        labels("labels[:, None]"),
        f"labels are torch.int64, shaped (16, 1): {LABELS}",
    ),
    "one-hot labels": (labels(f"{ONE_HOT}(labels)"), f"torch.int64, shaped (16, 2): {LABELS}"),
    "one-hot labels, of as many classes as a batch has examples": (
        mine(PART=f"self.batch_size = 2\n        part.labels = {ONE_HOT}(labels).float()"),
        f"labels are torch.float32, shaped (2, 2): {LABELS}",
    ),
    "a label -100": (
        mine(SETUP="self.train.labels[40] = -100"),
        f"n_classes is 2, and the data have labels from -100 to 1: {CLASSES}",
    ),
    "a label that has no logit": (
        mine(PART="labels[40] = 2", DATASET="TensorDataset(x, labels)"),
        f"n_classes is 2, and the data have labels from 0 to 2: {CLASSES}",
    ),
    "no train": (mine(SETUP="del self.train"), MISSING),
    "examples without labels": (
        mine(DATASET="TensorDataset(x)"),
        f"a batch is a list of 1 parts (Tensor): {PAIR}",
    ),
    "labels that are words": (
        own("x, 'left'"),
        f"a batch is a list of 2 parts (Tensor, tuple): {PAIR}",
    ),
    "a loader in the place of a Dataset": (
        mine(SETUP="self.train = torch.utils.data.DataLoader(self.train, 16)"),
        MISSING,
    ),
    "the validation set as test set": (mine(SETUP="self.test = self.val"), "examples of self.val"),
    "a copy of it": (
        mine(SETUP="self.test = Sequences(self.val.spikes.clone(), self.val.labels)"),
        "self.test has the examples of self.val: it must be new examples.",
    ),
    "the training set as validation set": (
        mine(SETUP="self.val = self.train"),
        "self.train: it must",
    ),
    "a test set that is the end of what trains": (
        mine(SETUP="self.test = Subset(self.train, range(30, 48))"),
        "self.test has the examples of self.train: it must be new examples.",
    ),
    "a test set that is drawn from what trains": (
        mine(
            PART="part.spikes = torch.rand(part.spikes.shape, generator=generator)",
            SETUP="self.test = Subset(self.train, torch.randperm(48)[:20].tolist())",
        ),
        "self.test has the examples of self.train: it must be new examples.",
    ),
    "one that is drawn from stacked tensors": (
        mine(
            PART="x = torch.rand(x.shape, generator=generator)",
            DATASET="StackDataset(x, labels)",
            SETUP="""order = torch.randperm(48)[:20]
        self.test = TensorDataset(*(part[order] for part in self.train.datasets))""",
        ),
        "self.test has the examples of self.train: it must be new examples.",
    ),
    "one that is drawn from what trains in a wrapper": (
        mine(
            PART="part.spikes = torch.rand(part.spikes.shape, generator=generator)",
            SETUP="""order = torch.randperm(48)[:20]
        self.test = Sequences(self.train.spikes[:, order], self.train.labels[order])
        self.train = Own(self.train)
        self.train.dataset = self.train.part""",
        ),
        "self.test has the examples of self.train: it must be new examples.",
    ),
    "one that is drawn from files, in several steps": (
        mine(
            DATASET="Own(part)",
            SETUP="""both = ConcatDataset([self.val, self.train])
        self.train += self.train  # each example twice
        self.test = Subset(Subset(both, range(48, 96)), range(30, 1, -3))""",
        ),
        "self.test has the examples of self.train: it must be new examples.",
    ),
    "labels of one class": (
        labels("0 * labels"),
        "all labels of a part are {0}: it needs examples of several classes.",
    ),
    "sequences without a step": (
        mine(PART="part.spikes = part.spikes[:0]"),
        f"the data, shaped (16, 0, 2), {INFINITE}",
    ),
    "an __init__ that leaves out that of its base": (
        mine().replace("super().__init__(batch_size, n_train)", "self.batch_size = batch_size"),
        "Data.__init__ does not call super().__init__(): let it begin by that.",
    ),
    "a KeyError in setup": (
        mine(SETUP="{}['events']"),
        f"{STOPS} KeyError: 'events'. Look at line 38: {{}}['events']",
    ),
    "an error in the making of the model": (
        mine().replace("self.net = Net()", "int('x')"),
        f"{STOPS} ValueError: invalid literal for int() with base 10: 'x'. Look at line 17: int(",
    ),
    "sys.exit() in setup": (mine(SETUP="sys.exit()"), f"{STOPS} SystemExit. Look at line 38: sys."),
}
NETWORKS = {
    "None": (mine(OUTPUT="None"), "the network returns a NoneType: it must return one tensor."),
    "a pair": (mine(OUTPUT="v, z"), "the network returns a tuple: it must return one tensor."),
    "a detached tensor": (mine(OUTPUT="v.detach()"), "is detached from its weights"),
    "NaN": (mine(OUTPUT="v * torch.nan"), "the network returns NaN for data that are finite."),
    "numbers in spite of a weight that is NaN": (
        mine().replace("Net()", "Net()\n        self.net.hidden.weight.data[0] = torch.nan", 1),
        "some weights are NaN or infinite: begin anew, with a lower learning rate.",
    ),
    "whole numbers": (
        mine(OUTPUT="v.long()"),
        "the network returns torch.int64: it must be of a floating type.",
    ),
    "no classes": (mine(OUTPUT="v.sum(2)"), "they should be (16, n_classes)."),
    "a KeyError": (mine(OUTPUT="{}[0]"), f"{STOPS} KeyError: 0. Look at line 12: return {{}}[0]"),
    "a lazy layer": (
        mine().replace(
            "self.net = Net()", "self.net = Net()\n        self.net.out = torch.nn.LazyLinear(2)"
        ),
        "net.out.weight, net.out.bias have no size yet, and are to be averaged from the first step",
    ),
    "no test_step": (
        mine()
        + "\nimport pytorch_lightning as pl\nModel.test_step = pl.LightningModule.test_step\n",
        "No `test_step()` method defined to run `Trainer.test`.",
    ),
    "no accuracy of its test": (
        mine() + "\nModel.test_step = lambda self, batch: None\n",
        "test_acc",
    ),
    "probabilities": (mine(OUTPUT="v.softmax(2)"), "the network returns probabilities: it must"),
    "layers that do not fit": (
        mine().replace("self.out(z)", "self.out(z[..., :7])"),
        "Look at line 11: v, _ = self.readout(self.out(z[..., :7]))",
    ),
}
FILES = {
    "sys.exit()": ("import sys\nsys.exit()\n", f"{STOPS} SystemExit. Look at line 2: sys.exit()"),
    "another working folder": (
        f"import os\nos.chdir('/')\n{mine()}",
        "runs/1 is not in /: your module has changed the working folder. Leave os.chdir out.",
    ),
    "a syntax error": ("x = 1\nclass Model\n", "SyntaxError: expected ':' (my_own.py, line 2)."),
    "a syntax error in a file that it imports": (
        "import broken\n",
        "(broken.py, line 2). Look at line 1: import broken",
    ),
    "no classes": ("", "this cannot be used (module 'my_own' has no attribute 'Model'): name a"),
    "a function for a class": (
        "from helpers.course.template.my_problem import Data\ndef Model():\n    pass\n",
        "this cannot be used (Model and Data must be classes): name a",
    ),
}
USED = {
    "int8 spikes and uint8 labels": mine(
        DATASET="Sequences(part.spikes.to(torch.int8), labels.byte())"
    ),
    "NumPy": mine(DATASET="Sequences(part.spikes.bool().numpy(), labels.numpy())"),
    "bool in a TensorDataset": mine(DATASET="TensorDataset(x.bool(), labels)"),
    "NumPy's float64 in a TensorDataset": mine(DATASET="TensorDataset(x.double(), labels)"),
    "a part without what is odd": mine(
        PART="x[40, 3, 0] = torch.nan\n        labels[40] = -1",
        DATASET="Subset(TensorDataset(x, labels), range(40))",
    ),
    "a list": mine(DATASET="[*zip(x, labels)]"),
    "examples one by one, with labels of Python": own("x, int(label)"),
    "data without a length, of which a part is used, and data of two lengths": mine(
        SETUP="""train, val = self.train, self.val
        class Files(Dataset):
            def __getitem__(self, n):
                return train[n]
        self.train = Subset(Files(), range(48))
        self.val = ConcatDataset([val, Sequences(val.spikes[:9], val.labels)])""",
    ),
    "a test that is made when it is asked for": mine(
        SETUP="if stage == 'fit':\n            self.test = None",
    ),
}
CASES = {
    **{f"data: {name}": case for name, case in DATA.items()},
    **{f"a network that returns {name}": case for name, case in NETWORKS.items()},
    **{f"a file with {name}": case for name, case in FILES.items()},
    **{f"used: {name}": (source, None) for name, source in USED.items()},
}


@pytest.mark.parametrize("source, sentence", CASES.values(), ids=CASES)
def test_what_is_given_is_used_or_refused(source, sentence, forks, tmp_path):
    (tmp_path / "my_own.py").write_text(source)
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n")
    (ended,) = forks.ends(tmp_path, *FIT, "--own=my_own", "--trainer.max_epochs=1")
    if sentence is None:
        assert ended.status == 0 and ended.last.startswith(TEST_ACC), ended
        return
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == 2 and len(lines) == 1, ended
    assert lines[0].startswith("error: ") and sentence in lines[0], ended
    assert not list((tmp_path / "runs").glob("*"))


OTHER_DATA = {  # the training data at each start, and whether they are others
    "examples": ("self.train = self.draw(48, torch.Generator().manual_seed({start}))", True),
    "a label": ("self.train.labels[-1] = {start}", True),
    "a label in a part of parts": (
        "self.train.labels[-1] = {start}; "
        "self.train = Subset(ConcatDataset([self.val, self.train]), range(48, 96))",
        True,
    ),
    "random changes": (
        "torch.rand(1); self.train = Noisy(self.train.spikes, self.train.labels)",
        False,
    ),
}


@pytest.mark.parametrize("setup, are_others", OTHER_DATA.values(), ids=OTHER_DATA)
def test_a_run_that_goes_on_with_other_data_of_the_same_size_says_so(
    setup, are_others, forks, tmp_path
):
    for start, options in enumerate(([], ["--resume"])):
        (tmp_path / "my_own.py").write_text(mine(SETUP=setup.format(start=start)))
        options += ["--own=my_own", f"--trainer.max_epochs={start + 1}"]
        said = forks(tmp_path, *FIT, *options).out
    is_said = "this run began with another checksum of its training data" in said
    assert is_said == are_others, said
