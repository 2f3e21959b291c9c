"""Augmentation: each training example is heard at another speed, time and pitch, with a gap."""

import torch
from torch import Tensor, nn

from helpers.spoken.ear import MOST

STRETCH = 0.15  # of the duration, both ways
SHIFT = 6  # time steps, both ways
PITCH = 2  # bands, both ways
GAP = 4  # neighbouring bands


def augment(events: Tensor) -> Tensor:
    """A batch of events, each example changed in another way, as in training.

    Random numbers are drawn on the CPU, so they are the same for any device.

    Args:
        events: (batch, seq_length, 2 * n_bands), float; up channels, then down, as the ear sends

    Returns:
        Events of the same shape, 0 to MOST
    """
    batch, _, n_channels = events.shape
    events = move_at_random(events)
    pitch = torch.randint(-PITCH, PITCH + 1, (batch,))
    width = torch.randint(0, GAP + 1, (batch,))
    lowest = (torch.rand(batch) * (n_channels // 2 - width + 1)).long()
    return silence(move_in_pitch(events, pitch), lowest, width)


def move_at_random(events: Tensor) -> Tensor:
    """Stretch and move each example of a batch, (batch, seq_length, n_channels)."""
    batch = len(events)
    factor = 1 + STRETCH * (2 * torch.rand(batch) - 1)
    shift = torch.randint(-SHIFT, SHIFT + 1, (batch,))
    return move_in_time(events, factor, shift)


def move_in_time(events: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
    """An event of step t moves to step trunc(factor * t) + shift.

    Stretching keeps all events: a slower voice crosses the same levels, at other times. Events that
    leave the sequence are lost.

    Args:
        events: (batch, seq_length, n_channels)
        factor: how long an example lasts, compared with before, (batch,), on the CPU
        shift: time steps by which an example moves, (batch,), int64, on the CPU
    """
    batch, seq_length, n_channels = events.shape
    target = (torch.arange(seq_length) * factor[:, None]).long() + shift[:, None]
    # what leaves the sequence goes to one step more at each end, which is cut off below
    target = 1 + target.clamp(-1, seq_length).to(events.device)
    moved = events.new_zeros(batch, seq_length + 2, n_channels)
    moved.scatter_add_(1, target[:, :, None].expand_as(events), events)
    return moved[:, 1:-1].clamp(max=MOST)


def move_in_pitch(events: Tensor, pitch: Tensor) -> Tensor:
    """An event of band k moves to band k + pitch, up and down channels alike.

    Args:
        events: (batch, seq_length, 2 * n_bands)
        pitch: bands by which an example moves, -PITCH to PITCH, (batch,), int64, on the CPU
    """
    n_bands = events.shape[2] // 2
    up_and_down = events.unflatten(2, (2, n_bands))
    source = torch.arange(n_bands) - pitch[:, None] + PITCH  # (batch, n_bands)
    source = source.to(events.device)[:, None, None].expand_as(up_and_down)
    # there is silence below the lowest and above the highest band
    return nn.functional.pad(up_and_down, (PITCH, PITCH)).gather(3, source).flatten(2)


def silence(events: Tensor, lowest: Tensor, width: Tensor) -> Tensor:
    """The bands from `lowest` to below `lowest + width` send no events, up or down.

    Args:
        events: (batch, seq_length, 2 * n_bands)
        lowest: lowest silent band of an example, (batch,), int64, on the CPU
        width: number of its silent bands, (batch,), int64, on the CPU
    """
    band = torch.arange(events.shape[2] // 2)
    is_heard = (band < lowest[:, None]) | (band >= (lowest + width)[:, None])
    return events * is_heard.repeat(1, 2)[:, None].to(events)
