"""The checks of chapter 4, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .average import average
from .plan import plan
from .serial_fraction import serial_fraction
from .job_script import job_script
from .missing import missing
from .diagnosis import diagnosis
