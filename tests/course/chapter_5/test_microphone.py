"""A digit said into the microphone, or read from a file, is what was said: cut, with a peak of 1.

The microphone is Chromium's fake device, which plays a recording over and over.
"""

import os

import nbformat
import numpy as np
import pytest
import soundfile
import torch

from helpers import InputError
from helpers.course.chapter_5.microphone import Microphone
from helpers.spoken.ear import hear
from helpers.spoken.sound import read_sound, resample
from tests.chapters import conftest
from tests.chapters import test_browser as course

launch = conftest.launch
lab = course.lab
SHOW = "from helpers.course.chapter_5.microphone import Microphone\nmicrophone = Microphone()\nmicrophone"
LOOK = "import torch\ntorch.save(microphone.sound(), 'sound.pt')\nmicrophone.recorded"
FAKE = "--use-fake-device-for-media-stream"
ALLOW = "--use-fake-ui-for-media-stream"
ONE_SAID = 27  # a recording of 0.56 s


def silence(seconds: float) -> torch.Tensor:
    return torch.zeros(round(8000 * seconds))


def surround(sound: torch.Tensor) -> torch.Tensor:
    return torch.cat([silence(0.4), sound, silence(0.5)])


def sample_anew(sound: torch.Tensor, up: int, down: int) -> np.ndarray:
    """The sound at up / down of its rate: its spectrum, continued with zeros."""
    sound = torch.nn.functional.pad(
        sound, (0, -len(sound) % down)
    )  # to whole samples at both rates
    n = len(sound) * up // down
    return torch.fft.irfft(torch.fft.rfft(sound), n=n).numpy() * (n / len(sound))


def record(sound: torch.Tensor) -> Microphone:
    """The widget after its script has sent this sound."""
    return Microphone(samples=sample_anew(sound, 3, 1).tobytes())


def write_as_phones_do(path, sound: torch.Tensor) -> None:
    """At 44.1 kHz, with one channel louder than the other."""
    fast = sample_anew(sound, 441, 80)
    soundfile.write(path, np.stack([0.6 * fast, 0.4 * fast], axis=1), 44100, subtype="PCM_16")


def likeness(sound: torch.Tensor, other: torch.Tensor) -> float:
    """The correlation of two sounds, where it is largest when one of them is shifted."""
    spectra = torch.fft.rfft(sound, n=32000) * torch.fft.rfft(other, n=32000).conj()
    return float(torch.fft.irfft(spectra).abs().max() / sound.norm() / other.norm())


def test_a_file_at_44_kilohertz_in_stereo_is_heard_as_the_original(recordings, tmp_path):
    heard, expected = [], []
    for sound in recordings.samples[::90]:
        write_as_phones_do(tmp_path / "phone.wav", surround(sound))
        soundfile.write(tmp_path / "original.wav", surround(sound).numpy(), 8000, subtype="FLOAT")
        heard.append(read_sound(tmp_path / "phone.wav"))
        expected.append(read_sound(tmp_path / "original.wav"))
    assert all(sound.abs().max() == 1 for sound in heard)
    ours, theirs = hear(heard), hear(expected)
    assert (ours != theirs).sum() < 0.01 * (theirs > 0).sum()


@pytest.mark.parametrize("rate", [4000, 48000])
def test_a_sound_of_any_rate_is_the_same_at_ours(rate):
    """It lasts as long, and what lies above 4 kHz does not fold down."""
    middle = slice(800, -800)  # a tone that begins at once has all frequencies
    said = torch.sin(2 * torch.pi * 440 * torch.arange(rate) / rate)
    if rate > 10000:
        said += torch.sin(2 * torch.pi * 5000 * torch.arange(rate) / rate)
    expected = torch.sin(2 * torch.pi * 440 * torch.arange(8000) / 8000)
    ours = resample(said, rate)
    assert len(ours) == 8000
    torch.testing.assert_close(ours[middle], expected[middle], atol=3e-3, rtol=0)


def test_silence_is_trimmed_but_for_50_ms():
    """Sound that begins and ends at once: a tone, in silence and in noise."""
    torch.manual_seed(0)
    tone = torch.sin(2 * torch.pi * 500 * torch.arange(2400) / 8000)
    for noise in (0, 0.05):
        sound = torch.cat([silence(0.7), tone, silence(0.5)])
        sound = sound + noise * torch.randn(len(sound)) + 0.1  # an offset, as cheap ones have
        cut = record(sound).sound()
        assert 3200 <= len(cut) <= 3200 + 160 and cut.abs().max() == 1
        assert likeness(cut, tone) > 0.99 - noise


def test_trimming_leaves_the_digits_whole(recordings):
    """Nearly all of their energy is left, and it lasts no longer than the ear hears."""
    for sound in recordings.samples[::30]:
        cut = record(surround(sound)).sound()
        assert 800 < len(cut) <= min(len(sound) + 960, 6400)
        if len(sound) < 6400:
            assert likeness(cut, sound) > 0.99


def test_of_a_long_recording_the_loudest_part_is_left(recordings, tmp_path):
    quiet, loud = recordings.samples[1000], recordings.samples[ONE_SAID]
    parts = [silence(0.3), 0.2 * quiet, silence(1), loud / loud.abs().max(), silence(0.7)]
    soundfile.write(tmp_path / "two.flac", 0.5 * torch.cat(parts).numpy(), 8000)
    sound = read_sound(tmp_path / "two.flac")
    assert len(loud) <= len(sound) + 400 and len(sound) <= len(loud) + 960
    assert likeness(sound, loud) > 0.99


