"""Names that other libraries keep to themselves, and may change without notice: each is still there, and listed here."""

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
from pytorch_lightning.core.mixins import hparams_mixin
from torch.nn.parallel import DistributedDataParallel

from tests import ROOT

TRAINER = Trainer(logger=False, enable_checkpointing=False, accelerator="cpu", devices=1)
NAMES = {  # who has the name
    "_trainer": LightningModule(),
    "_average_model": WeightAveraging(avg_fn=min),
    "_given_hyperparameters_context": hparams_mixin,
    "_action_groups": argparse.ArgumentParser(),
    "_actions": argparse.ArgumentParser(),
    "_typehint": jsonargparse.ArgumentParser().add_argument("--share", type=int | None),
    "yaml_default_loader": jsonargparse._loaders_dumpers,
    "_inductor": torch,
    "_dynamo": torch,
    "recompile_limit": torch._dynamo.config,
    "maybe_mark_dynamic": torch._dynamo,
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


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_still_there(name):
    assert hasattr(NAMES[name], name), "see what is marked as private in helpers"


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


def test_the_names_that_are_touched_are_listed():
    used = [name for path in (ROOT / "helpers").rglob("*.py") for name in private_names_in(path)]
    assert {place.rpartition(".")[2] for place in used} <= {*NAMES} and len(used) > 20
