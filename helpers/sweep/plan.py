"""The plan of a sweep: which runs there are, fixed before the first one begins.

A short YAML file says what is tried:

    own: spoken                       a problem: as --own of the training command; may be left out
    fit:                              options of `fit` that all runs share
      trainer.max_epochs: 6
      model.n_hidden: 64
    try:                              options of `fit` that differ: a range, or a list of values;
                                      a range from 1 to 20 tries whole numbers, from 1.0 to 20 any
      model.learning_rate: {from: 0.002, to: 0.1, log: true}
      model.dropout: [0, 0.2, 0.4]
    settings: 8                       how many settings are drawn; without it, all combinations
    seeds: 3                          seeds of each setting: 0, 1 and 2; or a list such as [7, 8]

Settings are points of a Sobol sequence, which fills the space of all options more evenly than
random points do (Sobol 1967, doi:10.1016/0041-5553(67)90144-9). The same file gives the same plan
anywhere.
"""

import csv
import itertools
import json
import math
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import yaml

from helpers import InputError, require

PLAN = "plan.csv"
KEYS = ("own", "fit", "try", "settings", "seeds")
OURS = ("run", "resume", "seed_everything", "own", "config", "ckpt_path")  # options the sweep sets


class Run(NamedTuple):
    """A line of the plan."""

    number: int
    setting: int
    seed: int
    options: dict[str, str]  # of fit, by name, without --


def make_plan(file: Path) -> list[Run]:
    """Read a YAML file, and return all runs: those of a setting follow each other.

    Raises:
        InputError: when the file does not describe a sweep
    """
    try:
        described = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} cannot be read ({' '.join(str(error).split())}).") from None
    require(isinstance(described, dict), f"{file} holds no `try:` with the options to try.")
    for key in described:
        require(key in KEYS, f"{file} has {key!r}: its keys are {', '.join(KEYS)}.")
    tried = described.get("try")
    require(bool(tried) and isinstance(tried, dict), f"{file} has no `try:` with options to try.")
    shared = described.get("fit") or {}
    require(isinstance(shared, dict), f"`fit` of {file} is {shared!r}: it must be option: value.")
    for name in (*shared, *tried):
        require(name not in OURS, f"{name} is set by the sweep itself: take it out of {file}.")
    both = [name for name in tried if name in shared]
    require(not both, f"{', '.join(both)} is in `fit` and in `try` of {file}: leave one of them.")
    seeds = _seeds(described.get("seeds", 1))
    if "own" in described:
        shared = {"own": described["own"], **shared}
    runs = []
    for setting, values in enumerate(_settings(tried, described.get("settings"))):
        options = {name: _as_word(value) for name, value in {**shared, **values}.items()}
        for seed in seeds:
            runs.append(Run(len(runs), setting, seed, options))
    return runs


def _seeds(seeds) -> list[int]:
    if not isinstance(seeds, list):
        return list(range(_count(seeds, "seeds")))
    are_seeds = all(type(seed) is int and 0 <= seed < 2**32 for seed in seeds)
    require(
        are_seeds and 0 < len(set(seeds)) == len(seeds),
        f"seeds is {seeds}: it must be a number, or a list of different whole numbers from 0 on.",
    )
    return seeds


def _count(n, name: str) -> int:
    require(type(n) is int and n >= 1, f"{name} is {n!r}: it must be a whole number from 1 on.")
    return n


def _settings(tried: dict, n) -> list[dict]:
    """The settings, each with a value for every option."""
    axes = {name: _axis(name, choice) for name, choice in tried.items()}
    if n is None:
        lists = [choice for choice in tried.values() if isinstance(choice, list)]
        require(
            len(lists) == len(tried),
            "there are ranges in `try`: say by `settings` how many points of them are tried.",
        )
        return [dict(zip(tried, values)) for values in itertools.product(*lists)]
    _count(n, "settings")
    from torch.quasirandom import SobolEngine  # here: to run a number needs no PyTorch

    points = SobolEngine(len(axes), scramble=True, seed=0).draw(n).tolist()
    return [
        {name: axis(place) for (name, axis), place in zip(axes.items(), point)} for point in points
    ]


def _axis(name: str, choice) -> Callable[[float], object]:
    """Return the function that gives an option its value for a place between 0 and 1."""
    if isinstance(choice, list):
        require(len(choice) > 0, f"{name} has an empty list: name the values to try.")
        return lambda place: choice[int(place * len(choice))]
    require(
        isinstance(choice, dict) and {"from", "to"} <= set(choice) <= {"from", "to", "log"},
        f"{name} is {choice!r}: it must be a list of values, or {{from: lowest, to: highest}}, "
        "with `log: true` for steps by factors.",
    )
    low = _number(name, "from", choice["from"])
    high = _number(name, "to", choice["to"])
    is_log = choice.get("log", False)
    require(low < high, f"{name} goes from {low} to {high}: the second number must be the higher.")
    require(
        low > 0 or not is_log,
        f"{name} begins at {low}, and steps by factors need numbers above 0: leave `log` out.",
    )
    is_whole = isinstance(low, int) and isinstance(high, int)

    def value(place: float):
        if is_log:
            at = low * (high / low) ** place
        else:
            at = low + (high - low) * place
        return round(at) if is_whole else float(f"{at:.3g}")

    return value


def _number(name: str, key: str, value) -> float:
    """A number of the YAML file, which takes 1e-3, without a point, for a text."""
    try:
        number = value if isinstance(value, (int, float)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    require(
        math.isfinite(number) and not isinstance(value, bool),
        f"{name} goes {key} {value!r}: it must be a number.",
    )
    return number


def _as_word(value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def write_plan(folder: Path, runs: list[Run]) -> None:
    """Write plan.csv. Raises InputError if runs of another plan have begun in that folder."""
    path = folder / PLAN
    begun = folder / "runs"
    if path.exists() and begun.is_dir() and any(begun.iterdir()):
        require(
            read_plan(folder) == runs,
            f"{folder} has another plan, and its runs have begun: name another folder by --folder.",
        )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{PLAN}")
        with open(part, "w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["number", "setting", "seed", *runs[0].options])
            for run in runs:
                table.writerow([run.number, run.setting, run.seed, *run.options.values()])
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error}): name another folder.") from None


def read_plan(folder: Path) -> list[Run]:
    """Read plan.csv. Raises InputError, with the name of this machine, where there is none."""
    path = folder / PLAN
    require(
        path.is_file(),
        f"{platform.node()} sees no {path}: make a plan by `python -m helpers.sweep plan`, in a "
        "folder that all nodes share.",
    )
    with open(path, newline="") as file:
        lines = list(csv.DictReader(file))
    runs = []
    try:
        for line in lines:
            number, setting, seed = (int(line.pop(key)) for key in ("number", "setting", "seed"))
            require(None not in line and None not in line.values(), "")
            runs.append(Run(number, setting, seed, line))
        require([run.number for run in runs] == list(range(len(runs))) and bool(runs), "")
    except (KeyError, ValueError):
        raise InputError(f"{path} is no whole plan any more: make it anew.") from None
    return runs


def differing(runs: list[Run]) -> list[str]:
    """The names of the options that are not the same in all runs."""
    names = list(runs[0].options)
    return [name for name in names if len({run.options[name] for run in runs}) > 1]
