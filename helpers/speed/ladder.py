"""The rungs of chapter 3: each of its sections goes on from the one before, whether that was run or not."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import pairwise

import norse.torch as norse
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from helpers.check import tell
from helpers.model import SpikingConvNet, over_time
from helpers.notebook.clock import Clock
from helpers.speed.measure import ReluControl, Speed, graphed_step, matmul_peak, measure_throughput, training_step

LIMIT = "ReLU control"


def loop_over_time(net: nn.Module, spikes: Tensor) -> Tensor:
    """Rung 1: all layers for one time step after the other. Gives the voltages, (seq_length, batch, n_classes)."""
    lif, li = norse.LIFCell(), norse.LICell()
    voltages, s1, s2, s3, s4 = [], None, None, None, None
    for x in spikes.unbind(0):
        z, s1 = lif(net.conv1(x), s1)
        z, s2 = lif(net.conv2(max_pool2d(z, 2)), s2)
        z, s3 = lif(net.hidden(max_pool2d(z, 2).flatten(1)), s3)
        v, s4 = li(net.out(z), s4)
        voltages.append(v)
    return torch.stack(voltages)


def scan(cell: nn.Module, x: Tensor) -> Tensor:
    """What a cell of Norse's gives for each time step of x, (seq_length, batch, ...)."""
    state, outputs = None, []
    for x_t in x.unbind(0):
        y, state = cell(x_t, state)
        outputs.append(y)
    return torch.stack(outputs)


def time_in_batch(net: nn.Module, spikes: Tensor, neurons: Callable | None = None) -> Tensor:
    """Rung 2: all time steps of a layer, before the next layer begins. Gives what `loop_over_time` gives.

    neurons: spikes of LIF neurons for their input over time, (seq_length, batch, ...); None takes Norse's cell
    """
    neurons = neurons or partial(scan, norse.LIFCell())
    z = neurons(over_time(net.conv1, spikes))
    z = neurons(over_time(lambda z: net.conv2(max_pool2d(z, 2)), z))
    z = neurons(over_time(lambda z: net.hidden(max_pool2d(z, 2).flatten(1)), z))
    return scan(norse.LICell(), over_time(net.out, z))


def with_weights_of(net: SpikingConvNet, compile: bool = False, channels_last: bool = True) -> SpikingConvNet:
    """A network with the same weights, whose neurons have a backward pass of their own: rungs 3, 4 and 5."""
    order = torch.channels_last if channels_last else torch.contiguous_format
    new = SpikingConvNet(net.seq_length, compile=compile).to(net.out.weight.device, memory_format=order)
    new.load_state_dict(net.state_dict())
    return new


def compare_numbers(forward: Callable, net: nn.Module, spikes: Tensor) -> None:
    """Print how far voltages, and gradients of all weights of net, are from those of the loop over time.

    forward: computes the voltages from spikes, with the weights of net
    """
    loop = deepcopy(net).to(memory_format=torch.contiguous_format)
    with Clock("computing"):
        pairs = list(zip(_numbers(forward, net, spikes), _numbers(partial(loop_over_time, loop), loop, spikes)))
    off = [((a - b).norm() / b.norm()).item() for a, b in pairs]
    print(f"relative difference from the loop: voltages {off[0]:.0e}, gradients up to {max(off[1:]):.0e}")


def _numbers(forward: Callable, net: nn.Module, spikes: Tensor) -> list[Tensor]:
    v = forward(spikes).float()
    return [v.detach(), *torch.autograd.grad((v * v).mean(), list(net.parameters()))]


def climb(steps: dict[str, Callable], spikes: Tensor, labels: Tensor) -> dict[str, Speed]:
    """Speeds of these steps and of ReLU in place of the neurons, in turn; prints what each gains over the one before.

    steps: each by the number of its rung and a name, such as "4 compiled"
    """
    control = ReluControl(SpikingConvNet(len(spikes)).to(spikes.device))
    speeds = measure_throughput({**steps, LIMIT: training_step(control, spikes, labels)}, len(labels))
    for before, name in pairwise(steps):
        old, new = speeds[before], speeds[name]
        within = old.low <= new.median <= old.high or new.low <= old.median <= new.high
        verdict = "within the spread, so it may be chance" if within else "more than the spread"
        (number, _, what), factor = name.partition(" "), new.median / old.median
        tell(f"rung {number} ({what}): {factor:.2f} times as fast as the rung before, {verdict}", "  ")
    return speeds


def half_type(device: str) -> torch.dtype:
    """The 16-bit type that autocast takes on this device: float16 on GPUs that can only imitate bfloat16."""
    old_gpu = device == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.float16 if old_gpu else torch.bfloat16


def half_pays(device: str) -> bool:
    """Whether this device multiplies 16-bit numbers faster than float32."""
    return matmul_peak(device, half_type(device)) > 1.2 * matmul_peak(device)


def batch_sizes(device: str) -> tuple[int, ...]:
    """Batches to try: a GPU wants large ones, and the largest takes some 15 GB of its memory."""
    if device == "cpu":
        return 64, 128, 256
    large = torch.cuda.get_device_properties(0).total_memory > 30e9
    return 64, 128, 256, 512, 1024, *((4096,) if large else ())


def rungs(net: SpikingConvNet, spikes: Tensor, labels: Tensor) -> dict[str, Callable]:
    """A training step of each rung that this device has, all with the weights of net."""
    device, step = spikes.device.type, partial(training_step, x=spikes, labels=labels)
    own, last = with_weights_of(net, channels_last=False), with_weights_of(net, compile=True)
    steps = {
        "1 loop over time": step(own, forward=partial(loop_over_time, own)),
        "2 time in the batch": step(own, forward=partial(time_in_batch, own)),
        "3 own backward pass": step(own),
        "4 compiled": step(with_weights_of(net, compile=True, channels_last=False)),
        "5 channels_last": step(last),
    }
    half = {"dtype": half_type(device)} if half_pays(device) else {}
    if device == "cuda" and torch.cuda.get_device_capability() >= (8, 0):
        steps["5 with TF32"] = _with_tf32(step(last))
    if half:
        steps["6 sixteen bits"] = step(last, **half)
    if device == "cuda":
        steps["6 as one CUDA graph"] = graphed_step(step(last, **half))
    return steps


def _with_tf32(step: Callable) -> Callable:
    def run():
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
        step()
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False

    return run


def ladder_table(ladders: dict[str, dict[str, Speed]]) -> str:
    """A Markdown table, device by rung: images a second, and in brackets how many times those of the ReLU control."""
    names = sorted({name for speeds in ladders.values() for name in speeds})  # the numbers first, then the control
    rows = [["images/s (times ReLU)", *ladders], ["---"] * (1 + len(ladders))]
    for name in names:
        cells = [
            f"{speeds[name].median:,.0f} ({speeds[name].median / speeds[LIMIT].median:.2f})" if name in speeds else "-"
            for speeds in ladders.values()
        ]
        rows.append([name, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
