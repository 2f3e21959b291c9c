"""The training command as a run of a sweep, of which few files are kept."""

import json

from pytorch_lightning.loggers import CSVLogger

from helpers.engine.scores import TEST_ACC
from helpers.sweep.plan import TEST
from helpers.tools.write_whole import write_whole
from helpers.train import Command


class InSweep(Command):
    """Draws nothing, as the table draws all runs, and writes nothing for TensorBoard."""

    loggers = {"metrics": CSVLogger}

    def draw(self):
        return {}

    def keep(self, result):
        """Write the score of the test into a file of its own, so that nobody chooses by it."""
        test = {TEST_ACC: result.pop(TEST_ACC)}
        write_whole(self.run / TEST, json.dumps(test) + "\n")
        super().keep(result)
