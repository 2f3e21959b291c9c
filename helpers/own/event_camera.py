"""What an event camera sees of a moving digit, and files of recorded events.

A pixel remembers the logarithm of the brightness at its last event. It sends an event when the logarithm has changed by
a threshold: ON if it got brighter, OFF if darker (Lichtsteiner, Posch and Delbruck 2008,
doi:10.1109/JSSC.2007.914337). Between two frames the logarithm changes linearly, as in the simulator ESIM (Rebecq,
Gehrig and Scaramuzza 2018, CoRL, section 3.1).
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from helpers import require

SIZE = 34  # pixels, each way, as in N-MNIST
DARK = 0.1  # added to brightness before the logarithm: a black pixel still sees some light
THRESHOLD = 0.3  # of the change of the logarithm
EVENT = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])  # t in µs; the layout of tonic


def move(images: torch.Tensor, frames: int = 31, reach: float = 3.0) -> torch.Tensor:
    """Digits that move along a triangle, as the camera of N-MNIST did: brightness (frames, n, SIZE, SIZE), 0..1.

    images: (n, 1, 28, 28), brightness 0..1
    frames: number of frames, evenly spaced in time
    reach: distance of the corners from the middle, in pixels
    """
    corners = torch.tensor([[-1.0, -1.0], [0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    place = torch.linspace(0, 3, frames)
    side = place.floor().clamp(max=2).long()
    shift = reach * torch.lerp(corners[side], corners[side + 1], (place - side)[:, None])  # (frames, 2), in pixels
    field = F.pad(images, [(SIZE - images.shape[-1]) // 2] * 4).transpose(0, 1)  # (1, n, SIZE, SIZE)
    view = torch.eye(2, 3).repeat(frames, 1, 1)
    view[:, :, 2] = -2 * shift / SIZE  # affine_grid counts from -1 to 1
    grid = F.affine_grid(view, (frames, len(images), SIZE, SIZE), align_corners=False)
    return F.grid_sample(field.expand(frames, -1, -1, -1), grid, align_corners=False)


def crossings(reference: torch.Tensor, log: torch.Tensor, threshold: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Signed numbers of events (ON counts up, OFF down) and the new reference of each pixel.

    reference: logarithm of the brightness at the last event; log: the logarithm now, of the same shape
    """
    n = ((log - reference) / threshold).trunc()
    return n, reference + n * threshold


def count_events(frames: torch.Tensor, seq_length: int = 10, threshold: float = THRESHOLD) -> torch.Tensor:
    """Events counted in time steps: (seq_length, n, 2, height, width), uint8. The channels are OFF and ON, as in tonic.

    frames: (1 + k * seq_length, n, height, width), brightness 0..1; the first frame sets the references

    Raises InputError for another number of frames.
    """
    shared = seq_length >= 1 and len(frames) > seq_length and (len(frames) - 1) % seq_length == 0
    given = f"{len(frames)} frames do not divide into {seq_length} time steps"
    require(shared, f"{given}: there must be one frame more than a multiple of the steps.")
    log = (frames + DARK).log()
    reference, counts = log[0], []
    for now in log[1:]:
        n, reference = crossings(reference, now, threshold)
        counts.append(torch.stack([-n, n], dim=1).clamp(min=0))
    return torch.stack(counts).unflatten(0, (seq_length, -1)).sum(1).to(torch.uint8)


def event_list(frames: torch.Tensor, microseconds: float = 1000.0, threshold: float = THRESHOLD) -> np.ndarray:
    """All events of moving pictures, an array of EVENT sorted by time.

    frames: (k, height, width), brightness 0..1; microseconds: from one frame to the next
    """
    log = (frames + DARK).log()
    reference, parts = log[0], [np.empty(0, EVENT)]
    for start, (before, now) in enumerate(zip(log, log[1:])):
        n, after = crossings(reference, now, threshold)
        last = (start + 1) * microseconds - 1  # what happens by the next frame belongs to the step before it
        for k in range(1, int(n.abs().max()) + 1):
            y, x = (n.abs() >= k).nonzero(as_tuple=True)
            level = reference[y, x] + k * threshold * n[y, x].sign()
            share = ((level - before[y, x]) / (now[y, x] - before[y, x])).clamp(0, 1)
            parts.append(_events(x, y, ((start + share.double()) * microseconds).clamp(max=last), n[y, x] > 0))
        reference = after
    events = np.concatenate(parts)
    return events[np.argsort(events["t"], kind="stable")]


def to_steps(events: np.ndarray, seq_length: int, microseconds: float, size: tuple[int, int]) -> torch.Tensor:
    """Counts of events for a network, (seq_length, 2, height, width), float32. The channels are OFF and ON.

    events: an array with the fields x, y, t (µs) and p, as here or from tonic
    microseconds: length of a time step; events after the last step are left out
    size: (height, width)

    Raises InputError for an event outside of that size.
    """
    steps = torch.zeros(seq_length, 2, *size)
    t, p, y, x = (torch.from_numpy(events[name].astype(np.int64)) for name in "tpyx")
    inside = bool(((x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])).all())
    require(inside, f"some events are outside {size[0]} rows and {size[1]} columns: give the size of their camera.")
    t = (t / microseconds).floor().long()
    kept = (t >= 0) & (t < seq_length)
    return steps.index_put_((t[kept], p[kept], y[kept], x[kept]), torch.tensor(1.0), accumulate=True)


def write_nmnist(path: str | Path, events: np.ndarray) -> None:
    """Write events to a .bin file of N-MNIST (Orchard et al. 2015, doi:10.3389/fnins.2015.00437).

    An event takes 40 bits: x (8), y (8), p (1) and t in µs (23), the largest byte first. Raises InputError if a value
    does not fit into its bits.
    """
    x, y, t, p = (events[name].astype(np.int64) for name in "xytp")
    fits = all(((v >= 0) & (v < most)).all() for v, most in ((x, 256), (y, 240), (t, 2**23)))
    require(fits, f"an N-MNIST file holds x below 256, y below 240 and times below {2**23 // 10**6} s.")
    np.stack([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255], axis=1).astype(np.uint8).tofile(path)


def read_nmnist(path: str | Path) -> np.ndarray:
    """Events of a .bin file of N-MNIST, an array of EVENT. Raises InputError if the file is cut off.

    In recordings of that camera, y = 240 is a mark and no event: after it, all times are 2^13 µs later.
    """
    raw = np.fromfile(path, np.uint8)
    require(len(raw) % 5 == 0, f"{path} has {len(raw)} bytes, which is no multiple of 5: each event takes five.")
    x, y, first, second, third = raw.reshape(-1, 5).astype(np.int64).T
    mark = y == 240
    t = ((first & 127) << 16 | second << 8 | third) + np.cumsum(mark) * 2**13
    return _events(x, y, t, first >> 7)[~mark]


def _events(x, y, t, p) -> np.ndarray:
    events = np.empty(len(t), EVENT)
    events["x"], events["y"], events["t"], events["p"] = x, y, t, p
    return events
