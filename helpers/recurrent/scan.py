"""The loop over time of recurrent neurons, and its backward pass: few operations for each step."""

import torch
from torch import Tensor

from helpers.engine.kernels import is_above

BLOCK = 10  # time steps whose factors are computed at once in the backward pass


class RecurrentScan(torch.autograd.Function):
    """The loop of `helpers.recurrent.neuron.RecurrentLIF`, and its chain rule.

    Voltages are measured from v_leak.

    `currents` brings W x of all steps. Nothing else needs that product, so each step writes its j
    over it. Under autocast, weights and spikes are of a smaller type than the rest.
    """

    @staticmethod
    def forward(ctx, currents, weights, raw_a, raw_b, z, v, i, constants):
        v_th, v_reset, *_ = constants
        a = raw_a.sigmoid()
        b = raw_b.sigmoid()
        currents = currents.detach()
        voltages = torch.empty_like(currents)  # before the reset
        spikes = torch.empty_like(currents, dtype=weights.dtype)
        j = [*currents, torch.zeros_like(i)]  # the last one becomes i of the state
        j[0].add_(i)
        fed_back = z
        feedback = weights.T.contiguous()
        for t, (v_t, z_t) in enumerate(zip(voltages, spikes)):
            _add_product(j[t], fed_back, feedback, out=j[t])
            torch.lerp(v, j[t], a, out=v_t)  # v + a * (j - v)
            exact_z = is_above(v_t, v_th, z_t)
            v = torch.addcmul(v_t, exact_z, v_t, value=-1)  # (1 - z) * v
            if v_reset:
                v.add_(exact_z, alpha=v_reset)
            j[t + 1].addcmul_(j[t], b)
            fed_back = z_t
        decay = raw_a.neg().sigmoid()  # 1 - a, which is 0 for no raw_a
        if not any(ctx.needs_input_grad[2:4]):
            currents = None  # only the gradients of time constants need them
        ctx.save_for_backward(currents, voltages, spikes, weights, a, decay, b, z)
        ctx.constants = constants
        return spikes, v, j[-1]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz, dv, di):
        """The chain rule for the loop, from its end to its beginning.

        A step receives dv and dj from the step after it, and hands on:

            dz = dz + R^T dj
            dv = (1 - z) (1 - a) dv + dz / (alpha |v - v_th| + 1)^2
            dj = a dv + b dj

        The factors are computed for a block of steps at once, to stay in the cache. No step waits
        for the weights' gradient, which is one product at the end. We carry a * dv along: that
        is what goes from v on to j.
        """
        currents, voltages, spikes, weights, a, decay, b, z = ctx.saved_tensors
        v_th, v_reset, alpha, autapses, detach_reset = ctx.constants
        dz = dz.to(dv.dtype)
        *dz_before, dz_t = [torch.zeros_like(di), *dz]
        a_dv = a * dv / decay  # nothing decays after the last step
        dj = di.new_empty(len(dz) + 1, *di.shape)
        dj[-1] = dj_t = di
        for_a = torch.zeros_like(voltages[:BLOCK])  # to be summed over steps and batch
        for_b = torch.zeros_like(for_a)
        for start in reversed(range(0, len(dz), BLOCK)):
            block = slice(start, start + BLOCK)
            v = voltages[block]
            distance = torch.rsub((v - v_th).abs_(), 1, alpha=-alpha).square_()
            a_slope = torch.div(a, distance, out=distance)
            kept = torch.addcmul(decay, decay, spikes[block].to(dv.dtype), value=-1)
            if not detach_reset:
                kept.addcmul_((v_reset - v).mul_(decay / a), a_slope)

            steps = zip(kept, a_slope, dj[block], dz_before[block])
            for kept_t, a_slope_t, dj_buffer, dz_before_t in reversed(list(steps)):
                # a_slope_t is needed for the last time, and a_dv takes its place
                a_dv = torch.addcmul(a_dv * kept_t, dz_t, a_slope_t, out=a_slope_t)
                dj_t = torch.addcmul(a_dv, dj_t, b, out=dj_buffer)
                dz_t = _add_product(dz_before_t, dj_t, weights)

            if currents is not None:
                j = currents[block]
                for_a[: len(v)].addcmul_(torch.sub(j, v, out=kept), a_slope)
                for_b[: len(v)].addcmul_(j, dj[1:][block])
        dv = a_dv * decay / a
        d_raw_a = for_a.sum((0, 1))
        d_raw_b = for_b.sum((0, 1)) * b * (1 - b)

        heard = dj[:-1].to(weights.dtype)
        d_weights = heard[0].T @ z
        d_weights.addmm_(heard[1:].flatten(0, 1).T, spikes[:-1].flatten(0, 1))
        if not autapses:
            d_weights.fill_diagonal_(0.0)
        return dj[:-1], d_weights, d_raw_a, d_raw_b, dz_t, dv, dj[0], None


def _add_product(y: Tensor, x: Tensor, weights: Tensor, out: Tensor | None = None) -> Tensor:
    """y + x @ weights, in the type of y. Under autocast, the product is of that of the weights."""
    if weights.dtype == y.dtype:
        return torch.addmm(y, x, weights, out=out)
    return torch.add(y, x.to(weights.dtype) @ weights, out=out)
