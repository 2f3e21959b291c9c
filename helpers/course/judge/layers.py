"""Networks that an answer makes: compared layer by layer, and their weights counted."""

import re

import norse.torch as norse
from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, Module

from helpers.course.judge.verdict import expect, expect_type

# What the text of a network uses.
LAYERS = {
    "norse": norse,
    "Conv2d": Conv2d,
    "Flatten": Flatten,
    "Linear": Linear,
    "MaxPool2d": MaxPool2d,
}
# For a part of an error message, what it means for a layer of neurons.
BARE = {
    "'int' object has no attribute": (
        "LIFCell takes no size, as it has as many neurons as its input: norse.LIFCell()."
    )
}


def count_weights(net: Module) -> int:
    return sum(weights.numel() for weights in net.parameters())


def same_layers(got, right: norse.SequentialState, called: str = "The network") -> None:
    """Expect a network with these layers, in this order, with weights of these shapes."""
    expect_type(
        got, norse.SequentialState, f"{called} is a norse.SequentialState of layers: this is"
    )
    # Not as children: a layer without weights may stand in several places.
    for place, (layer, right_layer) in enumerate(zip(got, right), 1):
        name = type(right_layer).__name__
        other = type(layer).__name__
        are_confused = {name, other} == {"LIFCell", "LICell"}
        difference = " LIF fires, LI does not, and comes last." if are_confused else ""
        expect(name == other, f"Layer {place} should be {name}: yours is {other}.{difference}")
        if hasattr(right_layer, "p"):
            expect(
                repr(layer) == repr(right_layer),
                f"Take layer {place} as it is, norse.{name}(), without parameters: {name} takes no"
                " size, as it has as many neurons as its input.",
            )
        expect(
            _settings(layer) == _settings(right_layer),
            f"Layer {place} should be {right_layer}: yours is {layer}.",
        )
        expect(
            all(weights.requires_grad for weights in layer.parameters()),
            f"Layer {place}, {name}, is frozen: its weights should learn.",
        )
    missing = _type_names(list(right)[len(got) :])
    expect(not missing, f"Your network ends too early: what is missing is {missing}.")
    extra = _type_names(list(got)[len(right) :])
    expect(not extra, f"The readout must be last; yours is followed by {extra}.")


def _settings(layer: Module) -> str:
    """Return what is printed of a layer, with (2, 2) as 2."""
    return re.sub(r"\((\d+), \1\)", r"\1", repr(layer))


def _type_names(layers: list) -> str:
    return ", ".join(type(layer).__name__ for layer in layers)
