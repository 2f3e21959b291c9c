"""The checks of chapter 1, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.course.chapter_1.check.lif_step import lif_step
from helpers.course.chapter_1.check.surrogate import surrogate
from helpers.course.chapter_1.check.poisson import poisson
from helpers.course.chapter_1.check.network import network
from helpers.course.chapter_1.check.two_halves import two_halves
from helpers.course.chapter_1.check.fit import fit
