"""The checks of chapter 0, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_0.run_neuron import run_neuron
from helpers.check.chapter_0.build import build
from helpers.check.chapter_0.training_step import training_step
from helpers.check.chapter_0.job import job
