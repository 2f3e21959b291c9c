"""The network that a training validates and keeps: an average of the weights of its steps."""

from pytorch_lightning.callbacks import WeightAveraging
from torch.nn.parameter import is_lazy
from torch.optim.swa_utils import get_ema_multi_avg_fn

from helpers import require
from helpers.engine import private_names


class AverageWeights(WeightAveraging):
    """Validates, tests and keeps an average in which each step counts less with every later one.

    At step n, the average so far counts (n + 1) / (n + 10), and at most 0.998. The optimiser has
    weights of its own.
    """

    def __init__(self):
        super().__init__(multi_avg_fn=_average)

    def setup(self, trainer, module, stage):
        lazy = [name for name, weight in module.named_parameters() if is_lazy(weight)]
        require(
            not lazy,
            f"{', '.join(lazy)} have no size yet, and are to be averaged from the first step on: "
            "say in the network how many inputs its layers have.",
        )
        module.to(trainer.strategy.root_device)  # the average is made where the network is
        trainer.precision_plugin.convert_module(module)  # as Lightning does, after the copy is made
        super().setup(trainer, module, stage)
        if stage == "fit":
            private_names.count_averages_on_cpu(self)

    def on_load_checkpoint(self, trainer, module, checkpoint):
        if trainer.state.fn == "fit":  # else the average is what is asked for
            super().on_load_checkpoint(trainer, module, checkpoint)


def _average(averages, weights, n):
    decay = min(0.998, (n.item() + 1) / (n.item() + 10))
    get_ema_multi_avg_fn(decay)(averages, weights, n)
