"""The checks of chapter 8, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .device_hours import device_hours
from .runs_of_task import runs_of_task
from .array_line import array_line
from .mean_interval import mean_interval
from .halve import halve
