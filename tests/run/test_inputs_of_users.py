"""What users of three kinds give by habit: on a laptop, on a cluster, with data and networks of their own.

181 such inputs were tried from outside. Those that gave a wrong result without a word, or a traceback, are here, or in
the tables of the rooms where they belong. All but a few are called in this process, as that is cheap.
"""

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image, ImageChops, ImageDraw, ImageOps
from pytorch_lightning.loggers import CSVLogger

from helpers import InputError
from helpers.course.chapter_0.canvas import read_digit
from helpers.course.chapter_9.event_camera import event_list
from helpers.course.chapter_9.toy_checks import check_toy
from helpers.course.notebook.project import start_project
from helpers.course.notebook.run_command import run
from helpers.course.template.my_problem import Data
from helpers.data import DigitsDataModule
from helpers.encoders import encode
from helpers.engine.scores import log_scores
from helpers.loader import check_batch
from helpers.neuron import LIF
from helpers.run import slurm
from helpers.run.exact import MisconfigurationException
from helpers.run.learning_curves import plot_curves
from helpers.run.options import find_classes
from helpers.run.rendezvous import Rendezvous
from helpers.run.run_folder import find_run, how_to_resume
from helpers.spoken.data import SpokenDigits
from helpers.spoken.sound import resample
from helpers.train import KeepBest
from tests import ROOT
from tests.run.test_any_network import FIT
from tests.run.test_own_problems import mine
from tests.run.test_rendezvous import SRUN, environment
from tests.test_train import load

environment = environment  # a fixture


def no_copy():
    DigitsDataModule("FashionMNIST", root="nowhere").setup()


def lost_scratch():
    os.symlink("/scratch/gone", "runs")
    find_run("", False, ExitStack())


def overlapping_parts():
    some = torch.arange(9)
    SpokenDigits(parts=(some, some + 20, some + 5)).setup()


def of_mpirun():
    os.environ["OMPI_COMM_WORLD_SIZE"] = "2"
    Rendezvous().meet()


def curves_of_all():
    for number in "12":
        logger = CSVLogger(f"runs/{number}", "metrics")
        logger.log_metrics({"val_acc": 0.5}, step=1)
        logger.save()
    plot_curves("runs")


def batch(x):
    return lambda: check_batch((x, torch.zeros(len(x), dtype=torch.int64)))


def scores_of_nan():
    log_scores(None, "val", torch.full((2, 3), torch.nan), torch.zeros(2, dtype=torch.int64))


