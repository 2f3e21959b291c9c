"""The checks of chapter 5, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_5.check.estimate import estimate
from helpers.course.chapter_5.check.xor_spikes import xor_spikes
from helpers.course.chapter_5.check.xor_net import xor_net
from helpers.course.chapter_5.check.crossings import crossings
from helpers.course.chapter_5.check.run_cell import run_cell
from helpers.course.chapter_5.check.winner import winner
