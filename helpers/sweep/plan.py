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
    threads: 1                        of each run, on a CPU; 1 without it: another number rounds
                                      differently

Settings are points of a Sobol sequence, which fills the space of all options more evenly than
random points do (Sobol 1967, doi:10.1016/0041-5553(67)90144-9). No setting is planned twice. The
same file gives the same plan anywhere. More settings or more seeds extend a plan: the runs that it
had keep their numbers. Whatever plan.csv says, the folder of a run says what it was begun with.
"""

import itertools
import json
import math
import platform
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from helpers import InputError, require
from helpers.assets.study_results import read_lines
from helpers.run.options import read_yaml
from helpers.tools.write_whole import write_csv

PLAN = "plan.csv"
TABLE = "table.csv"
TABLES = (TABLE, "curves.csv", "table.png")  # which table.py writes beside the plan
# files of a run, beside those of fit
OPTIONS = "options.txt"  # what it was begun with
STARTS = "starts.txt"  # when it began and ended
TEST = "test.json"  # the score of its test
MOST_RUNS = 10_000  # of a plan
KEYS = ("own", "fit", "try", "settings", "seeds", "threads")
# options the sweep sets
OURS = ("run", "resume", "seed_everything", "own", "config", "ckpt_path", "threads")


class Run(NamedTuple):
    """A line of the plan."""

    number: int
    setting: int
    seed: int
    options: dict[str, str]  # of fit, by name, without --; and threads, if the file has them

    @property
    def threads(self) -> int:
        return int(self.options.get("threads", 1))

    @property
    def words(self) -> list[str]:
        """What `fit` is started with."""
        options = {
            "trainer.enable_progress_bar": "false",  # unless the plan says otherwise
            "trainer.enable_model_summary": "false",
            **self.options,
            "seed_everything": self.seed,
        }
        # threads is no option of fit
        return [f"--{name}={value}" for name, value in options.items() if name != "threads"]

    @property
    def lines(self) -> frozenset[str]:
        """What options.txt of such a run says."""
        return frozenset("\n".join([*self.words, f"threads={self.threads}"]).splitlines())


def folder_of(sweep: Path | str, number: int) -> Path:
    """The folder of a run."""
    return Path(sweep, f"runs/{number}")


def read_file(path: Path) -> str:
    """The text of a file, "" if there is none."""
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def begun_with(sweep: Path | str, number: int) -> frozenset[str]:
    """What a run was begun with, as `Run.lines`; nothing if it has not begun."""
    return frozenset(read_file(folder_of(sweep, number) / OPTIONS).splitlines())


def check_begun(sweep: Path | str, runs: list[Run]) -> None:
    """Raise InputError if one of these runs was begun with something else than the plan says."""
    for run in runs:
        before = begun_with(sweep, run.number) or run.lines
        require(
            before == run.lines,
            f"number {run.number} was begun with {', '.join(before - run.lines) or 'less'}, and "
            f"the plan now says {', '.join(run.lines - before) or 'less'}: plan the old file "
            "again, or the new one in another folder.",
        )


def make_plan(file: Path) -> list[Run]:
    """Read a YAML file, and return all runs: those of a setting follow each other.

    Raises:
        InputError: when the file does not describe a sweep
    """
    try:
        described = read_yaml(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} cannot be read ({' '.join(str(error).split())}).") from None
    tried = isinstance(described, dict) and described.get("try")
    require(isinstance(tried, dict) and tried, f"{file} has no `try:` with options to try.")
    for key in described:
        require(key in KEYS, f"{file} has {key!r}: its keys are {', '.join(KEYS)}.")
    shared = described.get("fit") or {}
    require(isinstance(shared, dict), f"`fit` of {file} is {shared!r}: it must be option: value.")
    names = [*shared, *tried]
    for name in names:
        parts = [one for one in names if one.startswith(f"{name}.")]
        require(not parts, f"{file} has {name} and {', '.join(parts)}, a part of it: leave one.")
        require(name not in OURS, f"{name} is set by the sweep itself: take it out of {file}.")
        require(
            names.count(name) == 1,
            f"{name} is in `fit` and in `try` of {file}: leave one of them.",
        )
    given = described.get("seeds", 1)
    seeds = given
    if type(given) is int:
        seeds = list(range(min(given, MOST_RUNS + 1)))
    are_numbers = isinstance(seeds, list) and {*map(type, seeds)} == {int}
    require(
        are_numbers and min(seeds) >= 0 and len(set(seeds)) == len(seeds),
        f"seeds is {given}: it must be a number, or a list of different whole numbers from 0 on.",
    )
    for key in ("threads", "settings"):
        n = described.get(key)
        require(
            n is None or type(n) is int and n >= 1,
            f"{key} is {n!r}: it must be a whole number from 1 on.",
        )
    n = described.get("settings")
    lists = [values for values in tried.values() if isinstance(values, list)]
    n_settings = n or math.prod(map(len, lists))
    require(
        n_settings * len(seeds) <= MOST_RUNS,
        f"{file} asks for more than {MOST_RUNS:,} runs: try fewer settings or seeds.",
    )
    ours = {key: described[key] for key in ("threads", "own") if described.get(key)}
    settings = {}  # by their text, as there may be thousands
    for values in _draw(tried, n):
        if len(settings) == n:
            break
        options = ours | shared | dict(zip(tried, values))
        for name, value in options.items():
            if not isinstance(value, str):
                options[name] = json.dumps(value)
        settings[str(options)] = options
    require(
        n in (None, len(settings)),
        f"settings is {n}, but `try` has only {len(settings)} different ones: ask for fewer.",
    )
    runs = []
    for setting, options in enumerate(settings.values()):
        for seed in seeds:
            runs.append(Run(len(runs), setting, seed, options))
    return runs


def _draw(tried, n):
    """For each setting the values of all options that are tried; some may come again."""
    axes = [_axis(*item) for item in tried.items()]
    if n is None:
        require(
            dict not in map(type, tried.values()),
            "there are ranges in `try`: say by `settings` how many points of them are tried.",
        )
        return itertools.product(*tried.values())
    from torch.quasirandom import SobolEngine  # here: to run a number needs no PyTorch

    points = SobolEngine(len(axes), scramble=True, seed=0).draw(64 * n).tolist()
    return [[axis(place) for axis, place in zip(axes, point)] for point in points]


def _axis(name, choice):
    """Return the function that gives an option its value for a place between 0 and 1."""
    if isinstance(choice, list):
        require(choice, f"{name} has an empty list: name the values to try.")
        return lambda place: choice[int(place * len(choice))]
    is_range = isinstance(choice, dict) and set(choice) - {"log"} == {"from", "to"}
    is_log = is_range and choice.get("log", False)
    require(
        is_range and is_log in (True, False),
        f"{name} is {choice!r}: it must be a list of values, or {{from: lowest, to: highest}}, "
        "with `log: true` for steps by factors.",
    )
    low = choice["from"]
    high = choice["to"]
    are_numbers = {type(low), type(high)} <= {int, float}
    require(
        are_numbers and 0 < high - low < math.inf,
        f"{name} goes from {low!r} to {high!r}: these must be two numbers, the higher one last.",
    )
    require(
        low > 0 or not is_log,
        f"{name} begins at {low}, and steps by factors need numbers above 0: leave `log` out.",
    )
    is_whole = type(low) is type(high) is int
    # three digits, or more of them for a range that is narrower than a tenth of its numbers
    order = math.floor(math.log10((high - low) / max(abs(low), abs(high))))
    digits = max(3, 2 - order)

    def value(place: float):
        at = low + (high - low) * place
        if is_log:
            at = low * (high / low) ** place
        return round(at) if is_whole else min(max(low, float(f"{at:.{digits}g}")), high)

    return value


def write_plan(folder: Path, runs: list[Run]) -> list[Run]:
    """Write plan.csv. If runs of a plan have begun in that folder, this one can only extend it.

    Returns:
        all runs of the folder

    Raises:
        InputError: if a run that was planned before is not in this plan, or the folder holds files
            of these names that are not of a sweep
    """
    planned = []
    with suppress(InputError):  # there is no plan, or none with which its runs were begun
        before = read_plan(folder)
        check_begun(folder, before)
        if any(begun_with(folder, run.number) for run in before):
            planned = [run.lines for run in before]
    header = ",".join(Run._fields[:3])  # with which `write_runs` begins a file
    are_ours = any(read_file(folder / name).startswith(header) for name in (PLAN, TABLE))
    for name in (PLAN, *TABLES):
        require(
            are_ours or not (folder / name).exists(),
            f"{folder} has a {name} that is not of a sweep, and would be overwritten: move it, or "
            "name another folder by --folder.",
        )
    wanted = {run.lines: run for run in runs}
    planned += [lines for lines in wanted if lines not in planned]
    require(
        len(planned) == len(wanted),
        f"{folder} has another plan, and its runs have begun: more settings or seeds extend it; "
        "for anything else, name another folder by --folder.",
    )
    runs = [wanted[lines]._replace(number=number) for number, lines in enumerate(planned)]
    check_begun(folder, runs)
    folder.mkdir(parents=True, exist_ok=True)
    write_runs(folder / PLAN, runs)
    return runs


def read_plan(folder: Path | str) -> list[Run]:
    """Read plan.csv. Raises InputError, with the name of this machine, if there is none."""
    path = Path(folder, PLAN)
    try:
        runs = read_runs(path, Run)
    except (FileNotFoundError, KeyError, ValueError):
        runs = []
    require(
        runs and [run.number for run in runs] == list(range(len(runs))),
        f"{platform.node()} sees no whole {path}: make it by `python -m helpers.sweep plan`, in a "
        "folder that all nodes share.",
    )
    return runs


def write_runs(path: Path, runs: list) -> None:
    """Write `Run` or `Row` of table.py as CSV, each option in a column of its own."""
    names = runs[0]._fields  # of which options is the fourth
    options = runs[0].options
    lines = [[*names[:3], *options, *names[4:]]]
    lines += [[*run[:3], *map(run.options.get, options), *run[4:]] for run in runs]
    write_csv(path, lines)


def read_runs(path: Path, kind: type) -> list:
    """Read what `write_runs` wrote; kind: `Run` or `Row`."""
    runs = []
    for line in read_lines(path):
        require(None not in (*line, *line.values()), f"{path} has a line that is cut off.")
        values = {
            name: of_text(line.pop(name))
            for name, of_text in kind.__annotations__.items()
            if name != "options"
        }
        runs.append(kind(**values, options=line))
    return runs
