"""The figures of chapter 2: spike rates, and a timeline."""

from matplotlib.axes import Axes

from helpers.course.notebook.figures import draw_groups
from helpers.tools.style import BLACK, BLUE, ORANGE, PINK, legend_below, panels


def plot_rates(rates: dict) -> Axes:
    """Draw spike rates of the layers side by side.

    rates: for two names, such as "before training", the rate of each layer, in Hz
    """
    return draw_groups(rates, "spike rate (Hz)")


def plot_timeline(events: list, title: str) -> Axes:
    """Draw what runs when, in a lane for each thread and for the GPU; white is where nothing runs.

    events: each with lane, part, start and end, as `record_timeline` returns them
    """
    lanes = list(dict.fromkeys(event.lane for event in events))
    ax = panels(1.6 + 0.4 * len(lanes))
    everything = "anything else"  # lies below, so that the gaps of all parts show
    colours = {
        everything: "0.77",
        "convolutions": BLUE,
        "neurons, pooling": ORANGE,
        "linear layers": PINK,
        "optimiser": BLACK,
    }
    for part, colour in colours.items():
        for row, lane in enumerate(lanes):
            spans = [
                (e.start, e.end - e.start)
                for e in events
                if e.lane == lane and part in (e.part, everything)
            ]
            bars = ax.broken_barh(spans, (row - 0.35, 0.7), facecolor=colour)
        bars.set_label(part)
    ax.set(xlabel="time (ms)", title=title)
    ax.set_yticks(range(len(lanes)), lanes)
    ax.invert_yaxis()
    legend_below(ax)
    return ax
