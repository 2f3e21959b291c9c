"""Networks that an answer makes, layer by layer."""

import norse.torch as norse

from helpers.check.judge import expect, kind

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