ONE = [70, 20, 70, 120]  # a one, upright, and in the middle
SIDE = 140
PAGE = Image.new("L", (20, 20), 255)
SHADE = Image.linear_gradient("L").resize((SIDE, SIDE)).point(lambda light: 150 + light // 3)


def drawn(mode, paper, ink, line=None, shade=0, speck=False):
    picture = Image.new(mode, (SIDE, SIDE), paper)
    pen = ImageDraw.Draw(picture)
    if line:
        pen.line([0, line, SIDE, line], fill=shade, width=3)
    pen.line(ONE, fill=ink, width=14)
    if speck:
        pen.circle([20, 20], 3, fill=ink)
    return picture


def noisy(picture):
    noise = torch.randint(-8, 9, (SIDE, SIDE), generator=torch.Generator().manual_seed(0))
    return Image.fromarray((torch.tensor(np.array(picture)) + noise).byte().numpy())


def lying():
    """A photo of a telephone: upright in a viewer alone, by a mark in its EXIF."""
    picture = drawn("L", 255, 0).rotate(90)
    exif = picture.getexif()
    exif[274] = 6  # turn it to the right
    return picture, {"exif": exif}


def jpeg():
    file = BytesIO()
    drawn("L", 255, 0).save(file, "JPEG", quality=10)
    return Image.open(file), {}


def two_digits():
    one = drawn("L", 255, 0)
    ImageChops.multiply(one, ImageChops.offset(one, 40)).save("two.png")
    read_digit("two.png")


def cut_off():
    drawn("L", 255, 0).save("one.png")
    Path("one.png").write_bytes(Path("one.png").read_bytes()[:200])
    read_digit("one.png")


REFUSED = {
    "MNIST in the place of a data set that is not there": (no_copy, "no full copy of FashionMNIST"),
    "bytes that are encoded": (
        lambda: encode(torch.ones(1, 1, 28, 28).byte(), "poisson", 3),
        "normalise",
    ),
    "pixels of 0 to 255 that are encoded": (
        lambda: encode(255 * torch.ones(1, 1, 28, 28), "poisson", 3),
        "images are torch.float32, or above 100: normalise them",
    ),
    "a threshold that is NaN": (lambda: LIF(v_th=torch.nan), "v_th is nan: it must be a finite"),
    "a time constant below 0": (lambda: LIF(tau_mem_inv=-1.0), "tau_mem_inv is -1.0: it must be"),
    "no time step": (lambda: LIF()(torch.ones(1, 2), seq_length=0), "seq_length is 0: it must be"),
    "a file for the folder of a run": (
        lambda: [Path("run").touch(), find_run("run", False, ExitStack())],
        "cannot be written .*: it may be somebody else's, a file, or a link",
    ),
    "a variable of SLURM that is no number": (
        lambda: [os.environ.update(SLURM_NTASKS="2(x2)"), slurm.count_tasks()],
        r"SLURM_NTASKS is 2\(x2\): SLURM sets a number. Unset it.",
    ),
    "an empty page": (lambda: [PAGE.save("page.png"), read_digit("page.png")], "no single digit"),
    "two digits": (two_digits, "shows no single digit: it should have one, in one piece"),
    "a digit that is crossed": (
        lambda: [drawn("L", 255, 0, line=60).save("one.png"), read_digit("one.png")],
        "no single digit",
    ),
    "a picture that is missing": (lambda: read_digit("none.png"), "none.png cannot be read as"),
    "a folder for a picture": (lambda: read_digit("."), r"\. cannot be read as a picture"),
    "a text for a picture": (
        lambda: [Path("one.png").write_text("1"), read_digit("one.png")],
        "one.png cannot be read as a picture",
    ),
    "a tensor for a picture": (lambda: read_digit(torch.zeros(9)), r"0.\]\) cannot be read as a"),
    "a picture that is cut off": (cut_off, "one.png cannot be read as a picture"),
    "a scan of 16 bits": (
        lambda: [Image.new("I;16", (9, 9)).save("scan.png"), read_digit("scan.png")],
        "has 16 bits a pixel",
    ),
    "curves of several runs": (curves_of_all, "runs holds several runs: name one of them"),
    "frames of 0 to 255": (lambda: event_list(255 * torch.ones(3, 2, 2)), "it must be 0 to 1"),
    "recordings that train and test": (
        overlapping_parts,
        "some recordings train, and test as well",
    ),
    "complex numbers": (
        batch(torch.ones(4, 3, dtype=torch.complex64)),
        "they must be real numbers",
    ),
    "weights that have become NaN": (scores_of_nan, "val_loss is nan: the weights are no numbers"),
    "a link to a folder that has vanished": (
        lost_scratch,
        "or a link that leads nowhere",
    ),
    "classes of a toy": (lambda: check_toy(Data, Data), "these are classes: give a model and data"),
    "events of some recordings": (
        lambda: SpokenDigits(events=torch.zeros(9, 5, 80)).setup(),
        "events are of 5 recordings: they must be of all 2700",
    ),
    "a rate in kHz": (lambda: resample(torch.ones(9), 44.1), "rate is 44.1: it must be a whole"),
    "processes of mpirun": (of_mpirun, "mpirun started 2 processes, which do not find each other"),
}


@pytest.mark.parametrize("give, sentence", REFUSED.values(), ids=REFUSED)
def test_what_would_be_a_wrong_result_is_refused(
    give, sentence, environment, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, MisconfigurationException), match=sentence):
        give()


