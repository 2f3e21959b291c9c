"""The checks of chapter 0, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .run_neuron import run_neuron
from .build import build
from .training_step import training_step
from .job import job
