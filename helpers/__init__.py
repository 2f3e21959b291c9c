"""The small module behind the course.

Its root is what every learner reads. Begin with `classifier`, which trains any spiking network: the
loss, the learning rate, the averages of weights. `digits_classifier` trains the network of `model`,
for images. `network` is for any network, `neuron` has the equations and the gradient of a spike,
`encoders` make spikes of images. `data` reads the `digits`, by way of `loader`. `train` is the
command that puts all of these to work. Inside a network, time is the first axis.

Below the root: `tools`, `setup` (the machine), `assets` (digits, recordings, measurements), and
`engine`, which makes it fast. `run` is one run of any network: its command line, its folder, its
processes; `run/exact.py` makes a restart exact, and serves any script for Lightning. Beside and
above: `recurrent` (neurons that receive each other's spikes), `spoken` (the spoken digits),
`cluster` and `sweep` (the commands for a cluster). `course` is what only notebooks need, a folder
for each chapter. An import leads down, never up: tests/chapters/test_floors.py has the order.

Importing it only sets two environment variables: see `set_thread_variables`.
"""

import os
import sys

# `python -m` looks into the current folder first, where a file of yours may be called norse.py
if sys.argv[0] in ("-m", "-c") and sys.path[0] in ("", os.getcwd()):
    sys.path.append(sys.path.pop(0))

from pathlib import Path

from helpers.setup.environment import set_thread_variables

ASSETS = Path(__file__).parent / "assets"  # digits, pictures, recorded measurements

set_thread_variables()  # before torch is imported, which reads them only then


class InputError(ValueError):
    """Bad input. The message is one sentence: what was given and what is allowed."""


def require(condition: bool, message: str) -> None:
    """Raise InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)


def choose(choices: dict, name: str, what: str):
    """Return the value of that name. Raises InputError, with all names, where there is none."""
    require(name in choices, f"{what} is {name!r}: it must be one of {', '.join(choices)}.")
    return choices[name]
