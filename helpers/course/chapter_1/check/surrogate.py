"""SurrogateSpike.apply(u, alpha) gives spikes, and a smooth gradient for u."""

import torch

from helpers.course.judge import Solution, call, compare, exercise, expect, expect_form, is_close

solution = Solution(
    """
class SurrogateSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, alpha):
        ctx.save_for_backward(u)
        ctx.alpha = alpha
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient_of_z):
        (u,) = ctx.saved_tensors
        gradient_of_u = gradient_of_z / (ctx.alpha * u.abs() + 1) ** 2
        return gradient_of_u, None


spike = SurrogateSpike.apply
""",
    {
        "gradient_of_z / (ctx.alpha * u.abs() + 1) ** 2": {
            "0 * u": (
                "The gradient is 0: that is the true slope of a step, and nothing can learn from"
                " it."
            ),
            (
                "gradient_of_z * torch.exp(-ctx.alpha * u.abs())",
                "gradient_of_z * ctx.alpha * torch.exp(-ctx.alpha * u.abs())",
            ): "The slope of the text is 1 / (alpha |u| + 1)²: yours is exponential.",
            "gradient_of_z": "Yours passes the gradient on as it is: where is the slope?",
            "gradient_of_z * (u > 0)": (
                "Only u above 0 gets a gradient from yours: the surrogate has a slope on both"
                " sides."
            ),
        },
        "gradient_of_z /": {
            "1 /": "The chain rule needs the gradient that arrives: yours is the slope alone.",
            (
                "ctx.alpha * gradient_of_z /",
                "1 / ctx.alpha * gradient_of_z /",
            ): (
                "At the threshold the slope is 1, whatever alpha is: yours grows or falls with"
                " alpha."
            ),
            "gradient_of_z + 1 /": "The chain rule multiplies: yours adds.",
            "gradient_of_z *": (
                "The slope should be largest at the threshold: yours grows away from it."
            ),
        },
        "u.abs() + 1": {
            "u**2 + 1": "The slope falls with the size of u, |u|: yours with its square.",
            "u + 1": "The slope should be the same on both sides of the threshold.",
            "(u.abs() + 1)": "alpha multiplies |u| alone: look at the brackets.",
        },
        " ** 2": {"": "Away from the threshold the slope falls too slowly: look at the power."},
        "ctx.alpha * u": {
            "u": "A larger alpha should make the peak narrower: yours ignores alpha.",
        },
        "ctx.alpha": {
            "SurrogateSpike.alpha": (
                "Each call has an alpha of its own: keep it in ctx, not in a name outside."
            ),
        },
    },
)


@exercise("A step with a slope", ours=solution)
def surrogate(answer) -> str:
    expect(
        not isinstance(answer, type),
        "Hand over what can be called, SurrogateSpike.apply: this is the class.",
    )
    u = torch.tensor([[-2.0, -0.3, 0.1], [0.4, 0.0, 3.0]])
    both = [values.requires_grad_() for values in (u, u.flip(0, 1))]
    g = torch.tensor([[1.0, -2.0, 0.5], [3.0, -1.0, 2.0]])  # the gradient that arrives
    hints = {
        "name 'alpha' is not": "Forward has kept alpha: here it is ctx.alpha.",
        "incorrect number of gradients": (
            "backward gives a gradient for each input of forward: None for alpha."
        ),
    }

    def gradients(function):
        """Return the gradient for both values of alpha."""
        # both forward passes before a backward one, as in a network
        spikes = [call(function, u=u, alpha=alpha) for u, alpha in zip(both, (1.0, 5.0))]
        for u, z in zip(both, spikes):
            expect_form("z", z, u)
            expect(
                is_close(z, z.clamp(0, 1).round()),
                "Forward should stay a step from 0 to 1: only the gradient is smooth.",
            )
            compare("z", z, (u > 0).float())
            expect(
                z.requires_grad,
                "z is cut off from u: a step gets its gradient from a torch.autograd.Function.",
            )

        def gradient(gradient_of_z):
            return torch.autograd.grad(spikes, both, [gradient_of_z] * 2, materialize_grads=True)

        return torch.stack(call(gradient, hints, gradient_of_z=g))

    alpha = torch.tensor([1.0, 5.0]).view(2, 1, 1)
    u = torch.stack(both)
    solution.compare("The gradient", answer, gradients, u=u, alpha=alpha, gradient_of_z=g)
    return "a step forward, a smooth slope backward. So a network of spikes can learn by gradients."
