"""run_neuron(neuron, x) gives its i, v and z over time, each shaped like x, (seq_length, n)."""

import norse.torch as norse
import torch

from helpers.course.judge import Solution, call, exercise, parts

COLLECTED = {"i": "state.i", "v": "state.v", "z": "spike"}

solution = Solution(
    """
def run_neuron(neuron, x):
    state, i, v, z = None, [], [], []
    for x_t in x:
        spike, state = neuron(x_t, state)
        i.append(state.i)
        v.append(state.v)
        z.append(spike)
    return torch.stack(i), torch.stack(v), torch.stack(z)
""",
    {
        "neuron(x_t, state)": {
            "neuron(x_t, None)": (
                "The state should go from one step to the next: yours starts each step from rest."
            ),
        },
        **{
            f"{name}.append({value})": {
                f"{name}.append({COLLECTED[other]})": (
                    f"{name} holds what should be in {other}: look at the order."
                )
                for other in COLLECTED
                if other != name
            }
            for name, value in COLLECTED.items()
        },
        **{
            f"torch.stack({name})": {
                f"torch.stack({name}[1:])": (
                    f"{name} has one step too few: collect it in every step."
                ),
            }
            for name in COLLECTED
        },
    },
)


@exercise("Run a neuron", ours=solution)
def run_neuron(answer) -> str:
    hints = {
        "stack": (
            "The lists are still empty, or hold something other than tensors: append to i, v and z."
        )
    }
    for x in (0.9 * torch.rand(40, 3), 0.9 * torch.rand(30, 2)):

        def run(function, x=x):
            got = call(function, hints, neuron=norse.LIFCell(dt=2e-3), x=x)
            return parts(got, "i, v, z")

        solution.compare_in_order(list(COLLECTED), answer, run)
    return "one neuron, step by step. All it remembers is in the state."
