"""The checks of chapter 2, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_2.decode import decode
from helpers.check.chapter_2.spike_rate import spike_rate
from helpers.check.chapter_2.repair import repair
from helpers.check.chapter_2.longest_gap import longest_gap
from helpers.check.chapter_2.speed_up_limit import speed_up_limit
