"""A digit that you say into the microphone, in the notebook."""

from pathlib import Path

import anywidget
import torch
import traitlets

from helpers import require
from helpers.course.notebook.tell import tell
from helpers.spoken.recordings import SAMPLE_RATE
from helpers.spoken.sound import cut, is_silent, resample

# samples per second that microphone.js sends: browsers filter badly before 8 kHz
SENT = 24000


class Microphone(anywidget.AnyWidget):
    """A button in the notebook that records 1.5 s of sound.

    It is tested in JupyterLab with Chromium. It is not tested in Colab, which shows a cell's output
    in a frame of its own: Colab and the browser decide whether this frame may use the microphone.
    If it may not, the line below the button says so. Then upload a file for `read_sound` of
    helpers/spoken/sound.py.
    """

    _esm = Path(__file__).with_name("microphone.js")
    samples = traitlets.Bytes().tag(sync=True, from_json=lambda buffer, _: bytes(buffer))  # float32
    message = traitlets.Unicode("Press Record, then say a digit.").tag(sync=True)

    @property
    def recorded(self) -> bool:
        """Whether there is a recording, and more than silence in it."""
        return bool(self.samples) and not is_silent(self._waveform())

    def sound(self, otherwise: torch.Tensor | None = None) -> torch.Tensor:
        """Return what was said, (length,), float32, SAMPLE_RATE, with a peak of 1.

        It begins and ends 50 ms from the silence, and lasts 0.8 s at most.

        otherwise: the sound to return if nothing is recorded, or only silence; a line says so

        Raises:
            InputError: when nothing was recorded, or only silence, and there is no other sound
        """
        if otherwise is not None and not self.recorded:
            tell("The microphone has heard nothing, so this is a recording of the course.")
            return otherwise
        require(self.samples, "nothing is recorded yet: press Record, then say a digit.")
        return cut(self._waveform(), "the recording")

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
