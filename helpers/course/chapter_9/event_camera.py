"""What an event camera sees of a moving digit.

A pixel remembers the logarithm of the brightness at its last event. It sends an event when the
logarithm has changed by a threshold: ON if it got brighter, OFF if darker (Lichtsteiner, Posch and
Delbruck 2008, doi:10.1109/JSSC.2007.914337). Between two frames the logarithm changes linearly, as
in the simulator ESIM (Rebecq, Gehrig and Scaramuzza 2018, CoRL, section 3.1).
"""

from itertools import pairwise
from operator import itemgetter

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import require
from helpers.tools.crossings import crossings

FRAMES = 31  # one each millisecond
SIZE = 34  # pixels, each way, as in N-MNIST
DARK = 0.1  # added to brightness before the logarithm: some light reaches even a black pixel
THRESHOLD = 0.3  # of the change of the logarithm
# the layout of tonic: x and y in pixels, t in µs, p is True for ON
EVENT = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])


def move(images: Tensor, reach: float = 3.0) -> Tensor:
    """Move digits along a triangle, as the camera of N-MNIST did.

    Args:
        images: (n, 1, 28, 28), brightness 0..1
        reach: distance of the corners from the middle, in pixels

    Returns:
        The brightness, (FRAMES, n, SIZE, SIZE), 0..1.
    """
    corners = torch.tensor([[-1.0, -1.0], [0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    place = torch.linspace(0, 3, FRAMES)
    side = place.floor().clamp(max=2).long()
    along = (place - side)[:, None]
    shift = reach * torch.lerp(corners[side], corners[side + 1], along)  # (FRAMES, 2), in pixels
    margin = (SIZE - images.shape[-1]) // 2
    field = F.pad(images, [margin] * 4).transpose(0, 1)  # (1, n, SIZE, SIZE)
    view = torch.eye(2, 3).repeat(FRAMES, 1, 1)
    view[:, :, 2] = -2 * shift / SIZE  # affine_grid counts from -1 to 1
    grid = F.affine_grid(view, (FRAMES, len(images), SIZE, SIZE), align_corners=False)
    return F.grid_sample(field.expand(FRAMES, -1, -1, -1), grid, align_corners=False)


def event_list(frames: Tensor) -> np.ndarray:
    """Return the events of a moving picture that has one frame each millisecond, sorted by time.

    frames: (k, height, width), brightness 0..1
    """
    require(
        frames.abs().max() < 1.01,
        f"brightness goes from {frames.min():g} to {frames.max():g}: it must be 0 to 1.",
    )
    log = (frames + DARK).log()
    reference = log[0]
    events = []
    for start, (before, now) in enumerate(pairwise(log)):  # start: ms
        n, after = crossings(reference, now, THRESHOLD)
        # µs; what happens by the next frame belongs to the step before it
        last = (start + 1) * 1000 - 1
        for k in range(1, int(n.abs().max()) + 1):
            level = reference + k * THRESHOLD * n.sign()
            share = ((level - before) / (now - before)).clamp(0, 1)
            t = ((start + share.double()) * 1000).clamp(max=last)  # EVENT has whole µs
            y, x = (n.abs() >= k).nonzero(as_tuple=True)
            events += zip(x.tolist(), y.tolist(), t[y, x].tolist(), (n[y, x] > 0).tolist())
        reference = after
    events.sort(key=itemgetter(2))  # t
    return np.array(events, EVENT)
