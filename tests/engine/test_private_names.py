"""Names that other libraries keep to themselves: each is still there, and touched in one file only."""

import argparse
import ast
import inspect
from pathlib import Path

import jsonargparse
import pytest
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.callbacks import WeightAveraging
from pytorch_lightning.cli import LightningCLI
from torch.nn.parallel import DistributedDataParallel

from helpers.engine import private_names
from tests import ROOT

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


@pytest.mark.parametrize("function, name", NAMES)
def test_the_name_is_still_there(function, name):
    advice = getattr(private_names, function, None)
    words = inspect.getdoc(advice) if advice else "See the comment above it in helpers/run/cli.py."
    assert hasattr(NAMES[function, name], name), f"{name} is gone. {words}"


def test_ddp_still_has_a_reducer_that_prepares_a_backward_pass():
    source = inspect.getsource(DistributedDataParallel)
    assert "self.reducer.prepare_for_backward(" in source, "see sort_gradients of run/exact.py"


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
    (overridden,) = [name for path in paths for name in private_names_in(path)]
    assert overridden.startswith("helpers/run/cli.py:")
    assert overridden.endswith(" super()._run_subcommand")
    assert private_names_in(ROOT / "helpers" / "engine" / "private_names.py"), "none is seen"
