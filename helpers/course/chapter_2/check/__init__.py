"""The checks of chapter 2, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .latest_start import latest_start
from .silent_share import silent_share
from .repair import repair
from .longest_gap import longest_gap
from .speed_up_limit import speed_up_limit
