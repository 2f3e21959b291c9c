"""A digit that you say: into the microphone, in the notebook, or in a sound file."""

import math
from pathlib import Path

import anywidget
import soundfile
import torch
import traitlets

from helpers import InputError, require
from helpers.listen.recordings import SAMPLE_RATE

SENT = 24000  # samples per second, as the script sends them: browsers filter badly before 8 kHz
LONGEST = 0.8  # seconds that are kept: the ear hears no more
LONGEST_FILE = 10.0  # seconds
MARGIN = 0.05  # seconds that are kept before and after the sound
FRAME = 80  # samples, 10 ms: the power is measured in frames
SILENCE = -50.0  # dB below full scale: the quietest digit of the course is louder by 2 dB
FADED = -40.0  # dB below the loudest frame: the sound has not begun or is over
ABOVE_NOISE = 6.0  # dB above the noise of the room: the sound begins
AUDIBLE = -15.0  # dB below the loudest frame: this is sound, whatever the noise
SCRIPT = """
const SECONDS = 1.5;
// The ear would send events for the noise of the room.
const AUDIO = { echoCancellation: false, noiseSuppression: true, autoGainControl: false };
const NO_ACCESS =
  "Browsers open the microphone only for pages with https or on localhost. " +
  "On this page, read a sound file instead, with read_sound.";
const REASONS = {
  NotAllowedError:
    "The browser did not allow the microphone. Allow it for this page, and press Record again.",
  NotFoundError: "The browser finds no microphone. Connect one, and press Record again.",
  NotReadableError: "The microphone does not answer. Another program may be using it.",
};
const GONE = "The kernel was restarted. Run this cell again, then record.";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function make(parent, tag, style) {
  const element = document.createElement(tag);
  element.style = style;
  parent.append(element);
  return element;
}

// Record, and show the seconds left and the peak of the sound meanwhile. Returns the file.
async function record(stream, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const recorder = new MediaRecorder(stream);
  const file = new Promise((done) => {
    recorder.ondataavailable = (event) => done(event.data);
  });
  recorder.start();
  const end = performance.now() + 1000 * SECONDS;
  while (performance.now() < end && stream.active) {
    analyser.getFloatTimeDomainData(wave);
    show((end - performance.now()) / 1000, Math.max(...wave.map(Math.abs)));
    await sleep(40);
  }
  if (recorder.state === "recording") recorder.stop();
  context.close();
  return file;
}

function render({ model, el }) {
  const row = make(el, "div", "display: flex; align-items: center; gap: 12px");
  const button = make(row, "button", "");
  button.className = "jupyter-button";
  button.textContent = "Record";
  const frame = make(row, "div", "width: 160px; height: 10px; border: 1px solid");
  const level = make(frame, "div", "height: 100%; background: currentColor");
  const clock = make(row, "span", "");
  const line = make(el, "div", "min-height: 1.5em; margin-top: 6px");
  line.ariaLive = "polite";

  const say = (text) => { line.textContent = text; };
  const show = (left, peak) => {
    const share = Math.max(1 + Math.log10(peak) / 2.5, 0); // from -50 to 0 dB
    level.style.width = `${100 * Math.min(share, 1)}%`;
    clock.textContent = `${left.toFixed(1)} s`;
  };
  const reply = () => say(model.get("message"));
  model.on("change:message", reply);
  const end = () => { button.ariaDisabled = "true"; say(GONE); };
  model.on("comm_live_update", end); // the kernel that made this is gone for good
  show(SECONDS, 0);
  reply();
  let stream = null;
  const close = () => stream?.getTracks().forEach((track) => track.stop());
  const listen = async () => {
    say("The browser may ask whether this page can use the microphone.");
    stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO });
    say("Get ready.");
    await sleep(300); // the click of the button fades
    say("Say a digit now.");
    const file = await record(stream, show);
    const context = new OfflineAudioContext(1, 1, 24000); // decodes to 24 kHz
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    model.set("message", "Recorded. Python has not answered yet.");
    model.set("samples", sound.getChannelData(0));
    model.save_changes();
  };
  button.addEventListener("click", async () => {
    if (button.ariaDisabled) return;
    model.set("samples", new Float32Array());
    model.save_changes();
    if (!navigator.mediaDevices) return say(NO_ACCESS);
    button.ariaDisabled = "true"; // disabled, it would lose the focus
    await listen().catch((error) => {
      say(REASONS[error.name] ?? `Nothing was recorded: ${error.message}`);
    });
    close();
    show(SECONDS, 0);
    button.ariaDisabled = null;
  });
  return () => {
    model.off("change:message", reply);
    close();
  };
}
export default { render };
"""


