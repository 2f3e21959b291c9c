"""What the process imports from which all runs of a sweep are forked. It computes nothing."""

import gc

import helpers.train  # noqa: F401

gc.freeze()  # so that no run copies the memory that all share
