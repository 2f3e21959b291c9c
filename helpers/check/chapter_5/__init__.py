"""The checks of chapter 5, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_5.estimate import estimate
from helpers.check.chapter_5.xor_spikes import xor_spikes
from helpers.check.chapter_5.xor_net import xor_net
from helpers.check.chapter_5.crossings import crossings
from helpers.check.chapter_5.run_cell import run_cell
from helpers.check.chapter_5.winner import winner
