"""The checks of chapter 6, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_6.check.fan_out_map import fan_out_map
from helpers.course.chapter_6.check.break_even import break_even
from helpers.course.chapter_6.check.operations_per_image import operations_per_image
from helpers.course.chapter_6.check.to_int8 import to_int8
from helpers.course.chapter_6.check.to_nir import to_nir
from helpers.course.chapter_6.check.to_snntorch import to_snntorch
from helpers.course.chapter_6.check.prune import prune
