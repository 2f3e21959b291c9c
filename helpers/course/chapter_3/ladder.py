"""The rungs of chapter 3: the same training step, made faster again and again.

Each section of the chapter takes the rung before it from here, whether that was run or not.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import pairwise

import norse.torch as norse
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from helpers.course.notebook.measure import (
    ReluControl,
    Speed,
    matmul_peak,
    measure_throughput,
    over_runs,
    training_step,
)
from helpers.course.notebook.norse_cells import scan
from helpers.course.notebook.tell import tell
from helpers.model import SpikingConvNet
from helpers.network import over_time
from helpers.tools.clock import Clock

N_RUNS = 3  # in which `climb` measures
LIMIT = "ReLU control"  # ReLU in place of the neurons: its name among the speeds of the rungs


def loop_over_time(net: nn.Module, spikes: Tensor) -> Tensor:
    """Rung 1: all layers for one time step, then for the next.

    Returns the voltages, (seq_length, batch, n_classes).
    """
    lif = norse.LIFCell()
    li = norse.LICell()
    s1 = s2 = s3 = s4 = None
    voltages = []
    for x in spikes:
        z, s1 = lif(net.conv1(x), s1)
        z, s2 = lif(net.conv2(max_pool2d(z, 2)), s2)
        z, s3 = lif(net.hidden(max_pool2d(z, 2).flatten(1)), s3)
        v, s4 = li(net.out(z), s4)
        voltages.append(v)
    return torch.stack(voltages)


def time_in_batch(net: nn.Module, spikes: Tensor, neurons: Callable | None = None) -> Tensor:
    """Rung 2: all time steps of a layer before the next layer begins.

    Returns what `loop_over_time` returns.

    neurons: gives the spikes of LIF neurons for their input, (seq_length, batch, ...); None takes
        Norse's cell
    """
    neurons = neurons or partial(scan, norse.LIFCell())
    z = neurons(over_time(net.conv1, spikes))
    z = neurons(over_time(lambda z: net.conv2(max_pool2d(z, 2)), z))
    z = neurons(over_time(lambda z: net.hidden(max_pool2d(z, 2).flatten(1)), z))
    return scan(norse.LICell(), over_time(net.out, z))


def with_weights_of(
    net: SpikingConvNet, channels_last: bool = True, fuse: bool = False
) -> SpikingConvNet:
    """Rungs 3, 4 and 5: copy a network, with neurons that have a backward pass of their own.

    fuse: take all time steps of neurons in one kernel, compiled by numba on a CPU, and by
        torch.compile on a GPU; else operation by operation
    """
    order = torch.channels_last if channels_last else torch.contiguous_format
    other = deepcopy(net).to(memory_format=order)
    for layer in other.modules():
        if hasattr(layer, "fuse"):
            layer.fuse = fuse
            layer.wants_compiling = None if fuse else False
    return other


def compare_numbers(forward: Callable, net: SpikingConvNet, spikes: Tensor) -> None:
    """Print how far voltages and gradients are from those of the loop over time.

    Args:
        forward: computes the voltages from spikes, with the weights of net
        net: its weights get the gradients
        spikes: (seq_length, batch, ...)
    """
    loop = with_weights_of(net, channels_last=False)
    with Clock("computing"):
        computed = voltages_and_gradients(forward, net, spikes)
        expected = voltages_and_gradients(partial(loop_over_time, loop), loop, spikes)
    voltages, *gradients = [((a - b).norm() / b.norm()).item() for a, b in zip(computed, expected)]
    print(
        f"relative difference from the loop: voltages {voltages:.0e}, "
        f"gradients up to {max(gradients):.0e}"
    )


def voltages_and_gradients(forward: Callable, net: nn.Module, spikes: Tensor) -> list[Tensor]:
    """Return the voltages, then the gradient of each weight; arguments as in `compare_numbers`."""
    v = forward(spikes)
    return [v.detach(), *torch.autograd.grad((v * v).mean(), net.parameters())]


def climb(steps: dict[str, Callable], spikes: Tensor, labels: Tensor) -> dict[str, Speed]:
    """Measure steps in several runs, and print what each gains over the one before, run by run.

    Measurements of one run follow each other closely, so they are alike. Runs differ more, and each
    has another order. The network with ReLU in place of its neurons is measured too: it comes last,
    as LIMIT.

    Args:
        steps: each by the number of its rung and a name, such as "5 one kernel"
        spikes: (seq_length, batch, 1, 28, 28)
        labels: (batch,)
    """
    control = ReluControl(SpikingConvNet(len(spikes)).to(spikes.device))
    turns = [*steps.items(), (LIMIT, training_step(control, spikes, labels))]
    runs = []
    for n in range(N_RUNS):
        first = n * len(turns) // N_RUNS
        in_order = dict(turns[first:] + turns[:first])
        warm_up = 2 if n == 0 else 1
        runs.append(measure_throughput(in_order, len(labels), 2, warm_up))
    for before, name in pairwise(steps):
        factors = sorted(run[name].median / run[before].median for run in runs)
        number, what = name.split(" ", 1)
        gains = ", ".join(f"{factor:.2f}" for factor in factors)
        sentence = (
            f"rung {number} ({what}): {gains} times as fast as the rung before, in {N_RUNS} runs"
        )
        if factors[0] <= 1 <= factors[-1]:
            sentence += ": that may be chance"
        tell(sentence, indent="  ")
    return {name: over_runs([run[name] for run in runs]) for name, _ in turns}


def half_type(device: str) -> torch.dtype:
    """Return the 16-bit type for autocast: float16 on a GPU that can only imitate bfloat16."""
    if device == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


def half_pays(device: str) -> bool:
    """Whether this device multiplies 16-bit numbers faster than float32."""
    return matmul_peak(device, half_type(device)) > 1.2 * matmul_peak(device)


def batch_sizes(device: str) -> tuple[int, ...]:
    """Return batches to try: a GPU wants large ones."""
    sizes = 64, 128, 256
    if device == "cuda":
        sizes += 512, 1024
        if torch.cuda.get_device_properties(0).total_memory > 30e9:
            sizes += (4096,)  # takes some 15 GB
    return sizes


def rungs(net: SpikingConvNet, spikes: Tensor, labels: Tensor) -> dict[str, Callable]:
    """Return a training step of each rung that this device has, all with the weights of net."""
    device = spikes.device.type
    step = partial(training_step, x=spikes, labels=labels)
    own = with_weights_of(net, channels_last=False)
    last = with_weights_of(net, fuse=True)
    steps = {
        "1 loop over time": step(own, forward=partial(loop_over_time, own)),
        "2 time in the batch": step(own, forward=partial(time_in_batch, own)),
        "3 own backward pass": step(own),
        "4 channels_last": step(with_weights_of(net)),
        "5 one kernel": step(last),
    }
    if half_pays(device):
        steps["6 sixteen bits"] = step(last, dtype=half_type(device))
    return steps
