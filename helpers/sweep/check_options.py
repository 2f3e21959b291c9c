"""Asks the training command whether it understands the options of a plan, before anything runs."""

import io
from contextlib import redirect_stderr

from tqdm import tqdm

from helpers import InputError, require
from helpers.run.rendezvous import Rendezvous
from helpers.setup import environment
from helpers.sweep.number import reason_of
from helpers.sweep.plan import Run
from helpers.train import TrainCLI, start


class Reader(TrainCLI):
    """The training command, which reads its options and does nothing else."""

    def _do_nothing(self, *args):
        pass

    _find_run = instantiate_classes = _run_subcommand = _do_nothing


def check_options(runs: list[Run]) -> None:
    """Raise InputError if `fit` does not know an option, or a value has the wrong type."""
    environment.setup()
    reader = None
    seen = {}
    settings = {run.setting: run for run in runs}
    # without a bar, if the output is no terminal
    for setting, run in tqdm(settings.items(), "checking", leave=False, disable=None):
        said = io.StringIO()
        words = ["fit", *run.words]
        try:
            with redirect_stderr(said):
                # made once, as that takes much longer than to read
                reader = reader or start(Reader, words, rendezvous=Rendezvous())
                reader.parse_arguments(reader.parser, words)
            trainer = reader.config.fit.trainer
            given = f"{trainer.devices} and {trainer.strategy}"
            require(
                given in ("auto and auto", "1 and auto"),
                f"--trainer.devices and --trainer.strategy are {given}, and a run of a sweep is "
                "one process on one device: leave these options out.",
            )
            same = seen.setdefault(str(reader.config), setting)
            require(same == setting, f"it is the same as setting {same}.")
            continue
        except InputError as error:
            reason = str(error)
        except SystemExit:
            reason = reason_of(said.getvalue())
        raise InputError(f"fit does not take the options of setting {setting}: {reason}")
