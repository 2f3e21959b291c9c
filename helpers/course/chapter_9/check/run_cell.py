"""run_cell(cell, x, forget_every) gives a cell's spikes over time, (seq_length, batch, neurons)."""

from functools import partial

import norse.torch as norse
import torch

from helpers.course.judge import Solution, call, exercise, expect_slopes

HINTS = {
    "and 'NoneType'": "forget_every can be None: ask for that first.",
    "modulo by zero": "forget_every can be None, and that is not 0: ask for it first.",
    "but got": "cell returns a pair, spikes and state: append the spikes alone.",
    "non-empty": "The list is still empty: append the spikes of each step.",
    "unpack": "cell returns two things, spikes and state.",
}
EVERY_4 = "With forget_every = 4 the state should be dropped every 4 steps: yours is"
BEFORE = "With forget_every = 4 the state should be dropped before steps 0, 4, 8: yours is dropped"
IS_DUE = "t % forget_every == 0"
solution = Solution(
    """
def run_cell(cell, x, forget_every=None):
    state, spikes = None, []
    for t, x_t in enumerate(x):
        if forget_every is not None and t % forget_every == 0:
            state = None
        z, state = cell(x_t, state)
        spikes.append(z)
    return torch.stack(spikes)
""",
    {
        "cell(x_t, state)": {
            "cell(x_t, None)": (
                "The state should be passed on from step to step: yours starts every step from"
                " rest."
            ),
        },
        f"forget_every is not None and {IS_DUE}": {
            "t % 10 == 0": (
                "The state should be dropped only where forget_every says so: yours is dropped"
                " every 10 steps."
            ),
        },
        IS_DUE: {
            "False": f"{EVERY_4} kept.",
            "t == forget_every": f"{EVERY_4} dropped once.",
        },
        "== 0": {
            "!= 0": f"{EVERY_4} dropped in all other steps.",
            "== 1": f"{BEFORE} after them.",
        },
        "t %": {
            "t //": f"{BEFORE} in each of the first four.",
            "(t + 1) %": f"{BEFORE} a step early.",
        },
        "torch.stack(spikes)": {
            ("spikes[0]", "z"): "Return the spikes of all steps: yours are those of one step.",
            "torch.stack(spikes, 1)": (
                "Time should be the first axis, as in torch.stack(spikes): yours is the second."
            ),
        },
    },
)


@exercise("Remember and forget", ours=solution)
def run_cell(answer) -> str:
    cell = norse.LSNNRecurrentCell(3, 6)
    for n_steps, forget_every in ((120, None), (20, 4), (27, 5)):
        x = 10 * torch.rand(n_steps, 5, 3)
        spikes = partial(call, hints=HINTS, cell=cell, x=x, forget_every=forget_every)
        solution.compare("The spikes at (step, example, neuron) ", answer, spikes)
    expect_slopes(spikes(answer), "the weights of the cell", cell.input_weights)
    return "the same cell remembers or forgets, and all that differs is its state."
