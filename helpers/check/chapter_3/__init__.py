"""The checks of chapter 3, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_3.faults import faults
from helpers.check.chapter_3.conv_flops import conv_flops
from helpers.check.chapter_3.over_time import over_time
from helpers.check.chapter_3.back_through_reset import back_through_reset
from helpers.check.chapter_3.pays_from import pays_from
from helpers.check.chapter_3.moved import moved
from helpers.check.chapter_3.first_there import first_there
