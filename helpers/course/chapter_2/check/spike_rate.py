"""spike_rate(z, dt) gives the mean rate of all neurons in Hz."""

import torch

from helpers.course.checks import compare, exercise, results


@exercise("Spike rate", ours=lambda z, dt: z.mean() / dt)
def spike_rate(answer) -> str:
    z = (torch.rand(7, 3, 2, 5) < 0.3).float()
    steps = [1e-3, 2e-3]
    got, (_, dt) = results(answer, "z dt", [(z, step) for step in steps])
    share = z.mean()
    right = share / dt
    mistakes = {
        "That is spikes per step: a rate is per second.": share.expand(2),
        "That is the number of all spikes: a rate is for one neuron and one second.": (
            z.sum().expand(2)
        ),
        "That is spikes per millisecond: a rate in Hz is per second.": right / 1000,
        "With longer steps the same spikes are a lower rate: yours is higher.": share * dt,
        "Upside down: that is the time from one spike to the next.": dt / share,
        "Your rate takes every step for 1 ms: it should depend on dt.": 1e3 * share.expand(2),
        "That is the rate of all neurons together: we want that of one.": z.sum() / (7 * dt),
        "That is the rate of all neurons of an example: divide by their number, too.": (
            z.sum() / (7 * 3 * dt)
        ),
        "All spikes are counted: of how many neurons, and in how many steps?": z.sum() / dt,
        "The spikes of the whole sequence are counted: a rate is for one second.": 7 * right,
        "Yours is too low by a factor of seq_length: is it divided by that twice?": right / 7,
    }
    compare("The rate for dt = ", got, right, mistakes, steps)
    return (
        "spikes per second, for one neuron."
        " A silent layer passes nothing on, a busy one costs energy."
    )
