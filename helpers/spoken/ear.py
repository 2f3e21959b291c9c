"""The ear: sound becomes events, in the way of an event camera.

At each time step, a window of 32 ms moves on by 8 ms. Its spectrum is summed in 40 bands, which are
spaced as we hear (mel scale: O'Shaughnessy 1987, Speech Communication, page 150). Each band
remembers the logarithm of its power at its last event. It sends an event, up or down, each time the
logarithm has changed by a threshold.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import require
from helpers.spoken.recordings import SAMPLE_RATE
from helpers.tools.crossings import crossings

WINDOW = 256  # samples, 32 ms
STEP = 64  # samples: one time step
STEP_SECONDS = STEP / SAMPLE_RATE  # 8 ms
SEQ_LENGTH = 100  # time steps, 0.8 s: 98 of 100 recordings end before
N_BANDS = 40
LOWEST, HIGHEST = 80.0, 3900.0  # Hz
QUIET = 0.01  # added to the power before the logarithm: much weaker noise sends no events
THRESHOLD = 0.6  # of the change of the logarithm
MOST = 3  # events of one channel in one time step
CHUNK = 300  # sounds that are heard at once, which limits the memory
N_CHANNELS = 2 * N_BANDS  # up in the first half, down in the second, each from low to high bands


def hear(samples: list[Tensor]) -> Tensor:
    """The events that the ear sends for each sound.

    Args:
        samples: n sounds (length,), float32, SAMPLE_RATE, of any loudness; 0.8 s are heard

    Returns:
        Numbers of events, (SEQ_LENGTH, n, N_CHANNELS), int8, 0 to MOST. What happens in a step
        depends on the sound up to the end of this step alone, but for the sound's peak.

    Raises:
        InputError: when a sound has another shape, or samples that are not finite
    """
    events = [
        to_events(log_power(to_batch(samples[start : start + CHUNK])))
        for start in range(0, len(samples), CHUNK)
    ]
    return torch.cat(events, dim=1)


def to_batch(samples: list[Tensor]) -> Tensor:
    """The first 0.8 s of each sound, (n, SEQ_LENGTH * STEP), with a peak of 1, or silence."""
    batch = torch.zeros(len(samples), SEQ_LENGTH * STEP)
    for row, sound in zip(batch, samples):
        require(
            sound.dim() == 1,
            f"a sound is shaped {tuple(sound.shape)}: it must be (length,), one channel.",
        )
        require(sound.isfinite().all(), "a sound has samples that are not finite.")
        row[: len(sound)] = sound[: len(row)]
    return F.normalize(batch, p=math.inf, dim=1)


def log_power(sound: Tensor) -> Tensor:
    """ln(power + QUIET) of each band and time step.

    Args:
        sound: (n, SEQ_LENGTH * STEP), with a peak of 1

    Returns:
        (SEQ_LENGTH, n, N_BANDS), dimensionless. The window ends where the time step ends.
    """
    padded = F.pad(sound, (WINDOW - STEP, 0))  # the first windows begin before the sound
    windows = padded.unfold(1, WINDOW, STEP)  # (n, SEQ_LENGTH, WINDOW)
    spectrum = torch.fft.rfft(windows * torch.hann_window(WINDOW))
    power = spectrum.real**2 + spectrum.imag**2
    return (power @ mel_filters() + QUIET).log().transpose(0, 1)


def mel_filters() -> Tensor:
    """The weight of each frequency in each band, (WINDOW // 2 + 1, N_BANDS).

    The weight rises from 0 at the centre of the band below to 1 at the band's own centre. It falls
    to 0 at the centre of the band above. On the mel scale, all centres are the same distance apart.
    """
    lowest, highest = 2595 * (1 + torch.tensor([LOWEST, HIGHEST]) / 700).log10()
    mel = torch.linspace(lowest, highest, N_BANDS + 2)
    centres = 700 * (10 ** (mel / 2595) - 1)  # Hz
    frequency = torch.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)[:, None]  # Hz
    below, own, above = centres.unfold(0, 3, 1).T  # of each band: its own, and those beside it
    rise = (frequency - below) / (own - below)
    fall = (above - frequency) / (above - own)
    return torch.minimum(rise, fall).clamp(min=0)


def to_events(log: Tensor) -> Tensor:
    """The events of each band. Before the first step there was silence.

    The first reference is half a threshold above silence. So a band that falls back to silence is
    between two levels, and rounding never decides whether it sends one more event.

    Args:
        log: ln(power + QUIET), (seq_length, n, N_BANDS)

    Returns:
        Numbers of events, (seq_length, n, N_CHANNELS), int8, 0 to MOST.
    """
    signed = []
    reference = torch.full_like(log[0], math.log(QUIET) + THRESHOLD / 2)
    for log_t in log:
        n_events, reference = crossings(reference, log_t, THRESHOLD)
        signed.append(n_events)
    signed = torch.stack(signed)  # above 0: up, below 0: down
    return torch.cat([signed, -signed], dim=2).clamp(0, MOST).to(torch.int8)
