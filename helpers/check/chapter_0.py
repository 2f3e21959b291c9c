"""The checks of chapter 0. Where an answer is not right, each gives back the course's own, so that the rest goes on."""

import re
from collections.abc import Callable

import norse.torch as norse
import torch
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d
from torch.nn.functional import cross_entropy, one_hot

from helpers.check.judge import NotDone, call, exercise, expect, kind
from helpers.check.values import close, compare, number


def _run_neuron(cell, x):
    state, i, v, z = None, [], [], []
    for x_t in x:
        spike, state = cell(x_t, state)
        i.append(state.i)
        v.append(state.v)
        z.append(spike)
    return torch.stack(i), torch.stack(v), torch.stack(z)


@exercise("Run a neuron", ours=_run_neuron)
def run_neuron(answer: Callable) -> str:
    """Chapter 0: run_neuron(cell, x) gives i, v and z of a cell over time, each shaped like x, (seq_length, n)."""
    x = 0.9 * torch.rand(40, 3)
    right = _run_neuron(norse.LIFCell(), x)
    hints = {"stack": "The lists are still empty, or hold something else than tensors: append to i, v and z."}
    got = call(answer, hints, cell=norse.LIFCell(), x=x)
    expect(isinstance(got, tuple | list) and len(got) == 3, "Return three tensors, i, v and z, as the last line does.")
    fresh = [_run_neuron(norse.LIFCell(), x_t[None]) for x_t in x]
    forgetful = [torch.cat(parts) for parts in zip(*fresh)]
    for name, mine, wanted, forgotten, others in zip("ivz", got, right, forgetful, ((1, 2), (0, 2), (0, 1))):
        mistakes = {
            "The state should go from one step to the next: yours starts each step from rest.": forgotten,
            **{f"{name} holds what should be in {'ivz'[n]}: look at the order.": right[n] for n in others},
        }
        if isinstance(mine, torch.Tensor) and mine.shape == (39, 3):
            expect(False, f"{name} has one step too few: collect it in every step.")
        compare(name, mine, wanted, mistakes)
    return "one neuron, step by step. All that it remembers was in the state."


def _build():
    return norse.SequentialState(
        *(Conv2d(1, 20, 5), norse.LIFCell(), MaxPool2d(2)),
        *(Conv2d(20, 50, 5), norse.LIFCell(), MaxPool2d(2)),
        *(Flatten(), Linear(800, 500), norse.LIFCell()),
        *(Linear(500, 10), norse.LICell()),
    )


BARE = {  # part of an error message, and what it means for a cell
    "'int' object has no attribute": "LIFCell takes no size, as it has as many neurons as its input: norse.LIFCell()."
}


def same_layers(got, right: norse.SequentialState, name: str = "The network") -> None:
    """Expect a network with these layers, in this order, with weights of these shapes."""
    expect(isinstance(got, norse.SequentialState), f"{name} is a norse.SequentialState of layers: this is {kind(got)}.")
    layers, wanted = list(got), list(right)  # a layer without weights may stand in several places
    for place, (mine, other) in enumerate(zip(layers, wanted), start=1):
        name = type(other).__name__
        expect(type(mine) is type(other), f"Layer {place} should be {name}: yours is {type(mine).__name__}.")
        if hasattr(other, "p"):
            bare = f"{name} takes no size, as it has as many neurons as its input. Layer {place} is norse.{name}()."
            expect(not isinstance(mine.p, int | float), bare)
            expect(isinstance(mine.p, type(other.p)), f"Layer {place}, {name}, takes no parameters of another cell.")
        sizes = [tuple(layer.weight.shape) if hasattr(layer, "weight") else None for layer in (mine, other)]
        where = f"The weights of layer {place}, {name},"
        expect(sizes[0] == sizes[1], f"{where} should be {sizes[1]}: yours are {sizes[0]}.")
    missing = ", ".join(type(layer).__name__ for layer in wanted[len(layers) :])
    expect(not missing, f"Your network ends too early: what is missing is {missing}.")
    extra = ", ".join(type(layer).__name__ for layer in layers[len(wanted) :])
    expect(not extra, f"Your network goes on behind its readout, with {extra}.")


@exercise("Build the network", ours=_build)
def build(answer: Callable) -> str:
    """Chapter 0: build() gives a norse.SequentialState of two convolutions, a hidden layer and a readout."""
    same_layers(call(answer, BARE), _build())
    for cell in answer():
        given = hasattr(cell, "p") and (repr(cell.p), cell.dt) != (repr(type(cell.p)()), 0.001)
        expect(not given, "All cells are as they come: norse.LIFCell() and norse.LICell(), without parameters.")
    v, state = answer()(torch.randn(3, 1, 28, 28), None)
    expect(v.shape == (3, 10), f"For three images the network should give (3, 10): yours gives {tuple(v.shape)}.")
    return f"{sum(weight.numel() for weight in answer().parameters()):,} weights, and one state for all of its cells."


