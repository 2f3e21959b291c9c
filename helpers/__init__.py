"""The small module behind the course.

Its root is what every learner reads. The road of an image: `digits`, `data`, a step of
`digits_classifier` (distortion), `model` (encoder, then the neurons of `neuron`), `classifier`
(decoder, `scores`). `train` is the command. `neuron`, `recurrent`, `loader`,
`network` and `classifier` serve any network and any input.

Rooms below the root: `tools`, `setup` (the machine), and `engine` (kernels, CUDA graphs, averaged
weights, exact restarts). Rooms above it: `run` (one run, its folder and its processes), `figures`,
`notebook` (what cells use), a folder for what one chapter adds, `half_hour` (chapter 0), `speed`
(3), `cluster` (4), `own` (5), `deploy` (6), `listen` (7), and `check`. Above the commands, `sweep`
(8) does many runs. An import leads down, never up: tests/chapters/test_floors.py has the order.

Importing it only sets two environment variables: see `set_thread_variables`.
"""

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
