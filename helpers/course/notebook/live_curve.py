"""A learning curve that grows in the notebook during training.

That of a finished run is in helpers/run/learning_curves.py.
"""

import time
from math import inf

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display

from helpers.course.notebook.progress_bar import GrowingBar
from helpers.tools.clock import EVERY
from helpers.tools.style import BLUE, panels


class LiveCurve(GrowingBar):
    """Draws the loss of each training batch, and measures the speed of the training."""

    def __init__(self):
        self.losses = []
        self.images_per_second = 0.0  # of the whole training, without its first step

    def on_train_start(self, trainer, module):
        self.ax = panels(2.2)
        plt.close(self.ax.figure)  # the notebook would show it once more, at the end of the cell
        self.ax.set_yscale("log", base=2)
        self.ax.set(xlabel="batch", ylabel="training loss")
        self.line = self.ax.plot([], [], color=BLUE)[0]
        self.shown = None
        if get_ipython():
            self.shown = display(self.ax.figure, display_id=True)
        self.drawn = time.monotonic()

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.losses.append(outputs["loss"].detach())
        if len(self.losses) == 1:
            self.start = self._now()
            self.n_images = 0
        else:
            self.n_images += len(batch[0])
        if time.monotonic() - self.drawn > EVERY:
            self._draw()

    def on_train_end(self, trainer, module):
        self.images_per_second = self.n_images / (self._now() - self.start)
        self._draw()

    def _now(self) -> float:
        self.losses[-1].item()  # waits for the GPU, which lags behind Python
        return time.perf_counter()

    def _draw(self) -> None:
        losses = [float(loss) for loss in self.losses]
        self.line.set_data(range(1, len(losses) + 1), losses)
        self.ax.relim()
        self.ax.autoscale_view()
        finite = [loss for loss in losses if 0 < loss < inf]
        if finite:
            lowest = min(*finite, finite[0] / 4)  # the axis has two ticks from the first loss on
            self.ax.set_ylim(0.8 * lowest, 1.2 * max(finite))
        if self.shown:
            self.shown.update(self.ax.figure)
        self.drawn = time.monotonic()
