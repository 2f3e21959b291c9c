"""For any spiking network: layers over time, decoders, its spikes, a check of its axes."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from typing import Literal

import torch
from torch.utils.checkpoint import checkpoint

from helpers import require

# readout voltage (seq_length, batch, n_classes) -> logits (batch, n_classes)
DECODERS = {
    "max": lambda v: v.amax(0),
    "mean": lambda v: v.mean(0),
    "last": lambda v: v[-1],
}
Decoding = Literal[tuple(DECODERS)]


def over_time(layer, x: torch.Tensor) -> torch.Tensor:
    """Apply a layer without state to all time steps at once, as one large batch."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def in_segments(run: Callable, x: torch.Tensor, state, steps: int) -> tuple:
    """Run a network on so many time steps of x, then on the next, with the state carried on.

    Only x and the states are kept: the backward pass computes each segment anew. So it takes the
    memory of one segment, and more time.

    Args:
        run: takes a sequence and a state, returns outputs, (seq_length, batch, ...), and the state
        x: (seq_length, batch, ...)
        state: of the beginning
        steps: of a segment

    Returns:
        What run returns for the whole sequence.
    """
    outputs = []
    for segment in x.split(steps):
        output, state = checkpoint(
            run, segment, state, use_reentrant=False, preserve_rng_state=False
        )
        outputs.append(output)
    return torch.cat(outputs), state


def record_spikes(
    net: torch.nn.Module, x: torch.Tensor, layers: Iterable[str] | None = None
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Run a network without gradients, and keep the spikes of its layers of neurons.

    A layer of neurons returns a tuple, spikes first and then a state: those of helpers/neuron.py
    do, and so do Norse's cells, called step by step. A readout returns a tuple too, but what comes
    first in it is not made of zeros and ones.

    Args:
        net: any network
        x: what it takes
        layers: names of the layers to be recorded; None records all that send spikes

    Returns:
        What net returns, and for each name of a layer its spikes, (seq_length, batch, ...); in
        one axis, if the layer is called with inputs of different sizes.
    """
    outputs = defaultdict(list)

    def keep(name, module, inputs, options, output):
        if options.get("pool"):  # what was sent before pooling
            output = module.forward(*inputs, **options | {"pool": False})
        if isinstance(output, tuple) and isinstance(output[0], torch.Tensor):
            outputs[name].append(output[0])

    modules = dict(net.named_modules())
    names = [name for name in modules if name] if layers is None else layers
    with torch.no_grad(), ExitStack() as hooks:
        for name in names:
            hook = modules[name].register_forward_hook(partial(keep, name), with_kwargs=True)
            hooks.enter_context(hook)
        result = net(x)
    spikes = {}
    for name, calls in outputs.items():
        if len({call.shape for call in calls}) > 1:
            calls = [torch.cat([call.flatten() for call in calls])]
        z = calls[0] if len(calls) == 1 else torch.stack(calls)
        has_layers = any(other.startswith(f"{name}.") for other in outputs)
        # where all is 0, the course's own layers say what they send
        are_spikes = z.any() and ((z == 0) | (z == 1)).all()
        are_spikes = are_spikes or getattr(modules[name], "sends_spikes", False)
        if layers is not None or not has_layers and are_spikes:
            spikes[name] = z
    return result, spikes


def keep_random_state(x: torch.Tensor):
    """Leave the random state as it was, on the device of x too, at the end of a with block."""
    devices = [x.device] if x.is_cuda else []
    return torch.random.fork_rng(devices)


def check_axes(model: torch.nn.Module, x: torch.Tensor) -> int:
    """Return n_classes of a model whose logits of an example depend on that example alone.

    All examples but the last are changed. If the logits of the last one move, the model has mixed
    up time and batch, whatever their sizes: an example is then a time step that follows others.

    x: a batch of the data module, (batch, ...)

    Raises:
        InputError: when the model has mixed them up
    """
    if len(x) == 1:
        x = torch.cat([x, x])  # a batch of one has no other example
    with torch.no_grad(), keep_random_state(x):
        was_training = {module: module.training for module in model.modules()}
        model.eval()
        others = x.clone()
        others[:-1] = 10 * (1 + x.float().amax())
        torch.manual_seed(0)  # an encoder may draw random spikes, the same for both
        before = model(x)
        torch.manual_seed(0)
        after = model(others)
        for module, training in was_training.items():
            module.training = training
    require(
        before.dim() == 2 and len(before) == len(x),
        f"the model gives logits {tuple(before.shape)} for a batch of {len(x)} examples: they "
        f"should be ({len(x)}, n_classes).",
    )
    require(not before.isnan().any(), "the network returns NaN for data that are finite.")
    require(
        before.min() < 0 or ((before.sum(1) - 1).abs() > 1e-3).any(),
        "the network returns probabilities: it must return logits, as the loss takes the softmax.",
    )
    require(
        torch.allclose(before[-1], after[-1], rtol=1e-3, atol=1e-5),
        "the logits of an example change with the other examples of its batch: time and batch are "
        f"mixed up. A batch is {tuple(x.shape)}; the network takes time first. Or it normalises "
        "over the batch, keeps a state after it, or draws random numbers that are not PyTorch's.",
    )
    return before.shape[1]
