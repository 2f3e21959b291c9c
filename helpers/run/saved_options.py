"""The options of a run, in config.yaml beside its checkpoints: written and read only whole."""

import os
import re
from pathlib import Path

import yaml

from helpers import InputError, require

NAME = "config.yaml"
LAST_LINE = "# The last line of this file: without it, something is missing above.\n"
# Version 1.0.0 wrote no such line: this was the last option of its file
LAST_OPTION = "every_n_train_steps"


def save_options(parser, config, limits: dict[str, int], run: Path) -> None:
    """Write the options beside the checkpoints of a run.

    Args:
        parser: of the command fit; it makes their text
        config: the options
        limits: of the Trainer's options those that are whole numbers, which jsonargparse makes 1.0
        run: the folder
    """
    text = parser.dump(config)
    for name, limit in limits.items():
        text = re.sub(rf"^(  {name}): .*$", rf"\1: {limit}", text, flags=re.MULTILINE)
    part = run / f".{NAME}"
    part.write_text(text + LAST_LINE)
    os.replace(part, run / NAME)


def read_options(run: Path) -> dict:
    """Return the options of a run.

    Raises:
        InputError: when the file is missing, or a part of it is
    """
    path = run / NAME
    advice = "put the whole file back, or begin a new run, and name it by --run."
    require(path.is_file(), f"{path} is missing, so the options of the run are not known: {advice}")
    text = path.read_text(errors="replace")
    try:
        options = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise InputError(f"{path} cannot be read{where}: {advice}") from None
    is_old = isinstance(options, dict) and LAST_OPTION in (options.get("last") or {})
    is_whole = text.endswith(LAST_LINE) or (is_old and text.endswith("\n"))
    require(is_whole, f"{path} is cut off, so some options of the run are lost: {advice}")
    return options
