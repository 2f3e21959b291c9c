"""The checks of chapter 1, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .lif_step import lif_step
from .surrogate import surrogate
from .poisson import poisson
from .network import network
from .two_halves import two_halves
from .fit import fit
