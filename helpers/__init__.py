"""The small module behind the course.

Its root is what every learner reads. The road of an image: `digits`, `data`, a step of `classifier` (distortion). That
calls `model` (encoder, network of the neurons in `neuron`), then goes on (decoder, `scores`). `train` is the command.
On its way it takes what makes it fast and exact: `cluster.resuming` hands out batches, `speed.kernels` runs neurons.
What one chapter adds has a folder: `half_hour` (chapter 0), `speed` (3), `cluster` (4), `own` (5), `deploy` (6).
`check` has a folder for each chapter and `figures` a file. `setup` is for the machine, `notebook` for what cells use.

To import it changes nothing in the process, but for two variables of the environment: `set_thread_variables`.
"""

from pathlib import Path

from helpers.setup.environment import set_thread_variables

ASSETS = Path(__file__).parent / "assets"  # digits, pictures, recorded measurements

set_thread_variables()  # before torch is imported, which reads them only then


class InputError(ValueError):
    """Something the user gave cannot be used. The message is one sentence: what was given and what is allowed."""


def require(condition: bool, message: str) -> None:
    """Raise InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)
