"""Each option of the command, by word, by file and by JSON, is used or refused. The parser itself lists the options.

Nothing trains: the Trainer, the model and the data are made, and what they were given is compared. All options are
given at once. Those that a refusal names are taken out, and given one by one.
"""

import io
import json
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr
from functools import wraps
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import torch
import yaml
from helpers.engine.private_names import actions_of
from helpers.run.checkpoint import KeepBest, KeepLast
from helpers.run.own_problem import find_classes
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import LearningRateMonitor

from helpers import InputError, train
from helpers.data import DigitsDataModule
from helpers.digits_classifier import DigitsClassifier
from helpers.run.exact import MisconfigurationException
from helpers.run.rendezvous import Rendezvous
from helpers.setup import environment
from helpers.sweep.plan import OURS, make_plan
from tests.test_train import TINY

CLASSES = {
    "trainer": Trainer,
    "model": DigitsClassifier,
    "data": DigitsDataModule,
    "best": KeepBest,
    "last": KeepLast,
}
CHOSEN = {  # the other values of options whose type does not tell one
    "seed_everything": 3,
    "trainer.accelerator": "cpu",
    "trainer.strategy": "ddp",
    "trainer.devices": 2,
    "trainer.max_epochs": 9,  # the run that goes on has ended
    "trainer.max_steps": 7,
    "trainer.gradient_clip_val": 0.25,
    "trainer.max_time": "00:01:00:00",
    "trainer.gradient_clip_algorithm": "value",
    "trainer.logger": False,
    "trainer.plugins": {"class_path": "LightningEnvironment"},
    "trainer.callbacks": {"class_path": "LearningRateMonitor"},
    "trainer.profiler": "simple",
    "data.source": "embedded",
    "ckpt_path": "base/best.ckpt",
}
COMMANDS = {
    "fit": ["fit"],
    "resume": ["fit", "--run=base", "--resume", "--trainer.max_epochs=8"],
    "test": ["test", "--run=base"],
}


class Made(train.TrainCLI):
    """The command, which makes all and trains nothing."""

    def _run_subcommand(self, subcommand):
        pass

    def make(self, words: list[str]) -> dict:
        """What the Trainer, the model, the data and the callbacks were given, and the options beside them."""
        given.clear()
        self.checkpoint = None
        with ExitStack() as self.held:
            self.parse_arguments(self.parser, words)
            self.subcommand = self.config.subcommand
            self._set_seed()
            self._parse_ckpt_path()
            vars(self).pop("config_dump", None)
            self.instantiate_classes()
        own = self.config_init[self.subcommand]
        return {**given, **{name: own[name] for name in vars(own) if name not in CLASSES}}


given = {}


@pytest.fixture(scope="module")
def cli(forks, tmp_path_factory):
    """The command, in a folder with a run."""
    folder = tmp_path_factory.mktemp("options")
    forks(folder, "fit", *TINY, "--trainer.max_epochs=1", "--run=base")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        patch.setenv("PL_GLOBAL_SEED", "0")
        parts = {"rendezvous": Rendezvous(), "ctrl_c": environment.CtrlC()}
        with ExitStack() as held:
            cli = train.start(Made, ["fit", "--run=first"], held=held, **parts)
        for section, kind in CLASSES.items():
            patch.setattr(kind, "__init__", recorded(section, kind.__init__))
        yield cli
        parts["ctrl_c"].leave()
    torch.use_deterministic_algorithms(False)


def recorded(section, init):
    @wraps(init)
    def recording(self, *args, **options):
        given.update({f"{section}.{name}": value for name, value in options.items()})
        init(self, *args, **options)

    return recording


def other_values(parser) -> dict:
    """For each option of a command another value than its default."""
    values = {}
    for action in actions_of(parser):
        name, default = action.dest, action.default
        if default == "==SUPPRESS==" or name in ("config", "print_config", "resume", "own"):
            continue
        kind = getattr(action, "_typehint", str)
        kinds = get_args(kind) or [kind]
        literals = [v for k in (kind, *kinds) if get_origin(k) is Literal for v in get_args(k)]
        if name in CHOSEN:
            values[name] = CHOSEN[name]
        elif literals:
            values[name] = next(value for value in literals if value != default)
        elif bool in kinds:
            values[name] = not default
        elif int in kinds:
            values[name] = (default or 0) + 1
        elif float in kinds:
            values[name] = 0.25
        else:
            values[name] = "other"
    return values


def by_word(values: dict) -> list[str]:
    return [f"--{name}={as_text(value)}" for name, value in values.items()]


def by_file(values: dict) -> list[str]:
    with open("options.yaml", "w") as file:
        yaml.safe_dump(nested(values), file)
    return ["--config=options.yaml"]


def by_json(values: dict) -> list[str]:
    sections = nested(values)
    alone = {name: value for name, value in sections.items() if name not in CLASSES}
    words = [f"--{name}={json.dumps(sections[name])}" for name in CLASSES if name in sections]
    return [f"--config={json.dumps(alone)}", *words] if alone else words


