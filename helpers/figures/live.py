"""What shows in a notebook that something is going on: a curve that grows, and lines that appear as they come."""

import queue
import subprocess
import threading
import time
from collections.abc import Sequence

import matplotlib.pyplot as plt
from IPython.display import Pretty, display
from pytorch_lightning import Callback

from helpers.figures.style import COLOUR, panels

EVERY = 1.0  # s between two looks of the learner


class LiveCurve(Callback):
    """Draws the loss of each training batch while the Trainer is at work, and measures its speed.

    images_per_second: of the whole training so far, without its first step
    """

    def __init__(self):
        self.losses, self.images_per_second, self.shown = [], 0.0, None

    def on_train_start(self, trainer, module):
        self.ax = panels(2.2)
        plt.close(self.ax.figure)  # the notebook would show it once more, at the end of the cell
        self.ax.set(xlabel="batch", ylabel="training loss", yscale="log")
        self.line = self.ax.plot([], [], color=COLOUR["train"])[0]
        self.shown, self.drawn = display(self.ax.figure, display_id=True), time.monotonic()

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.losses.append(outputs["loss"].detach())
        if len(self.losses) == 1:
            self.start, self.images = self._now(), 0
        else:
            self.images += len(batch[0])
        if time.monotonic() - self.drawn > EVERY:
            self._draw()

    def on_train_end(self, trainer, module):
        self.images_per_second = self.images / (self._now() - self.start)
        self._draw()

    def _now(self) -> float:
        self.losses[-1].item()  # a GPU works on while Python goes on: wait for it
        return time.perf_counter()

    def _draw(self) -> None:
        self.line.set_data(range(1, len(self.losses) + 1), [float(loss) for loss in self.losses])
        self.ax.relim()
        self.ax.autoscale_view()
        self.shown.update(self.ax.figure)
        self.drawn = time.monotonic()


def run(command: Sequence[str]) -> int:
    """Run a command in a process of its own, and show its lines as they come; until it ends, a clock runs above them.

    Returns:
        Its exit status.
    """
    start, lines = time.monotonic(), queue.SimpleQueue()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def read():
        for line in process.stdout:
            lines.put(line)
        lines.put("")  # the end: other lines have their newline

    threading.Thread(target=read, daemon=True).start()
    clock, line = display(Pretty("starting ..."), display_id=True), None
    while line != "":
        try:
            line = lines.get(timeout=EVERY)
            print(line, end="", flush=True)
        except queue.Empty:
            clock.update(Pretty(f"running for {time.monotonic() - start:.0f} s ..."))
    clock.update(Pretty(f"done in {time.monotonic() - start:.0f} s"))
    return process.wait()
