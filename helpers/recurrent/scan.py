"""The loop over time of recurrent neurons, and its backward pass: few operations for each step.

On a CPU, a step of the backward pass is one kernel, of engine/cpu_kernel.py.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from helpers.engine.kernels import find_cpu_kernel, is_above
from helpers.engine.once_differentiable import once_differentiable

BLOCK = 10  # time steps whose factors are computed at once in the backward pass


class Connections:
    """How spikes get from neuron to neuron, some time steps late.

    What arrives in a block of time steps, as many as the shortest delay, was sent before it. So it
    is one product for the whole block, and so are the gradients that go back.

    `forward` and `backward` prepare a pass through the sequence. Each returns a function that the
    loop over time calls with the time steps of a block.

    Args:
        delay: time steps until a spike arrives, (n_hidden,), or one number for all neurons
    """

    own = slice(None)  # the neurons that this process computes
    is_at_rest: bool  # whether no spike is on its way when the sequence begins

    def __init__(self, delay: int | Tensor):
        self.delay = delay
        self.delays_differ = isinstance(delay, Tensor)
        self.block, self.longest = map(int, torch.as_tensor(delay).aminmax())

    def blocks(self, seq_length: int) -> dict[int, slice]:
        """The time steps of each block in which a spike can arrive, by the first one of them."""
        first = 0
        if self.is_at_rest:
            first = self.block
        starts = range(first, seq_length, self.block)
        return {start: slice(start, min(start + self.block, seq_length)) for start in starts}

    def by_block(self, y: Tensor) -> tuple[Tensor, ...]:
        """Views of y, (seq_length, batch, n), one for each block, (steps * batch, n)."""
        return y.flatten(0, 1).split(self.block * y.shape[1])

    def places(self, steps: slice, sent: Tensor, senders: slice) -> Tensor:
        """Where in `sent` lies what arrives in these steps, (steps, batch, senders)."""
        t = torch.arange(steps.start, steps.stop, device=sent.device) + self.longest
        return (t[:, None, None] - self.delay[senders]).expand(-1, sent.shape[1], -1)

    def arrivals(self, sent: Tensor, steps: slice, senders: slice = slice(None)) -> Tensor:
        """The spikes that arrive in these steps, (steps, batch, senders)."""
        if self.delays_differ:
            return sent[..., senders].gather(0, self.places(steps, sent, senders))
        return sent[steps, :, senders]

    def forward(self, j: Tensor, sent: Tensor, weights: Tensor) -> Callable[[slice], None]:
        """A function that adds what arrives in a block to j.

        Args:
            j: the neurons' input, (seq_length, batch, n_hidden), changed in place
            sent: spikes, from `longest` steps before the sequence on
            weights: R
        """
        feedback = weights.T
        if self.block == 1:
            feedback = feedback.contiguous()  # pays where it is used often
        j_blocks = self.by_block(j)
        z_blocks = self.by_block(sent[: len(j)])

        def add_arrivals(steps: slice) -> None:
            number = steps.start // self.block
            z = z_blocks[number]
            if self.delays_differ:
                z = self.arrivals(sent, steps).flatten(0, 1)
            add_product(j_blocks[number], z, feedback)

        return add_arrivals

    def backward(self, dj: Tensor, d_sent: Tensor, weights: Tensor) -> Callable[[slice], None]:
        """A function that adds R^T dj of a block to the gradients of the spikes that arrived in it.

        Args:
            dj: gradients of the neurons' input, (seq_length, batch, n_hidden)
            d_sent: gradients of spikes, from `longest` steps before the sequence on, changed in
                place
            weights: R
        """
        dj_blocks = self.by_block(dj)
        dz_blocks = self.by_block(d_sent[: len(dj)])

        def add_gradients(steps: slice) -> None:
            number = steps.start // self.block
            if self.delays_differ:
                dz = dj_blocks[number].to(weights.dtype) @ weights
                self.add_where_sent(dz, d_sent, steps)
            else:
                add_product(dz_blocks[number], dj_blocks[number], weights)

        return add_gradients

    def add_where_sent(self, dz: Tensor, d_sent: Tensor, steps: slice) -> None:
        """Add dz, of the spikes that arrive in these steps, where these were sent."""
        dz = dz.to(d_sent.dtype).view(-1, *d_sent.shape[1:])
        if self.delays_differ:
            d_sent.scatter_add_(0, self.places(steps, d_sent, self.own), dz)
        else:
            d_sent[steps] += dz


class RecurrentScan(torch.autograd.Function):
    """The loop of `helpers.recurrent.neuron.RecurrentLIF`, and its chain rule.

    Voltages are measured from v_leak.

    `currents` brings W x of all steps. Nothing else needs that product, so each step writes its j
    over it. Under autocast, weights and spikes are of a smaller type than the rest. z has the
    spikes that are on their way, (longest delay, batch, n_hidden).
    """

    @staticmethod
    def forward(ctx, currents, weights, raw_a, raw_b, z, v, i, constants, connections):
        v_th, v_reset, _ = constants
        v_th = v.new_full((), v_th)  # a number would be made a tensor in each step
        longest = connections.longest
        a = raw_a.sigmoid()
        b = raw_b.sigmoid()
        voltages = torch.empty_like(currents)  # before the reset
        sent = weights.new_empty(longest + len(currents), len(v), weights.shape[1])
        sent[:longest] = 0
        sent[:longest, :, connections.own] = z
        spikes = sent[longest:, :, connections.own]
        j = [*currents, torch.zeros_like(i)]  # the last one becomes i of the state
        j[0].add_(i)
        v_buffer = torch.empty_like(v)
        blocks = connections.blocks(len(currents))
        add_arrivals = connections.forward(currents, sent, weights)
        for t, (v_t, z_t) in enumerate(zip(voltages, spikes)):
            if t in blocks:
                add_arrivals(blocks[t])
            torch.lerp(v, j[t], a, out=v_t)  # v + a * (j - v)
            exact_z = is_above(v_t, v_th, z_t)
            v = torch.addcmul(v_t, exact_z, v_t, value=-1, out=v_buffer)  # (1 - z) * v
            if v_reset:
                v.add_(exact_z, alpha=v_reset)
            j[t + 1].addcmul_(j[t], b)
        decay = raw_a.neg().sigmoid()  # 1 - a, which is 0 for no raw_a
        if not any(ctx.needs_input_grad[2:4]):
            currents = voltages[:0]  # only the gradients of time constants need them
        ctx.save_for_backward(currents, voltages, sent, weights, a, decay, b)
        ctx.constants = constants
        ctx.connections = connections
        return spikes, v, j[-1]

    @staticmethod
    @once_differentiable
    def backward(ctx, dz, dv, di):
        """The chain rule for the loop, from its end to its beginning.

        A step receives dv and dj from the step after it, and hands on:

            dz = dz + R^T dj, of the step in which the spike arrives
            dv = (1 - z) (1 - a) dv + dz / (alpha |v - v_th| + 1)^2
            dj = a dv + b dj

        No step waits for the weights' gradient, which is one product at the end. We carry a * dv
        along: that is what goes from v on to j.
        """
        currents, voltages, sent, weights, a, decay, b = ctx.saved_tensors
        v_th, _, alpha = ctx.constants
        connections = ctx.connections
        longest = connections.longest
        d_sent = torch.cat([di.new_zeros(longest, *di.shape), dz, di[None]])
        dj = d_sent[longest:]  # takes the place of dz, step by step
        blocks = connections.blocks(len(dz))
        add_gradients = connections.backward(dj[:-1], d_sent, weights)
        a_dv = a * dv / decay  # nothing decays after the last step

        def send_back(t: int) -> None:
            if t in blocks:
                add_gradients(blocks[t])

        if dv.is_cpu and (kernel := find_cpu_kernel(None, dv.dtype, dv.dtype, dv.dtype)):
            loop = kernel.run_recurrent_back
        else:
            loop = run_back
        p = a, decay, b, v_th, alpha
        a_dv, for_a, for_b = loop(p, currents, voltages, dj, a_dv, send_back)
        dv = a_dv * decay / a
        d_raw_b = for_b * b * (1 - b)

        first = min(blocks, default=len(dz))
        arrived = connections.arrivals(sent, slice(first, len(dz))).flatten(0, 1)
        d_weights = dj[first:-1].to(weights.dtype).flatten(0, 1).T @ arrived
        # a neuron does not receive its own spikes
        d_weights[:, connections.own].fill_diagonal_(0.0)
        return dj[:-1], d_weights, for_a, d_raw_b, d_sent[:longest], dv, dj[0], None, None


def run_back(p, currents, voltages, dj, a_dv, send_back):
    """The loop of the backward pass, operation by operation.

    Factors are computed for some steps at once, to stay in the cache.

    Args:
        p: a, decay, which is 1 - a, and b of each neuron, (n_hidden,); v_th and alpha
        currents, voltages: j and v of all steps, (seq_length, batch, n_hidden); no currents if
            nobody wants the gradients of time constants
        dj: dz of all steps, and the dj that comes from after the last one; each dz becomes dj
        a_dv: a * dv, from after the last step
        send_back: what is called with each step's number after it

    Returns:
        a * dv before the first step, (batch, n_hidden), and sums for the gradients of the time
        constants, (n_hidden,).
    """
    a, decay, b, v_th, alpha = p
    dj_t = dj[-1]
    for_a = torch.zeros_like(voltages[:BLOCK])  # to be summed over steps and batch
    for_b = torch.zeros_like(for_a)
    for start in reversed(range(0, len(voltages), BLOCK)):
        steps = slice(start, start + BLOCK)
        v = voltages[steps]
        distance = torch.rsub((v - v_th).abs_(), 1, alpha=-alpha).square_()
        a_slope = torch.div(a, distance, out=distance)
        kept = torch.addcmul(decay, decay, (v > v_th).to(v.dtype), value=-1)

        parts = zip(range(start, start + BLOCK), kept, a_slope, dj[steps])
        for t, kept_t, a_slope_t, dz_t in reversed(list(parts)):
            # a_slope_t is needed for the last time, and a_dv takes its place
            a_dv = torch.addcmul(kept_t.mul_(a_dv), dz_t, a_slope_t, out=a_slope_t)
            dj_t = torch.addcmul(a_dv, dj_t, b, out=dz_t)
            send_back(t)

        if len(currents):
            j = currents[steps]
            for_a[: len(v)].addcmul_(torch.sub(j, v, out=kept), a_slope)
            for_b[: len(v)].addcmul_(j, dj[1:][steps])
    return a_dv, for_a.sum((0, 1)), for_b.sum((0, 1))


def add_product(y: Tensor, x: Tensor, weights: Tensor) -> None:
    """Add x @ weights to y, in the type of y. Under autocast, it is of that of the weights."""
    if weights.dtype == y.dtype:
        y.addmm_(x, weights)
    else:
        y += x.to(weights.dtype) @ weights
