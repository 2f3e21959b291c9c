"""Checkpoints as files: written whole or not at all, and looked at before they are used."""

import os
from pathlib import Path

import torch
from lightning_fabric.plugins.io import TorchCheckpointIO

from helpers import InputError, require

LAST = "last.ckpt"
PREVIOUS = "previous.ckpt"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there when it is whole.

    Lightning's lies in a temporary folder first: from another file system, its move is a copy,
    which may stop half-way. Of last.ckpt the one before is kept too, as previous.ckpt.
    """

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(part, "wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            if path.name == LAST and path.exists():
                _keep_previous(path)
            os.replace(part, path)
        except RuntimeError as error:  # PyTorch's, when the disk is full
            raise (error.__context__ or error) from None
        finally:
            part.unlink(missing_ok=True)


def _keep_previous(last: Path) -> None:
    previous = last.with_name(PREVIOUS)
    previous.unlink(missing_ok=True)
    try:
        os.link(last, previous)  # and not moved: somebody may wait for last.ckpt, or read it
    except OSError:  # a file system without links
        os.replace(last, previous)


def resumable(run: Path) -> bool:
    """Whether the folder of a run holds something to go on from."""
    return any((run / name).is_file() for name in (LAST, PREVIOUS))


def check_last(run: Path) -> int:
    """Return the number of training steps behind last.ckpt of a run.

    If it is missing or broken, previous.ckpt replaces it.

    Raises:
        InputError: when that does not help
    """
    last = run / LAST
    previous = run / PREVIOUS
    try:
        return check_checkpoint(last)
    except InputError:
        try:
            step = check_checkpoint(previous)
        except InputError:
            raise InputError(
                f"{run} has neither a whole {LAST} nor a whole {PREVIOUS} to go on from: "
                "begin a new run, and name it by --run."
            ) from None
        problem = "broken" if last.exists() else "missing"
        print(
            f"{last} is {problem}: the checkpoint before it, {PREVIOUS}, takes its place",
            flush=True,
        )
        os.replace(previous, last)
        return step


def check_checkpoint(path: Path) -> int:
    """Return the number of training steps behind a checkpoint.

    Raises:
        InputError: unless it is there and whole
    """
    require(path.is_file(), f"there is no checkpoint {path}.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)["global_step"]
    except Exception as error:
        name = type(error).__name__
        raise InputError(f"{path} is no whole checkpoint ({name}): use another one.") from None
