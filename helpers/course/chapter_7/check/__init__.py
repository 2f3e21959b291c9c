"""The checks of chapter 7, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .listen import listen
from .recurrent_step import recurrent_step
from .time_constant import time_constant
from .split import split
from .share_over_time import share_over_time
