"""The checks of chapter 9, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .estimate import estimate
from .xor_spikes import xor_spikes
from .xor_net import xor_net
from .crossings import crossings
from .run_cell import run_cell
from .winner import winner
