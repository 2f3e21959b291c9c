"""The checks of chapter 1, in the order of its exercises.

The first line of each file says what an answer is.
"""

from helpers.check.chapter_1.lif_step import lif_step
from helpers.check.chapter_1.surrogate import surrogate
from helpers.check.chapter_1.poisson import poisson
from helpers.check.chapter_1.network import network
from helpers.check.chapter_1.two_halves import two_halves
from helpers.check.chapter_1.fit import fit
