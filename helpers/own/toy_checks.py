"""Is it a working toy? Five checks of a problem of your own. Each runs it for a moment."""

import copy
from itertools import chain, islice, repeat

import torch
from pytorch_lightning import LightningDataModule, LightningModule
from torch.nn.functional import cross_entropy
from torch.nn.modules.module import register_module_forward_hook

from helpers.check import tell
from helpers.check.errors import learners_line

STEPS = 100  # in which the fourth check trains on a single batch, the fifth on the training data


def check_toy(model: LightningModule, data: LightningDataModule) -> list[int]:
    """Print a line for each of five checks. Returns the numbers of those that found something, [] for a working toy.

    The model stays as it was.

    model: returns logits (batch, n_classes) for a batch of data, and has configure_optimizers
    data: as `helpers.data.LoaderDataModule`
    """
    model = copy.deepcopy(model).cpu()
    found = []
    for number, check in enumerate((_shapes, _spikes, _gradients, _one_batch, _chance), start=1):
        try:
            sentence, good = check(model, data)
        except Exception as error:
            sentence, good = _describe(error), False
        tell(f"{number} {'passed' if good else 'LOOK  '} {sentence}", " " * 9)
        found += [] if good else [number]
        if check is _shapes and not good:
            print("The other four checks wait for this one.")
            break
    return found


def _describe(error: Exception) -> str:
    line = learners_line(error)
    message = str(error).partition("\n")[0]
    return f"stopped with {type(error).__name__}: {message}" + (f"\n         {line}" if line else "")


def _first(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def _shapes(model, data):
    x, labels = _first(data)
    logits = model(x)
    what = f"a batch of {tuple(x.shape)} gives logits {tuple(logits.shape)} for labels {tuple(labels.shape)}"
    if not x.is_floating_point() or logits.dim() != 2 or len(logits) != len(x):
        return f"{what}: the batch should hold floats, and logits should be (batch, n_classes)", False
    if labels.shape != (len(x),) or labels.dtype != torch.int64:
        return f"{what}, of type {labels.dtype}: each example needs one label, of type torch.int64", False
    lowest, highest = labels.min().item(), labels.max().item()
    if lowest < 0 or highest >= logits.shape[1]:
        return f"{what}: the labels go from {lowest} to {highest}, not from 0 to {logits.shape[1] - 1}", False
    return what, True


def _spikes(model, data):
    outputs = {}  # of each layer that returns a pair, such as spikes and state

    def look(module, inputs, output):
        if isinstance(output, tuple) and isinstance(output[0], torch.Tensor):
            outputs.setdefault(module, []).append(output[0].flatten())

    with torch.no_grad(), register_module_forward_hook(look):
        model(_first(data)[0])
    rates = [z.mean().item() for z in map(torch.cat, outputs.values()) if ((z == 0) | (z == 1)).all()]
    if not rates:
        return "no layer returns a pair of spikes (0 or 1) and state: does the network have neurons?", False
    good = all(0.001 < rate < 0.9 for rate in rates)
    what = f"spikes per neuron and time step: {', '.join(f'{rate:.3f}' for rate in rates)}"
    return what if good else f"{what}: scale the weights or the input until all are between 0.001 and 0.9", good


def _gradients(model, data):
    x, labels = _first(data)
    model.zero_grad()
    cross_entropy(model(x), labels).backward()
    weights = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
    broken = [name for name, g in weights.items() if g is None or not g.isfinite().all() or not g.any()]
    return f"no gradient for {', '.join(broken)}" if broken else "every weight has a gradient", not broken


def _one_batch(model, data):
    model, batch = copy.deepcopy(model), _first(data)
    _train(model, [batch] * STEPS)
    right, _ = _test(model, [batch])
    return f"of a single batch, {right:.0%} are right after {STEPS} steps on it", right > 0.95


def _chance(model, data):
    data.setup()
    _train(model, islice(chain.from_iterable(repeat(data.train_dataloader())), STEPS))
    right, labels = _test(model, data.val_dataloader())
    common = labels.bincount().max().item() / len(labels)  # what always saying the same would give
    margin = 4 * (common * (1 - common) / len(labels)) ** 0.5  # four standard deviations of chance
    same = f"a network that always says the same: {common:.0%}"
    return f"of new examples, {right:.0%} are right after {STEPS} steps; {same}", right > common + margin


def _train(model, batches):
    optimizer = model.configure_optimizers()
    while not isinstance(optimizer, torch.optim.Optimizer):  # it is in a dict, or first in a list or tuple
        optimizer = optimizer["optimizer"] if isinstance(optimizer, dict) else optimizer[0]
    for x, labels in batches:
        loss = cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _test(model, batches):
    """The share of right answers, and the labels."""
    with torch.no_grad():
        answers, labels = zip(*((model(x).argmax(1), labels) for x, labels in batches))
    right = torch.cat(answers) == torch.cat(labels)
    return right.float().mean().item(), torch.cat(labels)
