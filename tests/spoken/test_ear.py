"""The ear: its bands, its events against a loop over single numbers, and what it does not hear."""

import math

import pytest
import torch

from helpers import InputError
from helpers.spoken import ear


def test_the_mel_bands_overlap_by_half_and_reach_from_80_to_3900_hertz():
    filters = ear.mel_filters()
    frequency = torch.fft.rfftfreq(256, 1 / 8000)
    assert filters.shape == (129, 40) and (filters >= 0).all() and (filters <= 1).all()
    assert (filters.sum(0) > 0).all(), "a band without a frequency hears nothing"
    heard = frequency[filters.sum(1) > 0]
    assert heard.min() > 80 and heard.max() < 3900
    inner = filters[(frequency > 130) & (frequency < 3600)].sum(1)
    torch.testing.assert_close(inner, torch.ones_like(inner))


def test_the_spectrum_is_that_of_torch(recordings):
    sound = ear.to_batch(recordings.samples[:3])
    padded = torch.nn.functional.pad(sound, (192, 0))
    window = torch.hann_window(256)
    spectrum = torch.stft(padded, 256, 64, window=window, center=False, return_complex=True)
    expected = (spectrum.abs().square().transpose(1, 2) @ ear.mel_filters() + 0.01).log()
    torch.testing.assert_close(ear.log_power(sound), expected.transpose(0, 1), atol=1e-4, rtol=1e-4)


def test_events_equal_those_of_a_loop_over_single_numbers(recordings, events):
    """One reference a band, moved by one threshold at a time."""
    assert events.shape == (100, 2700, 80) and events.dtype == torch.int8
    for n in (0, 1234, 2699):
        log = ear.log_power(ear.to_batch([recordings.samples[n]]))[:, 0].tolist()
        for band in range(0, 40, 3):
            reference = math.log(0.01) + 0.3
            for t in range(100):
                up = down = 0
                while (log[t][band] - reference) / 0.6 >= 1:
                    reference += 0.6
                    up += 1
                while (log[t][band] - reference) / 0.6 <= -1:
                    reference -= 0.6
                    down += 1
                heard = events[t, n, [band, 40 + band]].tolist()
                assert heard == [min(up, 3), min(down, 3)], f"recording {n}, band {band}, step {t}"


def test_rounding_decides_no_event(recordings):
    """So the events are the same on another machine."""
    log = ear.log_power(ear.to_batch(recordings.samples[::9]))
    torch.manual_seed(0)
    rounded = log * (1 + 1e-7 * torch.randn_like(log))
    assert (ear.to_events(log) != ear.to_events(rounded)).sum() <= 1
    assert torch.equal(ear.to_events(log), ear.to_events(log.double()))


def test_what_comes_later_changes_no_earlier_step(recordings, events):
    """The loudest half is kept, so the peak stays."""
    sound = recordings.samples[1000]
    loudest = int(sound.abs().argmax())
    steps = loudest // 64 + 1
    heard = ear.hear([sound[: 64 * steps]])
    assert torch.equal(heard[:steps, 0], events[:steps, 1000]) and steps > 10


def test_loudness_and_silence_after_the_sound_change_nothing(recordings, events):
    sound = recordings.samples[7]
    heard = ear.hear([sound * 0.25, torch.cat([sound, torch.zeros(9000)])])
    assert torch.equal(heard[:, 0], events[:, 7]) and torch.equal(heard[:, 1], events[:, 7])
    assert ear.hear([torch.zeros(100), torch.zeros(0)]).sum() == 0


def test_the_same_events_in_chunks_of_any_size(recordings, events, monkeypatch):
    monkeypatch.setattr(ear, "CHUNK", 7)
    assert torch.equal(ear.hear(recordings.samples[:50]), events[:, :50])


@pytest.mark.parametrize(
    "sound, sentence",
    [
        (torch.zeros(2, 50), "a sound is shaped (2, 50): it must be (length,), one channel."),
        (torch.tensor([0.0, math.nan]), "a sound has samples that are not finite."),
    ],
)
def test_a_sound_that_cannot_be_heard_gets_a_sentence(sound, sentence):
    with pytest.raises(InputError) as error:
        ear.hear([torch.zeros(9), sound])
    assert str(error.value) == sentence
