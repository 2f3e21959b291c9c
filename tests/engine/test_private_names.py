"""Names that other libraries keep to themselves, and may change without notice: each is still there, and listed here."""

import argparse
import ast
from pathlib import Path

import jsonargparse
import pytest
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.callbacks import WeightAveraging
from pytorch_lightning.core.mixins import hparams_mixin

from tests import ROOT

NAMES = {  # who has the name
    "_trainer": LightningModule(),
    "_average_model": WeightAveraging(avg_fn=min),
    "_given_hyperparameters_context": hparams_mixin,
    "_action_groups": argparse.ArgumentParser(),
    "_actions": argparse.ArgumentParser(),
    "_typehint": jsonargparse.ArgumentParser().add_argument("--share", type=int | None),
    "yaml_default_loader": jsonargparse._loaders_dumpers,
    "_dynamo": torch,
    "recompile_limit": torch._dynamo.config,
    "maybe_mark_dynamic": torch._dynamo,
    "_buffers": torch.nn.Module(),
    "_non_persistent_buffers_set": torch.nn.Module(),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_still_there(name):
    assert hasattr(NAMES[name], name), "see what is marked as private in helpers"


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


def test_the_names_that_are_touched_are_listed():
    """All but those of the exact restart: its tests fail without them."""
    paths = set((ROOT / "helpers").rglob("*.py")) - {ROOT / "helpers" / "run" / "exact.py"}
    used = {place.rpartition(".")[2] for path in paths for place in private_names_in(path)}
    assert "_dynamo" in used and used <= {*NAMES}