@pytest.mark.parametrize("parts", [[1, -1], [0, 1]], ids=["in antiphase", "one of them muted"])
def test_channels_that_cancel_each_other_are_heard(parts, recordings, tmp_path):
    said = recordings.samples[ONE_SAID]
    soundfile.write(tmp_path / "stereo.wav", torch.outer(said, torch.tensor(parts)).numpy(), 8000)
    assert likeness(read_sound(tmp_path / "stereo.wav"), said) > 0.99


@pytest.mark.parametrize(
    "name, content, rate, sentence",
    [
        ("mine.wav", None, 0, "there is no file {}."),
        (
            "mine.m4a",
            b"\0\0\0\x1cftypM4A ",
            0,
            "{} is no sound that can be read: save it as WAV, FLAC, OGG or MP3.",
        ),
        ("mine.wav", np.full(8000, 0.3), 8000, "{} holds only silence."),
        ("mine.wav", np.ones(222_705), 22050, "{} lasts 10.1 s: it must be 10 s at most."),
    ],
)
def test_a_file_that_cannot_be_heard_gets_a_sentence(name, content, rate, sentence, tmp_path):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        soundfile.write(path, content, rate, subtype="FLOAT")
    with pytest.raises(InputError) as error:
        read_sound(path)
    assert str(error.value) == sentence.format(path)


def test_without_a_sound_there_is_a_sentence():
    with pytest.raises(InputError, match="^nothing is recorded yet: press Record, then say"):
        Microphone().sound()
    torch.manual_seed(0)
    microphone = record(0.001 * torch.randn(12000))  # noise of the microphone itself
    assert not microphone.recorded
    assert microphone.message.startswith("Only silence was recorded.")
    with pytest.raises(InputError, match="^the recording holds only silence.$"):
        microphone.sound()


def test_a_sound_that_takes_the_place_of_silence_is_announced(recordings, capsys):
    seven = recordings.samples[recordings.find(digit=7)]
    for microphone in (Microphone(), record(silence(1.5))):
        assert microphone.sound(otherwise=seven) is seven
        assert "so this is a recording of the course." in capsys.readouterr().out
    said = recordings.samples[ONE_SAID]
    assert likeness(record(surround(said)).sound(otherwise=seven), said) > 0.99
    assert capsys.readouterr().out == ""


def test_the_quietest_digit_is_no_silence(recordings):
    quietest = min(recordings.samples, key=lambda sound: sound.abs().max())
    microphone = record(surround(quietest))
    assert microphone.recorded and microphone.message.startswith("Recorded: 0.")


@pytest.fixture(scope="module")
def notebook(lab):
    """The address of a notebook with the widget, and its folder. Any host name opens it."""
    address, folder = lab
    cells = [nbformat.v4.new_code_cell(source) for source in (SHOW, LOOK)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "say.ipynb")
    return f"{address}/say.ipynb", folder


def show(browser, address: str):
    """The page of the notebook, its widget shown, and the widget's button."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_default_timeout(60_000)
    course.open_notebook(page, address)
    course.run_cell(page, page.locator(".jp-CodeCell").first)
    button = page.get_by_role("button", name="Record", exact=True)
    button.wait_for()
    return page, button


def test_a_digit_is_said_in_the_notebook(launch, notebook, recordings, tmp_path):
    """With the keyboard: Enter while the microphone is refused, Space after it is allowed."""
    digit = recordings.samples[ONE_SAID]
    again = torch.cat([digit / digit.abs().max(), silence(0.6)])
    write_as_phones_do(tmp_path / "said.wav", again)
    said = f"--use-file-for-fake-audio-capture={tmp_path / 'said.wav'}"
    address, folder = notebook
    with launch(FAKE, said) as browser:
        page, button = show(browser, address)
        button.press("Enter")
        page.get_by_text("The browser did not allow the microphone.").wait_for()
        page.context.grant_permissions(["microphone"])
        button.press("Space")
        page.get_by_text("Say a digit now.").wait_for()
        page.get_by_text("Recorded: 0.").wait_for()
        course.run_cell(page, page.locator(".jp-CodeCell").nth(1))
        page.locator(".jp-OutputArea-output").get_by_text("True").wait_for()
        course.restart_kernel(page)
        page.get_by_text("The kernel was restarted. Run the cell above").wait_for()
    sound = torch.load(folder / "sound.pt")
    assert 0.1 < len(sound) / 8000 <= 0.8 and sound.abs().max() == 1
    assert likeness(sound, digit) > 0.65  # noise suppression changes it; others reach 0.62


def test_without_https_or_a_microphone_there_is_a_sentence(launch, notebook):
    """Of a page in the network of a workshop, and of a computer that has none."""
    address, _ = notebook
    no_sound_card = {**os.environ, "ALSA_CONFIG_PATH": os.devnull, "PULSE_SERVER": "none"}
    with launch(
        ALLOW, "--host-resolver-rules=MAP course.test 127.0.0.1", env=no_sound_card
    ) as browser:
        page, button = show(browser, address)
        button.click()
        page.get_by_text("The browser finds no microphone.").wait_for()
        page, button = show(browser, address.replace("127.0.0.1", "course.test"))
        button.click()
        page.get_by_text("Browsers open the microphone only for pages with https").wait_for()
