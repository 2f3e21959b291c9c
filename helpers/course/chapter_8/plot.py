"""The figures of chapter 8: what is tried, what is found, and how lucky the best run is."""

import numpy as np

from helpers.sweep.curves import draw_scores
from helpers.tools.style import BESIDE, BLACK, BLUE, GREY, VERMILION, legend, panels, to_numpy


def plot_seeds(settings: list):
    """Draw each run of each setting, with mean and interval beside them; the best four once more.

    settings: `Setting` of sweep/table.py, the best first
    """
    axes = panels(2.8, columns=2)
    for ax, shown in zip(axes, (settings, settings[:4])):
        places = np.arange(len(shown))
        scores = [100 * score for setting in shown for score in setting.scores]
        of_scores = np.repeat(places, [len(setting.scores) for setting in shown])
        ax.plot(of_scores - 0.12, scores, ".", color=BLACK, label="one run")
        draw_scores(ax, places + 0.12, shown, color=VERMILION, label="mean, 95 % interval")
        ax.set_xticks(places, [setting.number for setting in shown])
        ax.grid(axis="y", alpha=0.3)
    axes[0].set(
        xlabel="setting, the best mean first", ylabel="right in validation (%)", ylim=(None, 102)
    )
    axes[1].set_xlabel("the best four, magnified")
    legend(axes[0], loc="lower left")
    return axes


def plot_runs(rows: list):
    """Draw the score of each run over its learning rate; those of one setting are joined.

    rows: `Row` of sweep/table.py
    """
    ax = panels(2.6)
    settings = {}
    for row in rows:
        settings.setdefault(row.setting, []).append(row)
    for runs in settings.values():
        rates = [float(run.options["model.learning_rate"]) for run in runs]
        ax.plot(rates, [100 * run.val_acc for run in runs], ".-", color=BLACK, linewidth=0.6)
    ax.set(xscale="log", xlabel="learning rate", ylabel="right in validation (%)")
    ax.grid(alpha=0.3)
    return ax


def plot_points(grid, sobol):
    """Draw two ways to choose settings, with a tick for each value of the first option.

    grid, sobol: places between 0 and 1, (n_settings, n_options)
    """
    axes = panels(2.8, columns=2, sharex=True, sharey=True)
    for ax, points, name in zip(axes, (grid, sobol), ("a grid", "a Sobol sequence")):
        x, y = to_numpy(points[:, :2]).T
        ax.plot(x, y, "o", color=BLUE, markersize=4)
        ax.plot(x, np.full(len(x), -0.06), "|", color=BLACK)
        n_values = len(np.unique(x.round(4)))
        ax.set_title(f"{name}: {n_values} values of the first option", fontsize=9)
        ax.set(xlabel="first option", aspect="equal")
    axes[0].set_ylabel("second option")
    return axes


def plot_luck(n_runs: list, reported: list, lost: list):
    """Draw what the best of n runs reports, on average, and what new seeds of its setting reach.

    Args:
        n_runs: how many runs were drawn
        reported: its score, %
        lost: by how much new seeds are worse, points
    """
    ax = panels(2.6)
    reported = np.array(reported)
    fresh = reported - np.array(lost)
    ax.plot(n_runs, reported, "o-", color=VERMILION, label="the best run reports")
    ax.plot(n_runs, fresh, "o-", color=BLUE, label="its new seeds reach")
    ax.fill_between(n_runs, fresh, reported, color=VERMILION, alpha=0.15, label="luck")
    ax.set(xlabel="runs to choose from", ylabel="right in validation (%)", xticks=n_runs)
    ax.grid(alpha=0.3)
    legend(ax, **BESIDE)
    return ax


def plot_halving(curves, left, found: dict):
    """Draw learning curves, of which halving keeps some, and what ways to choose a setting find.

    Args:
        curves: validation accuracies, %, (n_runs, n_epochs)
        left: indices of the runs that are kept to the end
        found: for the name of each way, the epochs it trains and what new seeds reach, %
    """
    axes = panels(2.8, columns=2)
    curves = to_numpy(curves).T
    left = to_numpy(left)
    epochs = np.arange(1, len(curves) + 1)
    grey = axes[0].plot(
        epochs, np.delete(curves, left, axis=1), color=GREY, alpha=0.4, linewidth=0.8
    )
    blue = axes[0].plot(epochs, curves[:, left], color=BLUE, linewidth=2)
    grey[0].set_label("halved away")
    blue[0].set_label("kept")
    axes[0].set(xlabel="epoch", ylabel="right in validation (%)", xticks=epochs)
    legend(axes[0], loc="lower right")
    for name, (n_epochs, reached) in found.items():
        axes[1].plot(n_epochs, reached, "o", color=BLUE)
        axes[1].annotate(name, (n_epochs, reached), (5, 5), textcoords="offset points", fontsize=9)
    axes[1].set(xlabel="epochs trained in all", ylabel="new seeds reach (%)")
    axes[1].margins(0.3)
    for ax in axes:
        ax.grid(alpha=0.3)
    return axes
