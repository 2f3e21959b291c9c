"""The checks of chapter 3, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_3.check.faults import faults
from helpers.course.chapter_3.check.conv_flops import conv_flops
from helpers.course.chapter_3.check.over_time import over_time
from helpers.course.chapter_3.check.back_through_reset import back_through_reset
from helpers.course.chapter_3.check.pays_from import pays_from
from helpers.course.chapter_3.check.moved import moved
from helpers.course.chapter_3.check.first_there import first_there
