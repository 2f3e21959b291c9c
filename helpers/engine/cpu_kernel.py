"""Neurons on a CPU: all time steps of a block of neurons in one kernel, compiled by numba.

The state of a block stays in the cache from the first time step to the last. With pooling, spikes
before it are never written. For the backward pass only x is kept: voltages are computed anew.

The neurons are one axis, in the order in which they lie in memory. x is (time steps, neurons), or
(1, neurons) if it is the same at each step; v and i are (neurons,); what is sent is (time steps,
neurons), or with pooling a quarter of these. An empty array stands for zeros, or for gradients that
nobody wants. A bfloat16 comes here as its bits: numba knows no such type.

Recurrent neurons wait for each other in each step, so their kernel takes one step at a time, of all
neurons in one thread, and only backward.
"""

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import torch
from filelock import FileLock
from numba import njit, types
from numba.core import event
from numba.extending import overload

from helpers.setup.environment import announce, say_once

ZERO = np.float32(0)  # 0.0 would make a double of all that it meets
ONE = np.float32(1)
NOTHING = np.empty((0, 0), np.float32)  # in place of a state of zeros
WORTH_A_THREAD = 2**16  # numbers: fewer are done before another thread has begun


def compiled(function, **options):
    """Have numba compile a function when it is first called, and keep the result on disk.

    It lies beside this file, or where that is read-only in the user's own folder; numba tells
    processors apart in it. Without error_model, each division would look for a 0. There is no
    fastmath: results are to be the same to the last bit.
    """
    wanted = functools.partial(njit, nogil=True, error_model="numpy", **options)
    try:
        return wanted(cache=True)(function)
    except RuntimeError:
        say_once("neurons: compiled in each process, as no folder can be written to keep them.")
        return wanted()(function)


# of what only compiled functions call, nothing is compiled for a call from Python
inner = functools.partial(compiled, no_cpython_wrapper=True)


def wide(y):
    """A number as float32, whether it is one, or the bits of a bfloat16."""


def narrow(y, array):
    """The other way: a float32 as the array has its numbers."""


@overload(wide)
def _wide(y):
    if isinstance(y, types.Float):
        return lambda y: y
    return lambda y: np.uint32(np.uint32(y) << np.uint32(16)).view(np.float32)


@overload(narrow)
def _narrow(y, array):
    if isinstance(array.dtype, types.Float):
        return lambda y, array: y

    def upper_half(y, array):  # rounded to the nearest, or half-way to the even one
        bits = np.float32(y).view(np.uint32)
        is_odd = np.uint32(bits >> np.uint32(16)) & np.uint32(1)
        return np.uint16(np.uint32(bits + np.uint32(0x7FFF) + is_odd) >> np.uint32(16))

    return upper_half


@inner
def step(x, v, i, v_before, p):
    """`lif_step` of helpers/neuron.py, for all neurons of a block."""
    for n in range(len(v)):
        current = i[n] + wide(x[n])
        voltage = v[n] + p.a * (current - v[n])
        v_before[n] = voltage
        v[n] = p.v_reset if voltage > p.v_th else voltage
        i[n] = current - p.b * current


@inner
def step_back(v_before, dz, dv, di, p):
    """`lif_backward` of helpers/neuron.py, for one time step."""
    for n in range(len(dv)):
        slope = ONE + p.alpha * abs(v_before[n] - p.v_th)
        through_z = (dz[n] + dv[n] * (p.v_reset - v_before[n])) / (slope * slope)
        d = (ZERO if v_before[n] > p.v_th else dv[n]) + through_z
        di[n] = (ONE - p.b) * di[n] + p.a * d
        dv[n] = (ONE - p.a) * d


@inner
def fire(v, p):
    """Write spikes in place of voltages."""
    for n in range(len(v)):
        v[n] = ONE if v[n] > p.v_th else ZERO


@inner
def pixel(y, k, n_channels):
    """The channels of pixel k, which lie side by side."""
    return y[k * n_channels : (k + 1) * n_channels]


@inner
def pool(v, z, n_channels, p):
    """Write which windows of 2 x 2 pixels have a spike. A block is two rows of pixels."""
    n_windows = len(z) // n_channels
    for w in range(n_windows):
        upper_left = pixel(v, 2 * w, n_channels)
        upper_right = pixel(v, 2 * w + 1, n_channels)
        lower_left = pixel(v, 2 * n_windows + 2 * w, n_channels)
        lower_right = pixel(v, 2 * n_windows + 2 * w + 1, n_channels)
        z_w = pixel(z, w, n_channels)
        for c in range(n_channels):
            upper = (upper_left[c] > p.v_th) | (upper_right[c] > p.v_th)
            lower = (lower_left[c] > p.v_th) | (lower_right[c] > p.v_th)
            z_w[c] = ONE if upper | lower else ZERO


