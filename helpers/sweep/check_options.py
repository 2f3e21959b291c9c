"""Asks the training command whether it understands the options of a plan, before anything runs."""

import io
from contextlib import redirect_stderr, redirect_stdout

from helpers import InputError, train
from helpers.sweep.plan import Run


def check_options(runs: list[Run]) -> None:
    """Raise InputError if `fit` does not know an option, or the type of a value is not allowed."""
    first_of_setting = {run.setting: run for run in reversed(runs)}
    for run in first_of_setting.values():
        words = [f"--{name}={value}" for name, value in run.options.items()]
        said = io.StringIO()
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(said):
                train.main(["fit", *words, "--print_config"])
        except SystemExit as end:
            if end.code:
                lines = [line for line in said.getvalue().split("\n") if "error: " in line]
                reason = lines[-1].partition("error: ")[2] if lines else said.getvalue()
                raise InputError(
                    f"fit does not take the options of setting {run.setting}: {reason}"
                ) from None
