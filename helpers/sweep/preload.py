"""Imports for the process from which all runs of a sweep are forked. It computes nothing."""

import helpers.train  # noqa: F401