def as_text(value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def nested(values: dict) -> dict:
    sections = defaultdict(dict)
    for name, value in values.items():
        section, _, option = name.rpartition(".")
        if section:
            sections[section][option] = value
        else:
            sections[option] = value
    return dict(sections)


def outcome(cli, words: list[str], values: dict) -> str:
    """How the command refuses these words, or "" if all values show in what was made."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            made = cli.make(words)
    except (
        ValueError,
        TypeError,
        ImportError,
        MisconfigurationException,
    ) as error:  # to a line by run_command
        return str(error)
    except SystemExit:
        return said.getvalue()
    for name, value in values.items():
        shown = made[name]
        if name == "trainer.callbacks":
            assert any(isinstance(one, LearningRateMonitor) for one in shown)
        else:
            assert str(shown) == str(value), (name, value, shown)  # 1 is not 1.0
    return ""


def is_named(option: str, sentence: str) -> bool:
    return re.search(rf"\b{option.rpartition('.')[2]}\b", sentence) is not None


def take_out(cli, words: list[str], write: Callable, values: dict) -> dict:
    """Those of the values that show in what is made when the others are not given: each of those is named by a refusal."""
    left = dict(values)
    while left and (sentence := outcome(cli, [*words, *write(left)], left)):
        named = [option for option in left if is_named(option, sentence)]
        assert named, sentence
        for option in named:
            del left[option]
    return left


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_is_used_or_refused_however_it_is_given(command, cli):
    words = COMMANDS[command]
    values = other_values(cli._subcommand_parsers[words[0]])
    used = take_out(cli, words, by_word, values)
    assert len(used) > 30
    for write in (by_file, by_json):
        assert outcome(cli, [*words, *write(used)], used) == ""
    refused = {}
    for option in set(values) - set(used):  # a sentence may name an option that is all right
        value = {option: values[option]}
        if sentence := outcome(cli, [*words, *by_json(value)], value):
            assert is_named(option, sentence), sentence
            refused |= value
    assert take_out(cli, words, by_file, refused) == {}
    assert ("trainer.logger" in refused) and ("model.n_hidden" in refused) == (command == "resume")


FILES = {
    "ten.yaml": "model:\n  n_hidden: 010\n",
    "one_batch.yaml": "run: one\ntrainer:\n  limit_train_batches: 1\n",
}
USED = {  # one way of writing an option, and what is made of it
    "--model.n_hidden=010": {"model.n_hidden": 10},
    "--config=ten.yaml": {"model.n_hidden": 10},
    "--config=one_batch.yaml --run=new": {"trainer.limit_train_batches": 1, "run": "new"},
}


@pytest.mark.parametrize("words", USED)
def test_a_number_is_what_it_says(words, cli):
    for name, content in FILES.items():
        Path(name).write_text(content)
    assert outcome(cli, ["fit", *words.split()], USED[words]) == ""


def test_a_plan_gives_all_options_to_its_runs(cli):
    values = other_values(cli._subcommand_parsers["fit"])
    values = {name: value for name, value in values.items() if name not in OURS}
    used = take_out(cli, ["fit"], by_word, values)
    tried = {"model.n_hidden": [used.pop("model.n_hidden")]}
    plan = {"fit": used, "try": tried}
    Path("plan.yaml").write_text(yaml.safe_dump(plan))
    (run,) = make_plan(Path("plan.yaml"))
    shown = {
        **used,
        "model.n_hidden": tried["model.n_hidden"][0],
        "run": "planned",
        "seed_everything": 0,
    }
    assert outcome(cli, ["fit", *run.words, "--run=planned"], shown) == ""
    for option in OURS:
        Path("plan.yaml").write_text(yaml.safe_dump({**plan, "fit": {option: 1}}))
        with pytest.raises(InputError, match=f"{option} is set by the sweep itself"):
            make_plan(Path("plan.yaml"))


WRITE = {"word": by_word, "file": by_file, "JSON": by_json}


@pytest.mark.parametrize("write", WRITE.values(), ids=WRITE)
def test_the_problem_and_the_run_are_read_however_they_are_given(write, cli, monkeypatch, tmp_path):
    Path("mine.py").write_text("from helpers.course.template.my_problem import Data, Model\n")
    (model, _) = find_classes(["fit", *write({"own": "mine"})], {})
    assert model.__module__.endswith("my_problem")
    resume = ["--resume"] if write is by_word else write({"resume": True})
    words = ["fit", "--trainer.max_epochs=3", *write({"run": "base"}), *resume]
    if write is by_file:  # both are in one file
        words = ["fit", "--trainer.max_epochs=3", *write({"run": "base", "resume": True})]
    assert outcome(cli, words, {"ckpt_path": "base/last.ckpt", "trainer.max_epochs": 3}) == ""
    assert is_named("resume", outcome(cli, ["test", "--run=base", *resume], {}))
    if write is not by_word:  # a word is a text
        for no_text in (7, 0, ["new"]):
            assert "run" in outcome(cli, ["fit", *write({"run": no_text})], {})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert outcome(cli, ["fit", *write({"run": "~/new"})], {"run": tmp_path / "new"}) == ""
    assert cli.run == tmp_path / "new"
