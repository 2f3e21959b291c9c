"""Is it a working toy? Five checks of a problem of your own. Each runs it for a moment.

A check returns what it found as a sentence, and whether that is good.
"""

import copy
from itertools import chain, islice, repeat

import torch
from pytorch_lightning import LightningDataModule, LightningModule
from torch.nn.functional import cross_entropy

from helpers import InputError, require
from helpers.course.notebook.tell import tell
from helpers.engine.scores import HIGHEST_RATE, LOWEST_RATE
from helpers.loader import check_batch
from helpers.network import check_axes, record_spikes
from helpers.tools.learners_code import learners_line

STEPS = 100  # of training, in the fourth check on a single batch, in the fifth on all


def check_toy(model: LightningModule, data: LightningDataModule) -> list[int]:
    """Print a line for each of five checks.

    The model stays as it was.

    Args:
        model: returns logits (batch, n_classes) for a batch of data, and has configure_optimizers
        data: as `helpers.loader.LoaderDataModule`

    Returns:
        The numbers of the checks that found something, [] for a working toy.

    Raises:
        InputError: when these are classes
    """
    require(
        not isinstance(model, type) and not isinstance(data, type),
        "these are classes: give a model and data, as in check_toy(Model(), Data()).",
    )
    model = copy.deepcopy(model).cpu()
    found = []
    for number, check in enumerate((_shapes, _spikes, _gradients, _one_batch, _chance), 1):
        try:
            sentence, is_good = check(model, data)
        except Exception as error:
            message = str(error).partition("\n")[0]
            sentence = (
                f"stopped with {type(error).__name__}: {message}\n         {learners_line(error)}"
            )
            is_good = False
        word = "passed" if is_good else "LOOK  "
        tell(f"{number} {word} {sentence}", indent=" " * 9)
        if not is_good:
            found.append(number)
            if check is _shapes:
                print("The other four checks wait for this one.")
                break
    return found


def _first_batch(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def _shapes(model, data):
    """Check that batch, logits and labels fit, and that no example changes the logits of others."""
    x, labels = _first_batch(data)
    logits = model(x)
    what = (
        f"a batch of {tuple(x.shape)} gives logits {tuple(logits.shape)} "
        f"for labels {tuple(labels.shape)}"
    )
    try:
        check_batch((x, labels), check_axes(model, x))
    except InputError as error:
        return f"{what}: {error}", False
    return what, True


def _spikes(model, data):
    """Check that each layer of neurons spikes, and not all the time."""
    x, _ = _first_batch(data)
    _, outputs = record_spikes(model, x, dict(model.named_modules()))  # even silent ones
    rates = [z.mean().item() for z in outputs.values() if ((z == 0) | (z == 1)).all()]
    if not rates:
        return "no layer returns spikes (0 or 1) and state: does the network have neurons?", False
    what = f"spikes per neuron and time step: {', '.join(f'{rate:.3f}' for rate in rates)}"
    if not all(LOWEST_RATE < rate < HIGHEST_RATE for rate in rates):
        bounds = f"{LOWEST_RATE} and {HIGHEST_RATE}"
        return f"{what}: scale the weights or the input until all are between {bounds}", False
    return what, True


def _gradients(model, data):
    """Check that the loss has a gradient for each weight."""
    x, labels = _first_batch(data)
    model.zero_grad()
    cross_entropy(model(x), labels).backward()
    broken = []
    for name, weight in model.named_parameters():
        gradient = weight.grad
        is_usable = gradient is not None and gradient.isfinite().all() and gradient.any()
        if weight.requires_grad and not is_usable:
            broken.append(name)
    if broken:
        return f"no gradient for {', '.join(broken)}", False
    return "every weight has a gradient", True


def _one_batch(model, data):
    """Check that a copy of the model can learn a single batch by heart."""
    model = copy.deepcopy(model)
    batch = _first_batch(data)
    _train(model, [batch] * STEPS)
    accuracy, _ = _test(model, [batch])
    return f"after {STEPS} steps on a single batch, {accuracy:.0%} of it is right", accuracy > 0.95


def _chance(model, data):
    """Check that a short training beats the best answer that ignores its input."""
    batches = chain.from_iterable(repeat(data.train_dataloader()))
    _train(model, islice(batches, STEPS))
    accuracy, labels = _test(model, data.val_dataloader())
    most_common = labels.bincount().max().item() / len(labels)
    # four standard deviations of chance
    margin = 4 * (most_common * (1 - most_common) / len(labels)) ** 0.5
    what = (
        f"after {STEPS} steps, {accuracy:.0%} of new examples are right; "
        f"one answer for all would give {most_common:.0%}"
    )
    return what, accuracy > most_common + margin


def _train(model, batches):
    optimizer = model.configure_optimizers()
    while not isinstance(optimizer, torch.optim.Optimizer):
        # it is in a dict, or first in a list or tuple
        place = "optimizer" if isinstance(optimizer, dict) else 0
        optimizer = optimizer[place]
    for x, labels in batches:
        loss = cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _test(model, batches):
    """Return the share of right answers, and the labels."""
    with torch.no_grad():
        pairs = [(model(x).argmax(1), labels) for x, labels in batches]
    answers, labels = map(torch.cat, zip(*pairs))
    return (answers == labels).float().mean().item(), labels
