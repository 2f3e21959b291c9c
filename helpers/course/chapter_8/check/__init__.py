"""The checks of chapter 8, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_8.check.device_hours import device_hours
from helpers.course.chapter_8.check.runs_of_task import runs_of_task
from helpers.course.chapter_8.check.array_line import array_line
from helpers.course.chapter_8.check.mean_interval import mean_interval
from helpers.course.chapter_8.check.halve import halve
