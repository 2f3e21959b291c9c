"""Lightning's progress bar, made to grow in a notebook."""

from pytorch_lightning import Callback
from pytorch_lightning.callbacks import TQDMProgressBar


class GrowingBar(Callback):
    """Tells the bar in a notebook how many batches there are.

    Otherwise it is full from the first batch on: Lightning sets the total of a bar that is shown
    already, and its widget does not notice (https://github.com/tqdm/tqdm/issues/688).
    """

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        bar = trainer.progress_bar_callback
        if batch_idx == 0 and isinstance(bar, TQDMProgressBar):
            bar.train_progress_bar.reset(bar.train_progress_bar.total)
