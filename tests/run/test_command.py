"""What a command is given beside a run: it is used where its meaning is clear, and refused where it contradicts the run.

The commands run in forks of one process, in a folder with a few runs.
"""

import shutil
import subprocess
from contextlib import ExitStack, suppress

import pytest
import torch
import yaml

from helpers.engine.scores import TEST_ACC
from helpers.run.run_folder import BEST, LAST, LAST_LINE, find_run, with_last_line
from tests import ROOT
from tests.test_train import OWN, TINY, load

FILES = {
    "mine.py": b"from helpers.course.template.my_problem import Data, Model\n",
    "big.py": b"import torch\nfrom helpers.course.template.my_problem import Data, Model\n"
    b"class Data(Data):\n    def setup(self, stage):\n        torch.zeros(10**13)\n",
    "utf16.yaml": "model:\n  n_hidden: 30\n".encode("utf-16"),
    "twice.yaml": b"model:\n  n_hidden: 30\n  n_hidden: 40\n",
}
ONE = "--trainer.max_epochs=1"
TWO = "--trainer.max_epochs=2"
NEW = " ".join(["fit", "--run=new", *TINY])
SMALL = "--trainer.accelerator=cpu --trainer.limit_test_batches=2"
LIMITS = [option for option in TINY if option.startswith("--trainer")]
CKPT = " ".join(["fit", "--run=new", *LIMITS, TWO, "--ckpt_path"])
OF_ANOTHER = "is of another network:"
REFUSED = {
    f"{CKPT}=own.ckpt": f"own.ckpt {OF_ANOTHER} Missing key(s) in state_dict: ",
    "fit --run=base --resume": "base/last.ckpt has 1 of 1 epochs: to go on, give a higher --trainer.max_epochs.",
    "fit --run=base --resume --own=mine": "'model.seq_length': is it one of another problem? Then name that by --own.",
    f"fit --run=mixed --resume {TWO}": f"{OF_ANOTHER} size mismatch for net.hidden.weight",
    f"test --run=base {SMALL} --model.n_hidden=33": f"{OF_ANOTHER} --model.n_hidden",
    "test --run=base --ckpt_path=wide/last.ckpt": "--run is base, and --ckpt_path is wide/last",
    "test --ckpt_path=fashion.ckpt --data.source=embedded": "data name is FashionMNIST, and only",
    f"{NEW} --config=utf16.yaml": "--config utf16.yaml is not in UTF-8",
    f"{NEW} --config=twice.yaml": "n_hidden is there twice: leave one of them",
    f"{NEW} --trainer.gradient_clip_val=-1": "gradient_clip_val is -1.0: it must be at least 0.",
    "--config=twice.yaml fit": "the command is '--config=twice.yaml': it must be one of fit,",
    "fit --run=new --own=big": "out of memory: give each process a smaller --data.batch_size",
}


@pytest.fixture(scope="module")
def folder(forks, tmp_path_factory):
    """A folder with a run, a wider one, one of another problem, and what people make of such folders."""
    folder = tmp_path_factory.mktemp("command")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    forks(folder, "fit", *TINY, ONE, "--run=base")
    forks(folder, "fit", *TINY, ONE, "--run=wide", "--model.n_hidden=33")
    forks(folder, "fit", *OWN, ONE, "--run=own")
    shutil.copytree(folder / "base", folder / "mixed")
    shutil.copy(folder / "wide" / LAST, folder / "mixed" / LAST)
    shutil.copy(folder / "base" / LAST, folder / "alone.ckpt")
    shutil.copy(folder / "own" / LAST, folder / "own.ckpt")
    checkpoint = load(folder / "alone.ckpt")
    checkpoint["hyper_parameters"]["data"] = "FashionMNIST"
    torch.save(checkpoint, folder / "fashion.ckpt")
    return folder


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words[-70:])
def test_what_contradicts_a_run_is_refused(words, folder, forks):
    (ended,) = forks.ends(folder, *words.split())
    lines = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == 2 and len(lines) == 1, ended
    assert lines[0].startswith("error: ") and REFUSED[words] in lines[0], ended
    assert not (folder / "new").exists()


@pytest.fixture
def alone(tmp_path):
    """A folder with a problem of its own, and nothing else."""
    (tmp_path / "mine.py").write_bytes(FILES["mine.py"])
    return tmp_path


def options_of(run) -> dict:
    options = yaml.safe_load((run / "config.yaml").read_text())
    return {**options, **options["model"], **options["data"], **options["trainer"]}


