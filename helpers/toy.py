"""Is it a working toy? Five questions about an own problem, each answered by running it for a moment."""

import copy

import torch
from pytorch_lightning import LightningDataModule, LightningModule

from helpers.neuron import LIF


def check_toy(model: LightningModule, data: LightningDataModule, steps: int = 100) -> bool:
    """Print one line for each of the five checks, and return whether all are passed. The model stays as it was.

    model: gives logits (batch, n_classes) for a batch of data, and has configure_optimizers
    data: as `helpers.loader.LoaderDataModule`
    steps: training steps on a single batch for the fourth check, and then on the training data for the fifth
    """
    model = copy.deepcopy(model).cpu()
    passed = True
    for number, check in enumerate((_shapes, _spikes, _gradients, _one_batch, _chance), start=1):
        try:
            sentence, good = check(model, data, steps)
        except Exception as error:
            sentence, good = f"stopped with {type(error).__name__}: {str(error).partition(chr(10))[0]}", False
        print(f"{number} {'passed' if good else 'LOOK  '} {sentence}")
        passed &= good
    return passed


def _first(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def _shapes(model, data, steps):
    x, labels = _first(data)
    logits = model(x)
    good = x.is_floating_point() and logits.dim() == 2 and len(logits) == len(labels) == len(x)
    good = good and bool((labels >= 0).all()) and int(labels.max()) < logits.shape[1]
    what = f"a batch of {tuple(x.shape)} gives logits {tuple(logits.shape)} for {len(labels)} labels"
    return what if good else f"{what}: (batch, n_classes) is needed, and labels from 0 to n_classes - 1", good


def _spikes(model, data, steps):
    rates = []
    layers = [layer for layer in model.modules() if isinstance(layer, LIF)]
    hooks = [layer.register_forward_hook(lambda m, x, out: rates.append(out[0].mean().item())) for layer in layers]
    with torch.no_grad():
        model(_first(data)[0])
    for hook in hooks:
        hook.remove()
    good = bool(rates) and all(0.001 < rate < 0.9 for rate in rates)
    what = f"spikes a neuron and time step: {', '.join(f'{rate:.3f}' for rate in rates) or 'no LIF layer found'}"
    return what if good else f"{what}: scale the weights, or the input, until all lie between 0.001 and 0.9", good


def _gradients(model, data, steps):
    x, labels = _first(data)
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(x), labels).backward()
    weights = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
    broken = [name for name, g in weights.items() if g is None or not g.isfinite().all() or not g.any()]
    return f"no gradient for {', '.join(broken)}" if broken else "every weight has a gradient", not broken


def _one_batch(model, data, steps):
    model, batch = copy.deepcopy(model), _first(data)
    _train(model, [batch] * steps)
    right = _accuracy(model, *batch)
    return f"learns a single batch by heart: {right:.0%} of it after {steps} steps", right > 0.95


def _chance(model, data, steps):
    data.setup()
    loader, batches = data.train_dataloader(), []
    while len(batches) < steps:
        batches += list(loader)
    _train(model, batches[:steps])
    parts = [(_accuracy(model, x, labels), labels) for x, labels in data.val_dataloader()]
    labels = torch.cat([labels for _, labels in parts])
    right = sum(accuracy * len(labels) for accuracy, labels in parts) / len(labels)
    common = labels.bincount().max().item() / len(labels)  # what always saying the same would give
    margin = 4 * (common * (1 - common) / len(labels)) ** 0.5  # four standard deviations of chance
    what = f"right for {right:.0%} of new examples after {steps} steps; always the same answer: {common:.0%}"
    return what, right > common + margin


def _train(model, batches):
    optimizer = model.configure_optimizers()
    for x, labels in batches:
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _accuracy(model, x, labels):
    with torch.no_grad():
        return (model(x).argmax(1) == labels).float().mean().item()
