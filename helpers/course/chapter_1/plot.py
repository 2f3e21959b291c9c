"""The figures of chapter 1: encodings, the slope of a spike, and a neuron that learns."""

import torch

from helpers.assets.digits import PIXELS
from helpers.course.notebook.figures import draw_raster, pick_rows
from helpers.tools.style import BESIDE, BLACK, IDEAL, legend, panels, show_image


def plot_encodings(image, encodings: dict):
    """Draw an image beside a raster of its spikes in each encoding, for some of its pixels.

    Args:
        image: (1, 28, 28)
        encodings: for each name the spikes, (seq_length, 1, 28, 28)
    """
    axes = panels(2.4, columns=1 + len(encodings))
    picture, *rasters = axes
    show_image(picture, image, "image")
    brightness = PIXELS["MNIST"].brightness(image.flatten())
    order = brightness.argsort()
    ink = order[brightness[order] > 0.01]  # black pixels are left out
    pixels = pick_rows(ink)
    for ax, (name, z) in zip(rasters, encodings.items()):
        z = z.flatten(1)[:, pixels]
        shades = brightness[pixels[z.nonzero()[:, 1]]]
        dots = draw_raster(ax, z, name, c=shades, cmap="cividis", vmin=0, vmax=1)
        ax.tick_params(labelleft=ax is rasters[0])
    rasters[0].set_ylabel(f"{len(pixels)} of {len(ink)} pixels,\nbrightest on top")
    ax.figure.colorbar(dots, ax=ax, label="brightness")
    return axes


def plot_surrogate(alphas):
    """Draw the spike over the voltage, and the slopes that may stand in for its own."""
    left, right = panels(2.4, columns=2)
    u = torch.linspace(-2, 2, 801)
    left.plot(u, (u > 0).float(), color=BLACK)
    left.set(xlabel="u = v - v_th", ylabel="spike z", title="forward: a step")
    for alpha, style in zip(alphas, ("-", "--", ":")):
        slope = 1 / (alpha * u.abs() + 1) ** 2
        right.plot(u, slope, style, label=f"alpha = {alpha:g}")
    right.set(xlabel="u = v - v_th", ylabel="slope used", title="backward: a smooth slope")
    legend(right)
    return left, right


def plot_learning(counts: dict, wanted: int):
    """Draw how many spikes a neuron sends after each training step.

    Args:
        counts: for each optimiser, which gets a panel, and each alpha, which gets a line, a list
        wanted: spikes in 60 ms
    """
    axes = panels(2.2, columns=len(counts), sharex=True, sharey=True)
    for ax, (optimizer, counts_of_alpha) in zip(axes, counts.items()):
        for (alpha, values), style in zip(counts_of_alpha.items(), ("-", "--", ":")):
            steps = range(1, len(values) + 1)
            ax.plot(steps, values, style, color=BLACK, label=f"alpha = {alpha:g}")
        ax.axhline(wanted, **IDEAL, label="wanted")
        ax.set(xlabel="training step", ylim=(-0.3, wanted + 1), title=optimizer)
        ax.locator_params("x", integer=True)
    axes[0].set_ylabel("spikes in 60 ms")
    legend(ax, **BESIDE)
    return axes
