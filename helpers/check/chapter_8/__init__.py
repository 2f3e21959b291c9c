"""The checks of chapter 8, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_8.device_hours import device_hours
from helpers.check.chapter_8.runs_of_task import runs_of_task
from helpers.check.chapter_8.array_line import array_line
from helpers.check.chapter_8.mean_interval import mean_interval
from helpers.check.chapter_8.halve import halve
