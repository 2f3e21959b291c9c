"""The checks of chapter 7, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_7.check.listen import listen
from helpers.course.chapter_7.check.recurrent_step import recurrent_step
from helpers.course.chapter_7.check.time_constant import time_constant
from helpers.course.chapter_7.check.split import split
from helpers.course.chapter_7.check.share_over_time import share_over_time
