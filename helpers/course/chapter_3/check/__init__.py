"""The checks of chapter 3, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .faults import faults
from .conv_flops import conv_flops
from .over_time import over_time
from .back_through_reset import back_through_reset
from .pays_from import pays_from
from .moved import moved
from .first_there import first_there
