"""The checks of chapter 6, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_6.fan_out_map import fan_out_map
from helpers.check.chapter_6.break_even import break_even
from helpers.check.chapter_6.spike_penalty import spike_penalty
from helpers.check.chapter_6.to_int8 import to_int8
from helpers.check.chapter_6.to_nir import to_nir
from helpers.check.chapter_6.cuba_lif_step import cuba_lif_step
from helpers.check.chapter_6.prune import prune
