"""The checks of chapter 0, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_0.check.run_neuron import run_neuron
from helpers.course.chapter_0.check.build import build
from helpers.course.chapter_0.check.training_step import training_step
from helpers.course.chapter_0.check.job import job
