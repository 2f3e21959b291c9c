"""The checks of chapter 7, in the order of its exercises.

The first line of each file says what an answer is.
"""

from .bytes_held import bytes_held
from .in_blocks import in_blocks
from .asked import asked
from .pack import pack
from .smallest_delay import smallest_delay
