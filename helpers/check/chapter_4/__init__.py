"""The checks of chapter 4, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_4.average import average
from helpers.check.chapter_4.plan import plan
from helpers.check.chapter_4.serial_fraction import serial_fraction
from helpers.check.chapter_4.job_script import job_script
from helpers.check.chapter_4.diagnosis import diagnosis
