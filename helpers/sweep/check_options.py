"""Asks the training command whether it understands the options of a plan, before anything runs."""

import io
from contextlib import ExitStack, redirect_stderr

from helpers import InputError
from helpers.run.rendezvous import Rendezvous
from helpers.setup import environment
from helpers.sweep.plan import Run
from helpers.train import TrainCLI, start


class Understood(Exception):
    """All options were read."""


class Reader(TrainCLI):
    """The training command, up to the point at which it has read its options."""

    def _find_run(self, parser, args):
        raise Understood


def check_options(runs: list[Run]) -> None:
    """Raise InputError if `fit` does not know an option, or a value has the wrong type."""
    environment.setup()
    first_of_setting = {run.setting: run for run in reversed(runs)}
    for run in reversed(first_of_setting.values()):
        words = [f"--{name}={value}" for name, value in run.options.items()]
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                start(Reader, ["fit", *words], Rendezvous(), ExitStack())
        except Understood:
            continue
        except InputError as error:
            reason = str(error)
        except SystemExit:
            reason = said.getvalue().strip().rpartition("error: ")[2]
        raise InputError(
            f"fit does not take the options of setting {run.setting}: {' '.join(reason.split())}"
        )
