"""Names that Lightning, PyTorch and Python keep to themselves, and that the course needs.

They may change without notice, so they are touched here alone, and in run/exact.py, which is a file
by itself. Each function says what it is for, and what to do when the name is gone.
tests/engine/test_private_names.py tells which one a new version has taken away. One method has to
be overridden under a private name: it stands in run/cli.py, and says so there.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # to import Lightning takes seconds, and a network needs none
    import torch
    from pytorch_lightning import LightningModule
    from pytorch_lightning.callbacks import WeightAveraging


def has_trainer(module: LightningModule) -> bool:
    """Whether a Trainer has taken this module. Asked for its trainer, one without raises an error.

    When `_trainer` is gone: catch that error instead.
    """
    return module._trainer is not None


def count_averages_on_cpu(callback: WeightAveraging) -> None:
    """Keep the number of averaged steps on the CPU: a GPU would have to be waited for.

    When `_average_model` is gone: leave this call out. All it costs is speed on a GPU.
    """
    callback._average_model.n_averaged = callback._average_model.n_averaged.cpu()


def show_groups(parser: argparse.ArgumentParser, first: list, and_others: bool) -> None:
    """Have help show these groups of options before all others, or alone.

    When `_action_groups` is gone: leave this call out. All it costs is the order and the length of
    the help.
    """
    parser._action_groups.sort(key=lambda group: group not in first)
    if not and_others:
        parser._action_groups = first


def actions_of(parser: argparse.ArgumentParser) -> list:
    """The options of a parser.

    When `_actions` is gone: return an empty list. All it costs is the question "did you mean".
    """
    return parser._actions


def keep_whole_numbers(parser: argparse.ArgumentParser) -> None:
    """Have limit_..._batches tell 1, one batch, from 1.0, all of them.

    Their type is a number or a share, in whichever order another module has named the two first.
    When `_typehint` is gone: look for where jsonargparse keeps the type of an option; else one
    batch is all of them (tests/test_odd_inputs.py).
    """
    for action in actions_of(parser):
        if action.dest.startswith("trainer.limit_"):
            action._typehint = int | float | None


def read_words_by(loader: type) -> None:
    """Have jsonargparse take as a number what this loader of YAML takes as one, and nothing else.

    When `yaml_default_loader` is gone: look for what reads a word as an int; else 1:30 is 90.
    """
    from jsonargparse import _loaders_dumpers

    _loaders_dumpers.yaml_default_loader = loader


def parser_of(cli, subcommand: str):
    """The parser of a subcommand of a LightningCLI, which can write a configuration.

    When `_parser` is gone: look for where LightningCLI.save_config_callback gets its parser.
    """
    return cli._parser(subcommand)


def knows_option(name: str) -> bool:
    """Whether torch.compile has an option of that name.

    When `torch._inductor.config` is gone: pass the options as they are, and drop what it refuses.
    """
    import torch

    return hasattr(torch._inductor.config, name)


def allow_recompiling() -> None:
    """Let a function be compiled for each seq_length, type, and with or without gradients.

    It is set where it is used, as each thread has a limit of its own. When
    `torch._dynamo.config.recompile_limit` is gone: raise what has taken its place; else the ninth
    seq_length of a process runs uncompiled.
    """
    import torch

    torch._dynamo.config.recompile_limit = 64


def mark_any_length(tensor: torch.Tensor, axis: int) -> None:
    """Tell torch.compile that this axis may have any length.

    When `maybe_mark_dynamic` is gone: use torch._dynamo.mark_dynamic, which refuses lengths of 1.
    """
    import torch

    torch._dynamo.maybe_mark_dynamic(tensor, axis)
