"""Names that other libraries keep to themselves: each is still there, and touched in one file only."""

import argparse
import ast
import inspect
from pathlib import Path

import jsonargparse
import pytest
import pytorch_lightning
import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import WeightAveraging
from pytorch_lightning.cli import LightningCLI
from torch.nn.parallel import DistributedDataParallel

from helpers.engine import private_names
from tests import ROOT

TRAINER = Trainer(logger=False, enable_checkpointing=False, accelerator="cpu", devices=1)
NAMES = {  # a function of private_names.py, or a method that is overridden: who has the name
    ("has_trainer", "_trainer"): LightningModule(),
    ("count_averages_on_cpu", "_average_model"): WeightAveraging(avg_fn=min),
    ("show_groups", "_action_groups"): argparse.ArgumentParser(),
    ("actions_of", "_actions"): argparse.ArgumentParser(),
    ("keep_whole_numbers", "_typehint"): jsonargparse.ArgumentParser().add_argument(
        "--share", type=int | None
    ),
    ("read_words_by", "yaml_default_loader"): jsonargparse._loaders_dumpers,
    ("parser_of", "_parser"): LightningCLI,
    ("knows_option", "config"): torch._inductor,
    ("allow_recompiling", "recompile_limit"): torch._dynamo.config,
    ("mark_any_length", "maybe_mark_dynamic"): torch._dynamo,
    ("_run_subcommand", "_run_subcommand"): LightningCLI,
}


EXACT = {  # what run/exact.py touches: who has the name
    "_signal_connector": TRAINER,
    "_logger_connector": TRAINER,
    "_first_loop_iter": TRAINER._logger_connector,
    "_current_fx": TRAINER._logger_connector,
    "_callback_metrics": TRAINER._logger_connector,
    "_logged_metrics": TRAINER._logger_connector,
    "_progress_bar_metrics": TRAINER._logger_connector,
    "_Loop": pytorch_lightning.loops,
    "_data_fetcher": TRAINER.fit_loop,
    "_data_source": TRAINER.fit_loop,
    "_load_combined_loader_states": TRAINER.fit_loop,
    "_restart_stage": TRAINER.fit_loop.epoch_loop,
    "_skip_next_val": TRAINER.fit_loop.epoch_loop,
    "_num_ready_batches_reached": TRAINER.fit_loop.epoch_loop,
    "_should_accumulate": TRAINER.fit_loop.epoch_loop,
    "_results": TRAINER.fit_loop.epoch_loop,
    "_shutdown_workers": torch.utils.data.dataloader._MultiProcessingDataLoaderIter,
    "_buffers": torch.nn.Module(),
    "_non_persistent_buffers_set": torch.nn.Module(),
}


@pytest.mark.parametrize("name", EXACT)
def test_what_makes_a_restart_exact_is_still_there(name):
    assert hasattr(EXACT[name], name)


def test_the_names_that_an_exact_restart_touches_are_listed():
    used = private_names_in(ROOT / "helpers" / "run" / "exact.py")
    assert {place.rpartition(".")[2] for place in used} <= {*EXACT}


@pytest.mark.parametrize("function, name", NAMES)
def test_the_name_is_still_there(function, name):
    advice = getattr(private_names, function, None)
    words = inspect.getdoc(advice) if advice else "See the comment above it in helpers/run/cli.py."
    assert hasattr(NAMES[function, name], name), f"{name} is gone. {words}"


def test_ddp_still_has_a_reducer_that_prepares_a_backward_pass():
    source = inspect.getsource(DistributedDataParallel)
    assert "self.reducer.prepare_for_backward(" in source, "see sort_gradients of run/exact.py"


def test_each_function_says_what_to_do_when_the_name_is_gone():
    for name, function in inspect.getmembers(private_names, inspect.isfunction):
        text = " ".join(inspect.getdoc(function).split())
        assert "gone:" in text, f"{name} does not say what to do when its name is gone"


def private_names_in(path: Path) -> list[str]:
    """Attributes that begin with an underscore, of other things than self, cls and this package."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            owner = ast.unparse(node.value)
            is_dunder = node.attr.startswith("__")
            is_ours = owner in ("self", "cls", "os") or node.attr in (
                "_fields",
                "_replace",
                "_asdict",
            )
            if not (is_dunder or is_ours):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {owner}.{node.attr}")
    return found


def test_no_other_file_touches_a_private_name():
    may = ("private_names.py", "exact.py")
    paths = [path for path in (ROOT / "helpers").rglob("*.py") if path.name not in may]
    assert len(paths) > 100
    (overridden,) = [name for path in paths for name in private_names_in(path)]
    assert overridden.startswith("helpers/run/cli.py:")
    assert overridden.endswith(" super()._run_subcommand")
    assert len(private_names_in(ROOT / "helpers" / "engine" / "private_names.py")) >= 9
