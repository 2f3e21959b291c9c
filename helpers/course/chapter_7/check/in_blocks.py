"""in_blocks(inputs, R, d) gives the spikes of all steps, where each arrives d steps later."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from helpers.course.chapter_7.neurons import neurons
from helpers.course.judge import Solution, call, exercise, expect, expect_slopes, is_close, slopes

HINTS = {
    "must match the size of tensor": (
        "The last block may be shorter: take as many of the spikes as it has steps."
    ),
    "shapes cannot be multiplied": "For rows of spikes, R z is z @ R.T.",
    "non-empty": "Append the spikes of each block to the list.",
    "modified inplace": "block is a part of inputs, and += changes these: add to make a new one.",
    "too many values to unpack": "neurons gives three things: spikes, v and i.",
}
solution = Solution(
    """
def in_blocks(inputs, R, d):
    z = inputs.new_zeros(d, *inputs.shape[1:])
    v = i = z[0]
    spikes = []
    for block in inputs.split(d):
        received = z[: len(block)] @ R.T
        z, v, i = neurons(block + received, v, i)
        spikes.append(z)
    return torch.cat(spikes)
""",
    {
        "R.T": {"R": "z @ R sends spikes backwards along the weights: R z is z @ R.T."},
        "block + received": {
            "received": "The inputs never arrive: add the block to R z.",
            "block - received": "R z is subtracted: spikes add their weights.",
            "block": "No spike arrives: R z is missing, or z is the one of the start.",
        },
        ", v, i)": {", 0 * v, 0 * i)": "The neurons begin at rest in each block: hand on v and i."},
        "z[: len(block)]": {
            "z[-1]": (
                "Each step receives the spikes of d steps before: yours all receive the last one."
            ),
            "z.sum(0)": "Yours receives all spikes of the block before in each step.",
            "z[-len(block) :]": (
                "A shorter last block receives the first spikes of the block before: yours the"
                " last."
            ),
            "z.flip(0)[: len(block)]": "In yours, the spikes of a block arrive in the wrong order.",
        },
        "split(d)": {"split(1)": "A spike arrives after d steps: yours always arrives after one."},
    },
    neurons=neurons,
)


class _Products(TorchDispatchMode):
    """Counts products of matrices."""

    n = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.n += operation.overloadpacket.__name__ in ("mm", "bmm", "mv", "addmm", "baddbmm")
        return operation(*args, **(kwargs or {}))


@exercise("A block of steps", ours=solution)
def in_blocks(answer) -> str:
    cases = []
    for d, steps in ((5, 4), (1, 12), (7, 16), (3, 20)):
        inputs = torch.rand(steps, 2, 6) * 4
        R = (torch.randn(6, 6) * 3).requires_grad_()
        cases.append((inputs, R, d))
    solution.compare_cases("The spikes ", answer, cases, HINTS)
    with _Products() as products:
        got = call(answer, HINTS, inputs=inputs, R=R, d=d)
    n_blocks = len(inputs.split(d))
    expect(
        products.n in (n_blocks - 1, n_blocks),  # in the first block, nothing is received
        f"The spikes are right, but yours takes {products.n} products for {n_blocks} blocks: one"
        " product for all steps of a block is the aim.",
    )
    expect_slopes(got, "R", R)
    expect(
        is_close(*slopes(got, R), *slopes(solution(inputs, R, d), R)),
        "The spikes are right, their gradient is not: hand on z, v and i as they are.",
    )
    return "one product for d steps, and R is read from memory once for all of them."
