"""What the process imports from which all runs of a sweep are forked. It computes nothing."""

import signal

# SLURM sends it to all processes of a task. It is for the runs; without this one, nobody would
# know how they end.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

import helpers.train  # noqa: E402, F401
