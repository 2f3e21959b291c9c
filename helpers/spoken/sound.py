"""A digit as a sound: read from a file, brought to the rate of the recordings, and cut."""

import math
from pathlib import Path

import soundfile
import torch
from torch import Tensor, nn

from helpers import InputError, require
from helpers.spoken.recordings import SAMPLE_RATE

LONGEST = 6400  # samples that are kept, 0.8 s: the ear hears no more
LONGEST_FILE = 10.0  # seconds
MARGIN = 400  # samples, 50 ms, that are kept before and after the sound
FRAME = 80  # samples, 10 ms: the power is measured in frames
SILENCE = -50.0  # dB below full scale: the quietest digit of the course is louder by 2 dB
FADED = -40.0  # dB below the loudest frame: the sound has not begun or is over
ABOVE_NOISE = 6.0  # dB above the noise of the room: the sound begins
AUDIBLE = -15.0  # dB below the loudest frame: this is sound, whatever the noise


def read_sound(path: str | Path) -> Tensor:
    """Read what was said in a sound file, of any rate: the loudest of its channels.

    Returns:
        (length,), float32, SAMPLE_RATE, with a peak of 1, cut as `Microphone.sound` is.

    Raises:
        InputError: when the file is missing, is no sound, is empty, silent or longer than 10 s
    """
    require(Path(path).is_file(), f"there is no file {path}.")
    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            seconds = file.frames / rate
            require(
                seconds <= LONGEST_FILE,
                f"{path} lasts {seconds:.1f} s: it must be {LONGEST_FILE:.0f} s at most.",
            )
            channels = torch.from_numpy(file.read(dtype="float32", always_2d=True))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: raw samples, without a rate
        raise InputError(
            f"{path} is no sound that can be read: save it as WAV, FLAC, OGG or MP3."
        ) from None
    require(len(channels) > 0, f"{path} is empty.")
    require(channels.isfinite().all(), f"{path} has samples that are not finite.")
    loudest = channels.std(0).argmax()  # a mean of two may be silence
    return cut(resample(channels[:, loudest], rate), str(path))


def resample(sound: Tensor, rate: int) -> Tensor:
    """Bring a sound to SAMPLE_RATE: its spectrum is cut off, or continued with zeros.

    Args:
        sound: (length,)
        rate: its samples per second

    Raises:
        InputError: when the rate is no whole number
    """
    require(isinstance(rate, int), f"rate is {rate}: it must be a whole number, in 1/s.")
    shared = math.gcd(rate, SAMPLE_RATE)
    blocks = math.ceil(len(sound) * shared / rate)  # of whole samples at both rates
    before = blocks * rate // shared
    after = blocks * SAMPLE_RATE // shared
    spectrum = torch.fft.rfft(sound, n=before)  # of the sound, with silence after it
    kept = math.ceil(len(sound) * SAMPLE_RATE / rate)
    return torch.fft.irfft(spectrum, n=after)[:kept] * (after / before)


def _power(sound: Tensor) -> Tensor:
    """The power of each frame, (n_frames,), in dB below full scale."""
    frames = nn.functional.pad(sound, (0, -len(sound) % FRAME)).view(-1, FRAME)
    return 10 * (frames.square().mean(1) + 1e-12).log10()


def is_silent(sound: Tensor) -> bool:
    """Whether a sound, (length,), holds nothing that could be a digit."""
    return bool((_power(sound - sound.mean()) < SILENCE).all())


def cut(sound: Tensor, name: str) -> Tensor:
    """Trim the silence at both ends, keep the loudest 0.8 s, and bring the peak to 1.

    Raises:
        InputError: when there is only silence
    """
    require(not is_silent(sound), f"{name} holds only silence.")
    sound = _trim(sound - sound.mean())
    if len(sound) > LONGEST:
        # the loudest part lies about in the middle
        energy = sound.square().unfold(0, LONGEST, FRAME) @ torch.hann_window(LONGEST)
        start = int(energy.argmax()) * FRAME
        sound = _trim(sound[start : start + LONGEST])
    return sound / sound.abs().max()


def _trim(sound: Tensor) -> Tensor:
    """Cut off what comes before and after the sound, but for a margin."""
    power = _power(sound)
    loudest = power.max()
    noise = power.quantile(0.1)
    threshold = (noise + ABOVE_NOISE).clamp(loudest + FADED, loudest + AUDIBLE)
    heard = (power >= threshold).nonzero() * FRAME
    first = int(heard[0]) - MARGIN
    end = int(heard[-1]) + FRAME + MARGIN
    return sound[max(first, 0) : end]
