"""The checks of chapter 2, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_2.check.decode import decode
from helpers.course.chapter_2.check.spike_rate import spike_rate
from helpers.course.chapter_2.check.repair import repair
from helpers.course.chapter_2.check.longest_gap import longest_gap
from helpers.course.chapter_2.check.speed_up_limit import speed_up_limit