class Microphone(anywidget.AnyWidget):
    """A button in the notebook that records 1.5 s of sound.

    Not tried in Colab, whose frames may have no microphone: a line says so, see `read_sound`.
    """

    _esm = SCRIPT
    samples = traitlets.Bytes().tag(sync=True, from_json=lambda buffer, _: bytes(buffer))  # float32
    message = traitlets.Unicode("Press Record, then say a digit.").tag(sync=True)

    @property
    def recorded(self) -> bool:
        """Whether there is a recording, and more than silence in it."""
        return len(self.samples) > 0 and not _is_silent(self._waveform())

    def sound(self) -> torch.Tensor:
        """Return what was said, (length,), float32, SAMPLE_RATE, with a peak of 1.

        It begins and ends 50 ms from the silence, and lasts 0.8 s at most.

        Raises:
            InputError: when nothing was recorded, or only silence
        """
        require(len(self.samples) > 0, "nothing is recorded yet: press Record, then say a digit.")
        return _cut(self._waveform(), "the recording")

    def _waveform(self) -> torch.Tensor:
        return resample(torch.frombuffer(bytearray(self.samples), dtype=torch.float32), SENT)

    @traitlets.observe("samples")
    def _reply(self, _) -> None:
        """Tell what arrived, in the line below the button."""
        if self.recorded:
            seconds = len(self.sound()) / SAMPLE_RATE
            self.message = f"Recorded: {seconds:.2f} s of sound."
        elif self.samples:
            self.message = "Only silence was recorded. Is the microphone muted, or another one set?"


def read_sound(path: str | Path) -> torch.Tensor:
    """Read what was said in a sound file, of any rate and any number of channels.

    Returns:
        (length,), float32, SAMPLE_RATE, with a peak of 1, cut as `Microphone.sound` is.

    Raises:
        InputError: when the file is missing, is no sound, is empty, silent or longer than 10 s
    """
    require(Path(path).is_file(), f"there is no file {path}.")
    require(Path(path).stat().st_size > 0, f"{path} is empty.")
    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            seconds = file.frames / rate
            too_long = f"{path} lasts {seconds:.1f} s: it must be {LONGEST_FILE:.0f} s at most."
            require(seconds <= LONGEST_FILE, too_long)
            channels = torch.from_numpy(file.read(dtype="float32", always_2d=True))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: raw samples, without a rate
        no_sound = f"{path} is no sound that can be read: save it as WAV, FLAC, OGG or MP3."
        raise InputError(no_sound) from None
    require(len(channels) > 0, f"{path} is empty.")
    require(bool(channels.isfinite().all()), f"{path} has samples that are not finite.")
    return _cut(resample(channels.mean(1), rate), str(path))


def resample(sound: torch.Tensor, rate: int) -> torch.Tensor:
    """Bring a sound to SAMPLE_RATE: its spectrum is cut off, or continued with zeros.

    Args:
        sound: (length,)
        rate: its samples per second
    """
    shared = math.gcd(rate, SAMPLE_RATE)
    blocks = math.ceil(len(sound) * shared / rate)  # of whole samples at both rates
    before = blocks * rate // shared
    after = blocks * SAMPLE_RATE // shared
    spectrum = torch.fft.rfft(sound, n=before)  # of the sound, with silence after it
    kept = math.ceil(len(sound) * SAMPLE_RATE / rate)
    return torch.fft.irfft(spectrum, n=after)[:kept] * (after / before)


def _power(sound: torch.Tensor) -> torch.Tensor:
    """The power of each frame, (n_frames,), in dB below full scale."""
    padding = -len(sound) % FRAME
    frames = torch.nn.functional.pad(sound, (0, padding)).view(-1, FRAME)
    return 10 * (frames.square().mean(1) + 1e-12).log10()


def _is_silent(sound: torch.Tensor) -> bool:
    return bool((_power(sound - sound.mean()) < SILENCE).all())


def _cut(sound: torch.Tensor, name: str) -> torch.Tensor:
    """Trim the silence at both ends, keep the loudest 0.8 s, and bring the peak to 1.

    Raises:
        InputError: when there is only silence
    """
    require(not _is_silent(sound), f"{name} holds only silence.")
    sound = _trim(sound - sound.mean())
    if len(sound) > LONGEST * SAMPLE_RATE:
        sound = _trim(_loudest(sound))
    return sound / sound.abs().max()


def _trim(sound: torch.Tensor) -> torch.Tensor:
    """Cut off what comes before and after the sound, but for a margin."""
    power = _power(sound)
    loudest = power.max()
    noise = power.quantile(0.1)
    threshold = (noise + ABOVE_NOISE).clamp(loudest + FADED, loudest + AUDIBLE)
    heard = (power >= threshold).nonzero().flatten() * FRAME
    margin = round(MARGIN * SAMPLE_RATE)
    first = int(heard[0]) - margin
    end = int(heard[-1]) + FRAME + margin
    return sound[max(first, 0) : end]


def _loudest(sound: torch.Tensor) -> torch.Tensor:
    """The 0.8 s with the most energy, which lies about in the middle."""
    longest = round(LONGEST * SAMPLE_RATE)
    energy = sound.square().unfold(0, longest, FRAME) @ torch.hann_window(longest)
    return sound[int(energy.argmax()) * FRAME :][:longest]
