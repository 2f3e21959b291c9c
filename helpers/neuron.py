"""Leaky integrate-and-fire neurons, computed for a whole sequence at once.

Chapter 1 builds one time step by hand; these are the same equations over `seq_length` steps, with the
backward pass written out. Every result equals that of Norse's cells, step by step (tests/test_neuron.py).
"""

import torch
from norse.torch.functional.leaky_integrator import LIState
from norse.torch.functional.lif import LIFFeedForwardState

DT = 1e-3  # s, one time step


class _Scan(torch.autograd.Function):
    """LIF over time. Voltages are measured from v_leak; `a` is dt * tau_mem_inv and `b` is dt * tau_syn_inv.

    Forward, for t = 0, 1, ...      Backward, for t = ..., 1, 0 (dz, dv, di: gradients of the loss)
        i <- i + x[t]                   s  <- (dz[t] + dv * (v_reset - v[t])) / (alpha * |v[t] - v_th| + 1)^2
        v <- v + a * (i - v)            dv <- (0 where it fired, else dv) + s
        z[t] <- v > v_th                di <- (1 - b) * di + a * dv
        v <- v_reset where z[t]         dx[t] <- di
        i <- i - b * i                  dv <- (1 - a) * dv

    `s` is where the surrogate gradient enters: the step z = (v > v_th) has slope 0 almost everywhere, so the
    backward pass uses the slope of SuperSpike instead. Only the voltages before the reset are kept for it.
    """

    @staticmethod
    def forward(ctx, x, v, i, a, b, v_th, v_reset, alpha):
        keep = any(ctx.needs_input_grad[:3])
        v, i, step = v.clone(), i.clone(), torch.empty_like(v)
        z, voltages = torch.empty_like(x), torch.empty_like(x if keep else v)
        reset = torch.full((), v_reset, dtype=x.dtype, device=x.device)
        for t in range(len(x)):
            i += x[t]
            torch.sub(i, v, out=step).mul_(a)
            v_t = torch.add(v, step, out=voltages[t] if keep else voltages)
            fired = v_t > v_th
            z[t] = fired
            torch.where(fired, reset, v_t, out=v)
            i -= torch.mul(i, b, out=step)
        if keep:
            ctx.save_for_backward(voltages)
            ctx.constants = a, b, v_th, v_reset, alpha
        return z, v, i

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dz, dv, di):
        (voltages,) = ctx.saved_tensors
        a, b, v_th, v_reset, alpha = ctx.constants
        dx, dv = torch.empty_like(voltages), dv.clone()
        for t in reversed(range(len(voltages))):
            s = torch.addcmul(dz[t], dv, voltages[t], value=-1).add_(dv, alpha=v_reset)
            above = voltages[t] - v_th
            dv.masked_fill_(above > 0, 0)
            dv += s.div_(above.abs_().mul_(alpha).add_(1).square_())
            di = torch.add(di * (1 - b), dv, alpha=a, out=dx[t])
            dv *= 1 - a
        return dx, dv, di.clone(), None, None, None, None, None


class LIF(torch.nn.Module):
    """Leaky integrate-and-fire neurons with current-based synapses, over a whole sequence.

    tau_mem_inv, tau_syn_inv: inverse time constants of membrane and synapse, 1/s
    v_th, v_reset, v_leak: threshold, reset and resting voltage, dimensionless
    alpha: steepness of the surrogate gradient 1 / (alpha * |v - v_th| + 1)^2. Norse 1.1.0 always computes with 1.

    Equations: `norse.torch.functional.lif.lif_feed_forward_step`. Surrogate: SuperSpike, Zenke and Ganguli 2018,
    section 3.3.2, doi:10.1162/neco_a_01086.
    """

    def __init__(self, tau_mem_inv=100.0, tau_syn_inv=200.0, v_th=1.0, v_reset=0.0, v_leak=0.0, alpha=1.0):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv, self.alpha = tau_mem_inv, tau_syn_inv, alpha
        self.v_th, self.v_reset, self.v_leak = v_th, v_reset, v_leak

    def forward(self, x, state: LIFFeedForwardState | None = None):
        """Spikes z, shaped like the input current x (seq_length, batch, ...), and the state (v, i) after the last step.

        state: where an earlier call stopped, v and i shaped (batch, ...); None starts from rest.
        """
        if state is None:
            state = LIFFeedForwardState(v=torch.full_like(x[0], self.v_leak), i=torch.zeros_like(x[0]))
        a, b = _step_sizes(x, self.tau_mem_inv, self.tau_syn_inv)
        v_th, v_reset = self.v_th - self.v_leak, self.v_reset - self.v_leak
        z, v, i = _Scan.apply(x, state.v - self.v_leak, state.i, a, b, v_th, v_reset, self.alpha)
        return z, LIFFeedForwardState(v=v + self.v_leak, i=i)


class LI(torch.nn.Module):
    """Leaky integrators: like LIF without threshold, so the voltage itself is the output.

    Equations: `norse.torch.functional.leaky_integrator.li_feed_forward_step`, with v_leak = 0.
    """

    def __init__(self, tau_mem_inv=100.0, tau_syn_inv=200.0):
        super().__init__()
        self.tau_mem_inv, self.tau_syn_inv = tau_mem_inv, tau_syn_inv

    def forward(self, x, state: LIState | None = None):
        """Voltages v, shaped like the input current x (seq_length, batch, ...), and the state after the last step."""
        v, i = state if state is not None else (torch.zeros_like(x[0]), torch.zeros_like(x[0]))
        a, b = _step_sizes(x, self.tau_mem_inv, self.tau_syn_inv)
        voltages = []
        for x_t in x.unbind(0):  # indexing x[t] would make the backward pass quadratic in seq_length
            i = i + x_t
            v = v + a * (i - v)
            i = i - b * i
            voltages.append(v)
        return torch.stack(voltages), LIState(v=v, i=i)


def _step_sizes(x, *inverse_time_constants):
    """dt / tau for each time constant, rounded as Norse rounds it, so that results agree to the last bit."""
    return [float(torch.tensor(inverse, dtype=x.dtype) * DT) for inverse in inverse_time_constants]
