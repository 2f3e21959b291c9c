"""The checks of chapter 8, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .fan_out_map import fan_out_map
from .break_even import break_even
from .operations_per_image import operations_per_image
from .to_int8 import to_int8
from .prune import prune
