"""Events instead of frames: what an event camera sees of a moving digit, and files of recorded events.

A pixel of such a camera keeps the logarithm of the brightness at its last event, and sends an event whenever the
present one differs from it by a threshold: ON if it got brighter, OFF if darker (Lichtsteiner, Posch and Delbruck 2008,
doi:10.1109/JSSC.2007.914337). Between two frames the logarithm is taken as a straight line, as in ESIM (Rebecq,
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
    """Brightness of digits that move along a triangle, as the camera did before N-MNIST: (frames, n, SIZE, SIZE), 0..1.

    images: (n, 1, 28, 28), brightness 0..1; frames: how many, evenly spaced in time; reach: from the middle, in pixels
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
    """How many events each pixel sends, ON up and OFF down, and its new reference, from its log brightness now."""
    n = ((log - reference) / threshold).trunc()
    return n, reference + n * threshold


def count_events(frames: torch.Tensor, seq_length: int = 10, threshold: float = THRESHOLD) -> torch.Tensor:
    """Events in time steps: (seq_length, n, 2, height, width), uint8; the channels are OFF and ON, as in tonic.

    frames: (1 + k * seq_length, n, height, width), brightness 0..1, else InputError; the first sets the references
    """
    shared = seq_length >= 1 and len(frames) > seq_length and (len(frames) - 1) % seq_length == 0
    given = f"{len(frames)} frames cannot be shared out to {seq_length} time steps"
    require(shared, f"{given}: one more than a multiple is needed.")
    log = (frames + DARK).log()
    reference, counts = log[0], []
    for now in log[1:]:
        n, reference = crossings(reference, now, threshold)
        counts.append(torch.stack([-n, n], dim=1).clamp(min=0))
    return torch.stack(counts).unflatten(0, (seq_length, -1)).sum(1).to(torch.uint8)


def event_list(frames: torch.Tensor, microseconds: float = 1000.0, threshold: float = THRESHOLD) -> np.ndarray:
    """Every event of frames (k, height, width), brightness 0..1, so many microseconds apart: EVENTs, sorted by time."""
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
    """Events as a network takes them: counts (seq_length, 2, height, width), float32; the channels are OFF and ON.

    events: an array with the fields x, y, t (µs) and p, as here or from tonic; microseconds: of a time step
    size: (height, width); an event outside of it is an InputError, and one after the last time step is left out
    """
    steps = torch.zeros(seq_length, 2, *size)
    t, p, y, x = (torch.from_numpy(events[name].astype(np.int64)) for name in "tpyx")
    inside = bool(((x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])).all())
    require(inside, f"some events lie outside {size[0]} rows and {size[1]} columns: which camera are they from?")
    t = (t / microseconds).floor().long()
    kept = (t >= 0) & (t < seq_length)
    return steps.index_put_((t[kept], p[kept], y[kept], x[kept]), torch.tensor(1.0), accumulate=True)


def write_nmnist(path: str | Path, events: np.ndarray) -> None:
    """Write events as a .bin file of N-MNIST: 40 bits for each, x (8), y (8), p (1), t in µs (23), largest byte first.

    Format: Orchard et al. 2015, doi:10.3389/fnins.2015.00437. Raises InputError for what does not fit into the bits.
    """
    x, y, t, p = (events[name].astype(np.int64) for name in "xytp")
    fits = all(((v >= 0) & (v < most)).all() for v, most in ((x, 256), (y, 240), (t, 2**23)))
    require(fits, f"N-MNIST files take x below 256, y below 240 and times below {2**23 // 10**6} s.")
    np.stack([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255], axis=1).astype(np.uint8).tofile(path)


def read_nmnist(path: str | Path) -> np.ndarray:
    """The events of a .bin file of N-MNIST, as an array of EVENT. Raises InputError when it is not whole.

    In recordings of that camera y = 240 is no event but a mark: from there on, times are 2^13 µs later.
    """
    raw = np.fromfile(path, np.uint8)
    require(len(raw) % 5 == 0, f"{path} has {len(raw)} bytes: five for each event would be a multiple of 5.")
    x, y, first, second, third = raw.reshape(-1, 5).astype(np.int64).T
    mark = y == 240
    t = ((first & 127) << 16 | second << 8 | third) + np.cumsum(mark) * 2**13
    return _events(x, y, t, first >> 7)[~mark]


def _events(x, y, t, p) -> np.ndarray:
    events = np.empty(len(t), EVENT)
    events["x"], events["y"], events["t"], events["p"] = x, y, t, p
    return events
