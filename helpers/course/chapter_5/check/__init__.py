"""The checks of chapter 5, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .listen import listen
from .cut_into_bins import cut_into_bins
from .backwards import backwards
from .split import split
from .next_voice import next_voice
from .share_over_time import share_over_time
