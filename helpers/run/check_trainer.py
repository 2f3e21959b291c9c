"""Options that cannot work on this machine: each is refused in a sentence, at once."""

import re

import torch

from helpers import InputError, require
from helpers.setup import environment

MOST_SEEDS = 2**32  # of NumPy
FEW = 4  # processes that any machine may try out
TOO_LARGE = r"out of memory|allocate memory|overflow|invalid size|dimensions? .*too large"
LIMIT = re.compile(r"--trainer\.(limit_\w+_batches)=(\S+)$")


def whole_limits(words: list[str], saved: dict) -> dict[str, int]:
    """Return each `limit_..._batches` that is a whole number: 1 is one batch, and 1.0 are all.

    jsonargparse makes 1.0 of both, as a share is allowed too.

    Args:
        words: of the command
        saved: the Trainer's options that a resumed run began with
    """
    limits = {
        name: value
        for name, value in saved.items()
        if name.startswith("limit_") and type(value) is int
    }
    for word, following in zip(words, [*words[1:], ""]):
        pair = word if "=" in word else f"{word}={following}"
        if found := LIMIT.match(pair):
            limits.pop(found[1], None)
            if found[2].isdecimal():
                limits[found[1]] = int(found[2])
    return limits


def check_trainer(config, command: str, launcher: str) -> None:
    """Raise InputError for what Lightning would notice late, or never.

    Args:
        config: the options of the command
        command: fit, test or validate
        launcher: srun or torchrun; "" where Lightning starts further processes
    """
    trainer = config.trainer
    seed = config.seed_everything
    require(
        isinstance(seed, bool) or 0 <= seed < MOST_SEEDS,
        f"--seed_everything is {seed}: it must be between 0 and {MOST_SEEDS - 1}.",
    )
    if not launcher:
        _check_processes(trainer)
    if command == "fit":
        _check_length(trainer)
    parts = {"fit": ("train", "val", "test"), "validate": ("val",), "test": ("test",)}
    for part in parts[command]:
        limit = trainer[f"limit_{part}_batches"]
        require(
            limit is None or limit > 0,
            f"--trainer.limit_{part}_batches is {limit or 0:g}: it must be above 0.",
        )


def _check_length(trainer) -> None:
    for name in ("max_epochs", "max_steps"):
        value = trainer[name]
        require(
            value in (None, -1) or value >= 1,
            f"--trainer.{name} is {value}: it must be at least 1, or -1 for no limit.",
        )
    for name in ("accumulate_grad_batches", "log_every_n_steps", "check_val_every_n_epoch"):
        value = trainer[name]
        require(value is None or value >= 1, f"--trainer.{name} is {value}: it must be at least 1.")
    interval = trainer.val_check_interval
    require(
        not isinstance(interval, int | float) or interval > 0,
        f"--trainer.val_check_interval is {interval}: it must be above 0.",
    )
    require(
        not trainer.fast_dev_run,
        "--trainer.fast_dev_run keeps no checkpoint, and a run ends with the test of one: "
        "use --trainer.limit_train_batches=2.",
    )
    for name in ("barebones", "enable_checkpointing"):
        refused = name == "barebones"
        require(
            trainer[name] is None or trainer[name] != refused,
            f"--trainer.{name} is {str(trainer[name]).lower()}, but a run writes checkpoints: "
            "leave this option out.",
        )


def _check_processes(trainer) -> None:
    """Where Lightning starts the processes. It refuses a GPU too many by itself."""
    require(
        trainer.num_nodes == 1,
        f"--trainer.num_nodes is {trainer.num_nodes}, but this is one process on one node: start "
        "it by srun or torchrun, which set the number.",
    )
    takes_gpus = trainer.accelerator != "cpu" and torch.accelerator.is_available()
    devices = str(trainer.devices)
    if takes_gpus or devices == "auto":
        return
    require(
        re.fullmatch(r"-?\d+", devices) is not None,
        f"--trainer.devices is {devices}: without a GPU, it is a number of processes, or auto.",
    )
    n_cores = environment.count_cores()
    require(
        1 <= int(devices) <= max(FEW, n_cores),
        f"--trainer.devices is {devices}: each process needs a core, and here are {n_cores}.",
    )


def check_size(model, error: Exception) -> None:
    """Raise InputError if a network could not be made because it is too large.

    Args:
        model: its options
        error: what making it ended with
    """
    if not re.search(TOO_LARGE, f"{type(error).__name__} {error}", re.IGNORECASE):
        return
    sizes = {name: value for name, value in model.items() if type(value) is int}
    largest = max(sizes, key=sizes.get, default="")
    which = f": --model.{largest} is {sizes[largest]}" if largest else ""
    raise InputError(f"the network is too large for this machine{which}.") from None
