"""The checks of chapter 6, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_6.fan_out_map import fan_out_map
from helpers.check.chapter_6.break_even import break_even
from helpers.check.chapter_6.operations_per_image import operations_per_image
from helpers.check.chapter_6.to_int8 import to_int8
from helpers.check.chapter_6.to_nir import to_nir
from helpers.check.chapter_6.to_snntorch import to_snntorch
from helpers.check.chapter_6.prune import prune
