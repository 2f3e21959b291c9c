"""The loop over time of recurrent neurons, and its backward pass: few operations for each step."""

import torch
from torch import Tensor

from helpers.engine.kernels import is_above

# Time steps whose numbers lie together: few enough to stay in the cache, and for memory that is
# used again. What is larger, the system hands out anew each time, which takes a CPU longer than
# to fill it.
BLOCK = 10


class RecurrentScan(torch.autograd.Function):
    """The loop of `helpers.recurrent.RecurrentLIF`, and its chain rule.

    Voltages are measured from v_leak. Under autocast, x, weights and spikes are of a smaller type
    than the rest, which is of that of raw_a.
    """

    @staticmethod
    def forward(ctx, x, input_weights, weights, raw_a, raw_b, z, v, i, constants, options):
        v_th, v_reset, _ = constants
        a = raw_a.sigmoid()
        b = raw_b.sigmoid()
        feedback = weights.T.contiguous()
        spikes = x.new_empty(*x.shape[:2], len(weights))
        currents, voltages = [], []
        z_before = z
        v_before = v
        j_before, left = i, torch.ones_like(b)  # what is left of j is i
        for x_block, spikes_block in zip(x.split(BLOCK), spikes.split(BLOCK)):
            j = torch.nn.functional.linear(x_block, input_weights).to(a.dtype)
            v = torch.empty_like(j)  # before the reset
            for j_t, v_t, z_t in zip(j.unbind(0), v.unbind(0), spikes_block.unbind(0)):
                j_t.addcmul_(j_before, left)
                _add_product(j_t, z_before, feedback, out=j_t)
                torch.lerp(v_before, j_t, a, out=v_t)  # v + a * (j - v)
                exact_z = is_above(v_t, v_th, z_t)
                v_before = torch.addcmul(v_t, exact_z, v_t, value=-1)  # (1 - z) * v
                if v_reset:
                    v_before.add_(exact_z, alpha=v_reset)
                z_before = z_t
                j_before, left = j_t, b
            currents.append(j)
            voltages.append(v)
        decay = raw_a.neg().sigmoid()  # 1 - a, which is 0 for no raw_a
        ctx.n_blocks = len(voltages)
        if not any(ctx.needs_input_grad[3:5]):
            currents = []  # only the gradients of time constants need them
        ctx.save_for_backward(
            x, input_weights, weights, a, decay, b, z, spikes, *voltages, *currents
        )
        ctx.constants = constants
        ctx.options = options
        return spikes, v_before, j_before * left

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz, dv, di):
        """The chain rule for the loop, from its end to its beginning.

        A step receives dv and dj from the step after it, and hands on:

            dz = dz + R^T dj
            dv = (1 - z) (1 - a) dv + dz / (alpha |v - v_th| + 1)^2
            dj = a dv + b dj

        We carry a * dv along: that is what goes from v on to j. No step waits for the gradients of
        parameters. Like the factors, they are computed for a block of steps at once.
        """
        x, input_weights, weights, a, decay, b, z, spikes, *blocks = ctx.saved_tensors
        voltages, currents = blocks[: ctx.n_blocks], blocks[ctx.n_blocks :]
        v_th, v_reset, alpha = ctx.constants
        autapses, detach_reset = ctx.options
        dz = dz.to(dv.dtype)
        dz_before = [torch.zeros_like(di), *dz[:-1].unbind(0)]
        dz_t = dz[-1]
        a_dv = a * dv / decay  # nothing decays after the last step
        dj_t = di
        dj = torch.empty_like(voltages[0])  # of one block
        for_a = torch.zeros_like(dj)  # to be summed over steps and batch
        for_b = torch.zeros_like(dj)
        dx = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d_input_weights = torch.zeros_like(input_weights, dtype=dv.dtype)
        d_weights = torch.zeros_like(weights, dtype=dv.dtype)
        for n in reversed(range(ctx.n_blocks)):
            v = voltages[n]
            size = len(v)
            start = n * BLOCK
            block = slice(start, start + size)
            distance = torch.rsub((v - v_th).abs_(), 1, alpha=-alpha).square_()
            a_slope = torch.div(a, distance, out=distance)
            kept = torch.addcmul(decay, decay, spikes[block].to(dv.dtype), value=-1)
            if not detach_reset:
                kept.addcmul_((v_reset - v).mul_(decay / a), a_slope)
            if currents:
                j = currents[n]
                for_b[size - 1].addcmul_(j[-1], dj_t)

            steps = zip(kept.unbind(0), a_slope.unbind(0), dj.unbind(0), dz_before[block])
            for kept_t, a_slope_t, room, dz_before_t in reversed(list(steps)):
                # a_slope_t is needed for the last time, and a_dv takes its place
                a_dv = torch.addcmul(a_dv * kept_t, dz_t, a_slope_t, out=a_slope_t)
                dj_t = torch.addcmul(a_dv, dj_t, b, out=room)
                dz_t = _add_product(dz_before_t, dj_t, weights)
            dj_t = dj_t.clone()  # the next block takes its room

            if currents:
                for_a[:size].addcmul_(torch.sub(j, v, out=kept), a_slope)
                for_b[: size - 1].addcmul_(j[:-1], dj[1:size])
            heard = dj[:size].to(weights.dtype)
            _add_gradient(d_input_weights, heard, x[block])
            if dx is not None:
                dx[block] = heard @ input_weights
            if start > 0:
                _add_gradient(d_weights, heard, spikes[start - 1 : start - 1 + size])
            else:
                _add_gradient(d_weights, heard[:1], z[None])
                _add_gradient(d_weights, heard[1:], spikes[: size - 1])
        dv = a_dv * decay / a
        d_raw_a = for_a.sum((0, 1))
        d_raw_b = for_b.sum((0, 1)) * b * (1 - b)
        if not autapses:
            d_weights.fill_diagonal_(0.0)
        return dx, d_input_weights, d_weights, d_raw_a, d_raw_b, dz_t, dv, dj_t, None, None


def _add_product(y: Tensor, x: Tensor, weights: Tensor, out: Tensor | None = None) -> Tensor:
    """y + x @ weights, in the type of y. Under autocast, the product is of that of the weights."""
    if weights.dtype == y.dtype:
        return torch.addmm(y, x, weights, out=out)
    return torch.add(y, x.to(weights.dtype) @ weights, out=out)


def _add_gradient(gradient: Tensor, heard: Tensor, sent: Tensor) -> None:
    """Add what some steps heard of what was sent to them to the gradient of the weights between."""
    _add_product(gradient, heard.flatten(0, 1).T, sent.flatten(0, 1), out=gradient)
