"""The checks of chapter 7, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_7.listen import listen
from helpers.check.chapter_7.recurrent_step import recurrent_step
from helpers.check.chapter_7.time_constant import time_constant
from helpers.check.chapter_7.split import split
from helpers.check.chapter_7.share_over_time import share_over_time
