"""Where the figures were until version 2."""

from helpers import check  # noqa: F401  # it says what to do