USED = {  # options of fit, and what config.yaml of the run then has
    f"{CKPT}=base/last.ckpt --model.learning_rate=1e-4": {"learning_rate": 1e-4, "n_hidden": 20},
    f"{CKPT}=own/last.ckpt": {"own": "mine", "ckpt_path": "own/last.ckpt"},
}


@pytest.mark.parametrize("words", USED, ids=lambda words: words[-70:])
def test_what_is_clear_is_used(words, folder, forks):
    ended = forks(folder, *words.split())
    assert ended.last.startswith(TEST_ACC) and "began with another" not in ended.out
    options = options_of(folder / "new")
    if "learning_rate" in USED[words]:
        (state,) = load(folder / "new" / LAST)["lr_schedulers"]
        assert state["base_lrs"] == [1e-4]
    shutil.rmtree(folder / "new")
    assert {name: options[name] for name in USED[words]} == USED[words]


def test_a_run_of_an_earlier_version_goes_on_and_its_options_can_be_given_to_another(folder, forks):
    shutil.copytree(folder / "own", folder / "old")
    config = folder / "old" / "config.yaml"
    options, _, _ = config.read_text().rpartition(LAST_LINE)
    options = options.replace("trainer:", "trainer:\n  default_root_dir: own")
    config.write_text(with_last_line(options))
    assert "began with another" not in forks(folder, "fit", "--run=old", "--resume", TWO).out
    options = options_of(folder / "old")
    assert options["max_epochs"] == 2 and not options["resume"] and "ckpt_path" not in options


def test_a_network_is_tested_with_the_options_that_are_given(folder, forks):
    said = [
        forks(folder, "test", "--run=base", *SMALL.split(), *given).out
        for given in ([], ["--model.seq_length=40"], ["--ckpt_path=base/last.ckpt"])
    ]
    losses = [text.split("test_loss")[1].split()[0] for text in said]
    assert losses[0] != losses[1] and losses[0] == losses[2]


def test_a_run_around_other_runs_has_its_own_scores(folder, forks, alone):
    shutil.copytree(folder / "base", alone / "runs" / "1")
    (metrics,) = alone.rglob("metrics.csv")
    metrics.write_text("epoch,step,val_acc\n9,999,0.123\n")
    forks(alone, "fit", *OWN, ONE, "--run=runs")
    assert "0.123" not in (alone / "runs" / "result.json").read_text()


AROUND = {  # how a process is started, and with which words
    "numbers of another start": "os.environ |= dict.fromkeys(['RANK', 'LOCAL_RANK', 'SLURM_PROCID'], '1')\n"
    "from pytorch_lightning.utilities.rank_zero import rank_zero_only\n"
    "rank_zero_only.rank = 1\n",
    "a terminal without these letters": "sys.stdout.reconfigure(encoding='ascii', errors='strict')\n",
}


@pytest.mark.parametrize("before", AROUND.values(), ids=AROUND)
def test_a_run_does_not_depend_on_what_is_around_it(before, forks, alone):
    words = ["fit", *OWN, ONE, "--run=läufe"]
    (ended,) = forks.run(alone, f"{before}train.main({words})", 1)
    assert ended.status == 0 and ended.last.startswith(TEST_ACC), ended
    assert (alone / "läufe" / "result.json").is_file()


def test_a_reader_that_has_ended_is_named(forks, alone):
    """As in `... fit | head -1`."""
    close = "reader, writer = os.pipe()\nos.close(reader)\nos.dup2(writer, 1)\n"
    (ended,) = forks.run(alone, f"{close}train.main({['fit', *OWN, ONE]})", 1)
    sentence = "error: the program that reads this output has ended: mend that, then go on with: "
    assert ended.err.startswith(sentence) and "Traceback" not in ended.err


# What is left behind


@pytest.mark.parametrize("file, stays", [("", False), (BEST, False), (LAST, True)])
def test_a_run_that_fails_leaves_what_can_go_on(file, stays, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with suppress(RuntimeError), ExitStack() as held:
        find_run("new", False, held)
        if file:
            torch.save({}, f"new/{file}")
        raise RuntimeError
    assert (tmp_path / "new").exists() == stays


@pytest.mark.parametrize("target", ["train", "listen"])
def test_the_commands_of_make_train(target, forks, tmp_path):
    make = ["make", "--dry-run", "--always-make", f"--directory={ROOT}", target]
    recipe = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    words = recipe.replace("\\\n", "").partition("-m helpers.train ")[2].partition("\n")[0]
    limits = [f"--trainer.limit_{part}_batches=1" for part in ("train", "val", "test")]
    assert forks(tmp_path, *words.split(), *limits, ONE).last.startswith(TEST_ACC)
