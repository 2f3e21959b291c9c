"""The checks of chapter 4, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_4.check.average import average
from helpers.course.chapter_4.check.plan import plan
from helpers.course.chapter_4.check.serial_fraction import serial_fraction
from helpers.course.chapter_4.check.job_script import job_script
from helpers.course.chapter_4.check.diagnosis import diagnosis
