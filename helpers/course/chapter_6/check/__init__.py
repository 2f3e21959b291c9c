"""The checks of chapter 6, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .device_hours import device_hours
from .broken import broken
from .luck import luck
from .spend import spend
from .halve import halve
