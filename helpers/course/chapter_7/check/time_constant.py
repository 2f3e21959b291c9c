"""time_constant(decay, dt) gives the time after which 1/e is left, in s, shaped like decay."""

import math

import torch

from helpers.course.checks import call, compare_all, exercise, variations

ALL_AT_ONCE = "math takes one number: decay.log() takes all decays at once."
HINTS = {
    "can be converted": ALL_AT_ONCE,
    "cannot be converted": ALL_AT_ONCE,
    "must be Tensor, not float": "dt is a plain number: the logarithm is of decay alone.",
    "'float' object has no attribute 'log'": "The logarithm is of decay alone.",
    "no attribute 'ln'": "In torch, the natural logarithm is log.",
}


def _time_constant(decay, dt):
    return -dt / decay.log()


@exercise("From a decay to a time constant", ours=_time_constant)
def time_constant(answer) -> str:
    decay = torch.tensor([[0.5, 0.9, 0.99], [0.2, 0.75, 0.96]])
    log = decay.log()
    cases = []
    for dt in (0.008, 0.25):
        got = call(answer, HINTS, decay=decay, dt=dt)
        right = _time_constant(decay, dt)

        def constant(log=log, sign=-1, dt=dt):
            return sign * dt / log

        mistakes = {
            "There is one time constant for each decay: yours is one for all.": (),
            "Upside down: yours is large where a neuron forgets soon.": [1 / right, -1 / right],
            "The logarithm is missing: solve the equation for the time constant.": [
                dt / decay,
                -dt / decay,
                dt * decay,
            ],
            "dt and the logarithm are multiplied in yours: solve for the time constant.": [
                -dt * log,
                dt * log,
            ],
            "That treats decay as a time constant: solve the equation for the time constant.": [
                (-dt / decay).exp(),
                1 - (-dt / decay).exp(),
            ],
            "The exponential is undone by a logarithm: yours has another exponential.": [
                -dt / decay.exp(),
                dt / decay.exp(),
            ],
            (
                "A logarithm to the base 2 gives the time after which half is left."
                " For 1/e it is the natural one, log."
            ): [right * math.log(2), -right * math.log(2)],
            "The time need not be a whole number of steps: yours is rounded.": [
                dt * whole(-1 / log) for whole in (torch.ceil, torch.floor, torch.round)
            ],
            (
                "dt / (1 - decay) is an approximation, close for slow neurons."
                " It is half a step or more too long: 39 % for a decay of 0.5."
            ): {"log": decay - 1},
            "decay is what stays after a step: yours takes 1 - decay.": {"log": (1 - decay).log()},
            "The equation has e: take the natural logarithm, log, and not log10.": {
                "log": decay.log10()
            },
            "A time is above 0, but the logarithm of a number below 1 is not: turn the sign.": {
                "sign": 1
            },
            "Return seconds: yours are {}.": {
                "dt": {"milliseconds": 1e3 * dt, "steps. Multiply by dt": 1.0}
            },
            "dt is given: yours is always {}.": {"dt": {"8 ms": 0.008, "1 ms": 0.001}},
        }
        cases.append(("The time constant ", got, right, variations(constant, mistakes)))
    compare_all(cases, decay=decay)
    return (
        "what is left after a step says how long a neuron remembers."
        " With 0.9 after each 8 ms, that is 76 ms."
    )