def _training_step(self, batch, batch_idx):
    inputs, labels = batch
    return cross_entropy(self(inputs), labels)


class _Model(torch.nn.Sequential):
    """Stands for the learner's LightningModule. What it logs in passing goes nowhere."""

    def log(self, *named, **options) -> None: ...

    log_dict = log


@exercise("One training step", ours=_training_step)
def training_step(answer: Callable) -> str:
    """Chapter 0: training_step(self, batch, batch_idx) gives the cross-entropy of self(images) and the labels."""
    images, labels = torch.randn(6, 1, 28, 28), torch.arange(6)
    layer = _Model(Flatten(), Linear(784, 10))
    logits = layer(images)
    hints = {"list indices": "The batch is a pair: images, labels = batch.", "unpack": "A batch is a pair of two."}
    hints["'flatten'"] = "self takes the images alone, not the batch."
    hints["'network'"] = "self(inputs) goes through all time steps, self.network through one."
    loss = call(answer, hints, self=layer, batch=(images, labels), batch_idx=0)
    loss = loss["loss"] if isinstance(loss, dict) and "loss" in loss else loss  # Lightning takes that, too
    went_back = any(weight.grad is not None for weight in layer.parameters())
    expect(not went_back, "Lightning goes backward from what you return: leave out backward().")
    expect(not close(loss, logits), "Those are the logits: the loss compares them with the labels.")
    expect(not close(loss, cross_entropy(logits, labels, reduction="none")), "The batch needs one number, their mean.")
    mistakes = {
        "Cross-entropy takes the logits as they are: yours went through a softmax.": cross_entropy(
            logits.softmax(1), labels
        ),
        "The loss should be a mean over the images: yours is a sum.": cross_entropy(logits, labels, reduction="sum"),
        "That is an accuracy: it has no slope to follow.": (logits.argmax(1) == labels).float().mean(),
        "That is a mean square: we want the cross-entropy.": (logits - one_hot(labels, 10)).square().mean(),
    }
    compare("The loss", torch.as_tensor(number(loss)), cross_entropy(logits, labels).detach(), mistakes)
    cut = "The value is right, but no gradient gets from it to the network: .item() and detach() cut it off."
    expect(getattr(loss, "requires_grad", False), cut)
    return "one number with a gradient. Lightning does the rest, on any device."


@exercise("A job for eight GPUs")
def job(answer: str) -> str:
    """Chapter 0: the job script with nodes, processes on each node, and the warning filled in."""
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    blanks = ("nodes", "ntasks-per-node", "signal")
    found = [re.search(rf"^#SBATCH --{blank}=(\S*)", answer, re.MULTILINE) for blank in blanks]
    expect(all(found), "The three lines with blanks should stay as they are, but for the blanks.")
    nodes, processes, warning = (match[1] for match in found)
    if "Ellipsis" in (nodes, processes, warning):
        raise NotDone
    expect(nodes == "2", f"The job is to have two nodes: yours has {nodes}.")
    each = "one process for each GPU, and a node has four"
    expect(processes != "8", f"That is the number of all processes: the line is for one node, with {each}.")
    expect(processes == "4", f"It takes {each}: yours has {processes}.")
    shell = "With B: SLURM warns the shell alone: the processes, which have to save, hear nothing."
    expect(not warning.upper().startswith("B:"), shell)
    name, at, seconds = warning.upper().removeprefix("R:").partition("@")
    expect(name in ("USR1", "SIGUSR1", "10"), f"The processes wait for SIGUSR1: yours is {warning}.")
    expect(at, "It does not say how early: that comes behind an @.")
    expect(seconds == "120", f"The warning is to come 120 seconds early: yours comes {seconds}.")
    return "eight processes, told of their end two minutes before it."


def _build_xor():
    sharp = norse.LIFParameters(method="triangle", alpha=torch.tensor(1.0))
    return norse.SequentialState(Linear(2, 30), norse.LIFCell(sharp), Linear(30, 2), norse.LICell())


@exercise("XOR in time", ours=_build_xor)
def build_xor(answer: Callable) -> str:
    """Chapter 0: build_xor() gives a norse.SequentialState of a hidden layer and a readout."""
    same_layers(call(answer, BARE), _build_xor())
    cell = next(layer for layer in answer() if isinstance(layer, norse.LIFCell))
    expect(cell.p.method == "triangle", "The cell is to have the parameters of the text: norse.LIFCell(sharp).")
    return "your own layers, four instead of eleven. What is hard in a problem is seldom the code of its network."