PICTURES = {
    "transparent": lambda: (drawn("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), {}),
    "EXIF": lying,
    "a scan": lambda: (noisy(drawn("L", 240, 20)), {}),
    "a dim photograph": lambda: (ImageChops.multiply(noisy(drawn("L", 100, 30)), SHADE), {}),
    "grey ink": lambda: (drawn("L", 255, 200), {}),
    "a black frame": lambda: (ImageOps.expand(drawn("L", 255, 0), 20, 0), {}),
    "faint lines": lambda: (drawn("L", 255, 0, line=60, shade=200), {}),
    "lines": lambda: (drawn("L", 255, 0, line=130), {}),
    "specks": lambda: (drawn("L", 255, 0, speck=True), {}),
    "few pixels": lambda: (drawn("L", 255, 0).resize((20, 20)), {}),
    "a JPEG": jpeg,
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_read_as_a_viewer_shows_it(kind, tmp_path):
    picture, options = PICTURES[kind]()
    picture.save(tmp_path / "one.png", **options)
    ink = read_digit(tmp_path / "one.png")[0] > 1
    assert plt.gca().get_title() == f"what was read from {tmp_path / 'one.png'}"
    assert 18 <= ink.any(1).sum() <= 20 and 1 <= ink.any(0).sum() <= 4


def test_paths_and_lines_are_those_of_a_terminal(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    start_project("~/toy")
    assert (tmp_path / "home" / "toy" / "my_problem.py").exists() and not os.path.exists("~")
    (tmp_path / "runs" / "my run").mkdir(parents=True)
    (tmp_path / "runs" / "my run" / "last.ckpt").touch()
    line = how_to_resume(Path("runs/my run"))
    assert shlex.split(line)[-3:] == ["--run", "runs/my run", "--resume"]
    (tmp_path / "notes.md").touch()
    for line in ("ls *.md", "cd home && ls", "echo $HOME", "pytest --version", "cd nowhere", ""):
        run(line)
    out = capfd.readouterr().out
    assert re.match(rf"(?s).*notes.md\ntoy\n{tmp_path}/home\npytest \d.*cd: nowhere: No such", out)


def test_files_that_are_called_as_packages_are(tmp_path, monkeypatch):
    for name in ("signal", "yaml", "norse"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is no package')\n")
    command = [sys.executable, "-m", "helpers.sweep", "table", "runs/mine"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "sees no whole runs/mine/plan.csv" in said.stderr and said.stderr.count("\n") == 1
    (tmp_path / "test.py").write_text("from helpers.course.template.my_problem import Data, Model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert find_classes("test", {})[1] is Data


def test_of_a_loss_the_lowest_is_the_best():
    kinds = KeepBest("val_loss"), KeepBest(), KeepBest("f1")
    assert [best.mode for best in kinds] == ["min", "max", "max"]


def test_variables_that_a_shell_has_left_or_emptied(environment):
    environment |= {"SLURM_RESTART_COUNT": "", "SLURM_NTASKS": "", "TORCHELASTIC_RUN_ID": "none"}
    assert (slurm.restarts(), slurm.count_tasks(), slurm.find_launcher()) == (0, 1, "")
    environment.clear()
    environment |= SRUN | {"MASTER_PORT": "auto"}
    Rendezvous()
    assert environment["MASTER_PORT"] == "31848"
    environment.clear()
    environment |= {n: value for n, value in SRUN.items() if n != "SLURM_STEP_TASKS_PER_NODE"}
    with pytest.raises(InputError, match="this job has 4 tasks"):
        Rendezvous().meet()


SPLIT = """
        x, labels = super().draw(64, torch.Generator().manual_seed(0))[range(64)]
        x[:, 0, 0] = torch.arange(64.0)
        self.train, self.val, self.test = random_split(TensorDataset(x, labels), [0.5, 0.25, 0.25])
"""
SEES = """
from pytorch_lightning.callbacks import EarlyStopping
class Model(Model):
    def see(self, part, batch):
        print(part, *batch[0][:, 0, 0].int().tolist())
    def training_step(self, batch, n):
        self.see("trained", batch)
        return super().training_step(batch, n)
    def test_step(self, batch, n):
        self.see("tested", batch)
        super().test_step(batch, n)
    def configure_callbacks(self):
        return [EarlyStopping("val_loss")]
"""


def numbers(part, said) -> set:
    return set(re.findall(r"\d+", " ".join(re.findall(rf"^{part} (.*)", said, re.MULTILINE))))


def test_data_that_are_split_at_random_in_setup_are_split_alike_each_time(forks, tmp_path):
    """And callbacks of one's own come beside the average of the weights, not in its place."""
    (tmp_path / "my_own.py").write_text(mine(SETUP=SPLIT.strip()) + SEES)
    said = forks(tmp_path, *FIT, "--own=my_own", "--trainer.max_epochs=1").out
    assert len(numbers("trained", said)) == 32 and len(numbers("tested", said)) == 16
    assert not numbers("trained", said) & numbers("tested", said)
    again = forks(tmp_path, "test", "--trainer.enable_progress_bar=false").out
    assert numbers("tested", again) == numbers("tested", said)
    callbacks = load(tmp_path / "runs" / "1" / "last.ckpt")
    assert "averaging_state" in callbacks and "EarlyStopping" in str([*callbacks["callbacks"]])


def test_an_error_of_another_package_is_one_line(forks, tmp_path):
    lengths = "[(x[n, : 20 + n % 20], labels[n]) for n in range(len(x))]"
    (tmp_path / "my_own.py").write_text(mine(DATASET=lengths))
    (ended,) = forks.ends(tmp_path, *FIT, "--own=my_own", "--trainer.max_epochs=1")
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == 2 and len(lines) == 1, ended
    assert lines[0].startswith("error: RuntimeError: stack expects each tensor to be equal size")


def test_a_training_without_a_step_says_so(forks, tmp_path):
    steps_by_hand = "\nclass Model(Model):\n    automatic_optimization = False\n"
    (tmp_path / "my_own.py").write_text(mine() + steps_by_hand)
    (ended,) = forks.ends(tmp_path, *FIT, "--own=my_own", "--trainer.max_epochs=1")
    assert "no optimizer has done a step: the network is as it began\n" in ended.err
