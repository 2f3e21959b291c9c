"""What the exercises call: one line that says what is right about an answer, or what to look at."""

from helpers.check.chapter_1 import lif_step, poisson, steps_to_spike, surrogate, training_step, two_halves
from helpers.check.chapter_2 import decode, normalise, resume_command, speed_up_limit, spike_rate

__all__ = [
    "lif_step",
    "steps_to_spike",
    "surrogate",
    "poisson",
    "two_halves",
    "training_step",
    "normalise",
    "decode",
    "spike_rate",
    "resume_command",
    "speed_up_limit",
]
