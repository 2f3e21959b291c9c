"""Asks the training command whether it understands the options of a plan, before anything runs."""

from tqdm import tqdm

from helpers import InputError, require
from helpers.run.options import look_ahead
from helpers.setup import environment
from helpers.sweep.plan import Run
from helpers.train import make_parser


def check_options(runs: list[Run]) -> None:
    """Raise InputError if `fit` does not know an option, or a value is not allowed."""
    environment.setup()
    seen = {}
    settings = {run.setting: run for run in runs}
    # without a bar, if the output is no terminal
    for setting, run in tqdm(settings.items(), "checking", leave=False, disable=None):
        try:
            parser = make_parser("fit", look_ahead(run.words).own)
            options, _ = parser.read(run.words, {})
            given = f"{options.trainer.devices} and {options.trainer.strategy}"
            require(
                given in ("auto and auto", "1 and auto"),
                f"--trainer.devices and --trainer.strategy are {given}, and a run of a sweep is "
                "one process on one device: leave these options out.",
            )
            made = parser.instantiate(options)
            for part in ("model", "data"):  # each refuses what it does not allow
                parser.parts[part](**made.get(part) or {})
            same = seen.setdefault(str(options), setting)
            require(same == setting, f"it is the same as setting {same}.")
        except (InputError, SystemExit) as error:  # also of a word that asks for help
            raise InputError(
                f"fit does not take the options of setting {setting}: {error}"
            ) from None