@inner
def unpool(v, dz, d_pixels, n_channels, p):
    """Give the gradient of a window to the first of its pixels that spiked.

    If none did, to the first one. dz is used up: what is left there, no pixel has got yet.
    """
    n_windows = len(dz) // n_channels
    for w in range(n_windows):
        left = pixel(dz, w, n_channels)
        for k in range(4):
            at = 2 * w + k % 2 + (k // 2) * 2 * n_windows
            v_k = pixel(v, at, n_channels)
            d_k = pixel(d_pixels, at, n_channels)
            for c in range(n_channels):
                d = left[c] if v_k[c] > p.v_th else ZERO
                d_k[c] = d
                left[c] -= d
        add(left, pixel(d_pixels, 2 * w, n_channels))


@inner
def copy(y, out):
    # out[:] = y would make numba compile the text of an error: two seconds
    for n in range(len(y)):
        out[n] = narrow(wide(y[n]), out)


@inner
def add(y, total):
    for n in range(len(y)):
        total[n] += y[n]


@inner
def begin(y, b, out):
    """Write a block of y."""
    for n in range(len(out)):
        out[n] = y[b, n] if len(y) else ZERO


@compiled
def forward(first, last, n_channels, p, x, v, i, sent, v_end, i_end):
    """Blocks of neurons, from the first to the last.

    n_channels: of a pixel; 0, where nothing is pooled
    """
    size = x.shape[2]
    v_before = np.empty(size, np.float32)
    leaving = np.empty(size // 4, np.float32) if n_channels else v_before
    for b in range(first, last):
        v_t = v_end[b]
        i_t = i_end[b]
        begin(v, b, v_t)
        begin(i, b, i_t)
        for t in range(len(sent)):
            step(x[min(t, len(x) - 1), b], v_t, i_t, v_before, p)
            if n_channels:
                pool(v_before, leaving, n_channels, p)
            elif p.sends_spikes:
                fire(leaving, p)
            copy(leaving, sent[t, b])


@compiled
def backward(first, last, n_channels, p, x, v, i, d_sent, dv_end, di_end, dx, dv, di):
    """The gradients dx, dv and di, from those of what `forward` has written."""
    n_steps = len(d_sent)
    size = x.shape[2]
    v_before = np.empty((n_steps, size), np.float32)
    v_t = np.empty(size, np.float32)
    i_t = np.empty(size, np.float32)
    dz = np.empty(size, np.float32)
    arriving = np.empty(size // 4, np.float32) if n_channels else dz
    total = np.empty(size, np.float32)
    is_constant = len(x) < n_steps
    for b in range(first, last):
        begin(v, b, v_t)
        begin(i, b, i_t)
        for t in range(n_steps):
            step(x[min(t, len(x) - 1), b], v_t, i_t, v_before[t], p)
        dv_t = dv[b]
        di_t = di[b]
        begin(dv_end, b, dv_t)
        begin(di_end, b, di_t)
        total[:] = 0
        leaving = total if is_constant else di_t
        for t in range(n_steps - 1, -1, -1):
            copy(d_sent[t, b], arriving)
            if n_channels:
                unpool(v_before[t], arriving, dz, n_channels, p)
            if not p.sends_spikes:  # then step_back finds no slope, and passes dv on
                add(dz, dv_t)
            step_back(v_before[t], dz, dv_t, di_t, p)
            if is_constant:
                add(di_t, total)
            if t < len(dx):
                copy(leaving, dx[t, b])


@compiled
def recurrent_back(t, p, currents, voltages, dj, a_dv, for_a, for_b):
    """Step t of `run_back` of helpers/recurrent/scan.py, for all examples.

    Each array that is written has a loop of its own: together, they are not vectorised.
    """
    a, decay, b, v_th, alpha = p
    for k in range(len(a_dv)):
        v = voltages[t, k]
        dv = a_dv[k]
        dz = dj[t, k]
        dj_after = dj[t + 1, k]
        for n in range(len(a)):
            distance = ONE + alpha * abs(v[n] - v_th)
            kept = ZERO if v[n] > v_th else decay[n]
            dv[n] = kept * dv[n] + a[n] / (distance * distance) * dz[n]
        for n in range(len(a)):
            dz[n] = dv[n] + b[n] * dj_after[n]
        if len(currents):
            j = currents[t, k]
            for n in range(len(a)):
                for_a[n] += (j[n] - v[n]) * dv[n]
            for n in range(len(a)):
                for_b[n] += j[n] * dj_after[n]


def run_recurrent_back(p, currents, voltages, dj, a_dv, send_back):
    """What `run_back` of helpers/recurrent/scan.py gives."""
    a_dv = a_dv.contiguous()
    sums = torch.zeros(2, a_dv.shape[1], dtype=torch.float64)  # of steps times examples
    p = tuple(np.float32(y) for y in p)
    arrays = [y.contiguous().numpy() for y in (currents, voltages, dj, a_dv, *sums)]
    for t in reversed(range(len(voltages))):
        recurrent_back(t, p, *arrays)
        send_back(t)
    return a_dv, *sums.to(a_dv.dtype)


def run(x, v, i, keep, seq_length, dtype, p, row):
    """What `run_steps` of helpers/neuron.py gives, but x, v and i are kept for the backward pass.

    row: with pooling, the pixels of a row, and their channels, which lie
    side by side; else None
    """
    x = x.contiguous()
    n_sent = len(v) // 4 if row else len(v)
    sent = x.new_empty(seq_length, n_sent, dtype=dtype)
    v_end = v.new_empty(len(v))
    i_end = i.new_empty(len(i))
    _in_threads(forward, row, p, x, v, i, sent, v_end, i_end)
    return (sent, v_end, i_end), (x, v, i)


def run_back(d_sent, dv_end, di_end, x, v, i, is_constant, p, row):
    """What `lif_backward` of helpers/neuron.py gives."""
    gradients = torch.empty_like(x), v.new_empty(len(v)), i.new_empty(len(i))
    _in_threads(backward, row, p, x, v, i, d_sent, dv_end, di_end, *gradients)
    return gradients


@functools.cache
def _count_blocks(n: int, row: tuple[int, int] | None) -> int:
    """How many blocks n neurons are: with pooling, each is two rows of pixels."""
    if row:
        n_pixels, n_channels = row
        return n // (2 * n_pixels * n_channels)
    return n // max(size for size in range(1, 257) if n % size == 0)


def prepare(constants: type | None, x_type: torch.dtype, dtype: torch.dtype) -> None:
    """Compile the kernels for these types, or read them where an earlier process has left them.

    Without constants, it is the kernel of recurrent neurons.

    A process that compiles is waited for: two that write at once could exchange their results.
    """
    folder = forward.stats.cache_path
    lock = FileLock(f"{folder}/numba.lock") if folder else nullcontext()
    announcing = event.install_listener("numba:compile", _Announcement())
    with lock, announcing:
        x = torch.zeros(1, 4, dtype=x_type)
        rest = torch.zeros(4)
        if constants:
            p = constants(1, 1)
            results, kept = run(x, rest, rest, True, 1, dtype, p, None)
            run_back(*results, *kept, False, p, None)
        else:
            dj = torch.zeros(2, 1, 4)
            run_recurrent_back((rest, rest, rest, 1, 1), x[None], x[None], dj, x, lambda t: None)


class _Announcement(event.Listener):
    def on_start(self, event):
        if event.data["dispatcher"] in (forward, recurrent_back):
            announce("compiling neurons for this processor, once")

    def on_end(self, event):
        pass


def _in_threads(kernel, row, p, x, *others) -> None:
    """Let each thread take its share of the blocks."""
    n_threads = min(torch.get_num_threads(), 1 + x.numel() // WORTH_A_THREAD)
    p = type(p)(*map(np.float32, p))
    n_blocks = _count_blocks(x.shape[1], row)
    n_channels = row[1] if row else 0
    arrays = [_in_blocks(y, n_blocks) for y in (x, *others)]

    def take_share(k):
        first = n_blocks * k // n_threads
        last = n_blocks * (k + 1) // n_threads
        kernel(first, last, n_channels, p, *arrays)

    shares = _threads(n_threads, os.getpid()).map(take_share, range(1, n_threads))
    take_share(0)
    list(shares)  # waits for the others


@functools.cache
def _threads(number: int, process: int) -> ThreadPoolExecutor:
    """Threads that wait for work. A forked process has none of those of its parent."""
    return ThreadPoolExecutor(number)


def _in_blocks(y: torch.Tensor, n_blocks: int) -> np.ndarray:
    y = y.detach()
    if y.stride() == (0,) and not y[0]:
        return NOTHING
    if y.dtype == torch.bfloat16:
        y = y.view(torch.uint16)
    return y.contiguous().numpy().reshape(*y.shape[:-1], n_blocks, -1)
