"""SurrogateSpike.apply(u, alpha) gives spikes, and a smooth gradient for u."""

from functools import partial

import torch

from helpers.course.checks import call, compare, exercise, expect, expect_form, is_close


class _SurrogateSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, alpha):
        ctx.save_for_backward(u)
        ctx.alpha = alpha
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient_of_z):
        (u,) = ctx.saved_tensors
        return gradient_of_z / (ctx.alpha * u.abs() + 1) ** 2, None


@exercise("A step with a slope", ours=_SurrogateSpike.apply)
def surrogate(answer) -> str:
    expect(
        not isinstance(answer, type),
        "Hand over what can be called, SurrogateSpike.apply: this is the class.",
    )
    u = torch.tensor([[-2.0, -0.3, 0.1], [0.4, 0.7, 3.0]], requires_grad=True)
    g = torch.tensor([[1.0, -2.0, 0.5], [3.0, -1.0, 2.0]])  # the gradient that arrives
    arrived = g.clone()
    gradient = partial(torch.autograd.grad, inputs=u, grad_outputs=g, materialize_grads=True)
    hints = {
        "name 'alpha' is not": "Forward has kept alpha: here it is ctx.alpha.",
        "incorrect number of gradients": (
            "backward gives a gradient for each input of forward: None for alpha."
        ),
    }
    gradients = []
    for alpha in (1.0, 5.0):
        z = call(answer, u=u, alpha=alpha)
        expect_form("z", z, u)
        expect(
            is_close(z, z.clamp(0, 1).round()),
            "Forward should stay a step from 0 to 1: only the gradient is smooth.",
        )
        compare("z", z, (u > 0).float(), {})
        expect(
            z.requires_grad,
            "z is cut off from u: a step gets its gradient from a torch.autograd.Function.",
        )
        gradients += call(gradient, hints, outputs=z)
    expect(
        torch.equal(g, arrived),
        "Yours changes gradient_of_z in place: who sent it may still need the old one.",
    )
    u = u.expand(2, 2, 3)
    alpha = torch.tensor([1.0, 5.0]).view(2, 1, 1)
    distance = u.abs()  # from the threshold
    slope = 1 / (alpha * distance + 1) ** 2
    mistakes = {
        "The gradient is 0: that is the true slope of a step, and nothing can learn from it.": (
            0 * u
        ),
        "The chain rule needs the gradient that arrives: yours is the slope alone.": slope,
        "The slope of the text is 1 / (alpha |u| + 1)²: yours is exponential.": [
            peak * g * (-alpha * distance).exp() for peak in (1, alpha)
        ],
        "At the threshold the slope is 1, whatever alpha is: yours grows or falls with alpha.": [
            peak * g * slope for peak in (alpha, 1 / alpha)
        ],
        "Yours passes the gradient on as it is: where is the slope?": g + 0 * u,
        "The slope falls with the size of u, |u|: yours with its square.": (
            g / (alpha * u**2 + 1) ** 2
        ),
        "Away from the threshold the slope falls too slowly: look at the power.": g * slope.sqrt(),
        "A larger alpha should make the peak narrower: yours ignores alpha.": (
            g / (distance + 1) ** 2
        ),
        "The slope should be the same on both sides of the threshold.": g / (alpha * u + 1) ** 2,
        "alpha multiplies |u| alone: look at the brackets.": g / (alpha * (distance + 1)) ** 2,
        "The chain rule multiplies: yours adds.": g + slope,
        "Only u above 0 gets a gradient from yours: the surrogate has a slope on both sides.": (
            g * (u > 0)
        ),
        "The slope should be largest at the threshold: yours grows away from it.": g / slope,
    }
    compare(
        "The gradient",
        torch.stack(gradients),
        g * slope,
        mistakes,
        u=u,
        alpha=alpha,
        gradient_of_z=g,
    )
    return "a step forward, a smooth slope backward. So a network of spikes can learn by gradients."
