"""What checks and guesses know of the cells of a notebook: those that stopped, and those that never ran."""

import json

import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.course.notebook import tell
from tests import COPIES

# A notebook without a browser: cells are run, and what each said is printed as JSON.
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
config.InteractiveShell.colors = "NoColor"
shell = InteractiveShell.instance(config=config)
said = []
for number, source in enumerate(json.loads({!r})):
    id, source = source if isinstance(source, list) else (str(number), source)
    with capture_output() as captured:
        done = shell.run_cell(source, cell_id=id)
    said.append([done.success, " ".join(captured.stdout.split())])
print(json.dumps(said))
"""
OPENING = "from helpers.setup import environment\nenvironment.setup()"
FIRST = "from helpers.course.chapter_0 import check\nfrom helpers.course.judge import reveal"


@pytest.fixture
def run_cells(forks, tmp_path):
    """Run cells in a new notebook: whether each went well, and what it said.

    Each is a source, or the cell's id and its source.
    """

    def run_cells(*sources: str | tuple[str, str]) -> list[tuple[bool, str]]:
        (ended,) = forks.run(tmp_path, SHELL.format(json.dumps(sources)), 1)
        assert ended.status == 0, ended.err
        return [tuple(said) for said in json.loads(ended.last)]

    return run_cells


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_a_check_before_its_exercise_says_a_sentence(path, run_cells):
    """After the first cells, a reader may begin at any section, and run any check there alone."""
    cells = nbformat.read(path, as_version=4).cells
    n = next(n for n, cell in enumerate(cells) if cell.source.startswith("## "))
    sources = [cell.source for cell in cells[:n] if cell.cell_type == "code"]
    later = [cell.source for cell in cells[n:] if cell.cell_type == "code"]
    checks = [source for source in later if "check." in source]
    said = run_cells(*sources, *checks)
    assert all(went_well for went_well, _ in said), said
    for check, (_, sentence) in zip(checks, said[len(sources) :], strict=True):
        expected = "is not done yet: ", "This is the course's solution"
        assert any(words in sentence for words in expected), (check, sentence)


RIGHT = """
import norse.torch as norse, torch
def run_neuron(cell, x):
    state, i, v, z = None, [], [], []
    for x_t in x:
        spike, state = cell(x_t, state)
        i.append(state.i)
        v.append(state.v)
        z.append(spike)
    return torch.stack(i), torch.stack(v), torch.stack(z)
"""
CHECK = "run_neuron = check.run_neuron(run_neuron)"
STOPS = {
    "a syntax error": (RIGHT.replace("x_t in x:", "x_t in x"), "SyntaxError"),
    "an error before it": (f"missing\n{RIGHT}", "NameError"),
}


@pytest.mark.parametrize("source, error", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize("before", [[], [RIGHT, CHECK]], ids=["", "checked"])
def test_an_answer_whose_cell_stopped_is_not_judged_by_the_one_before(
    source, error, before, run_cells
):
    *_, stopped, first, again, mended, last = run_cells(
        OPENING, FIRST, *before, source, CHECK, CHECK, RIGHT, CHECK
    )
    assert not stopped[0]
    for said in (first, again):
        assert said[1].startswith(f"The cell that defines run_neuron stopped with {error}"), said
        assert said[1].endswith("the notebook uses the course's solution.")
    assert mended[0] and last[1].startswith("Right: ")


def test_a_cell_that_no_longer_holds_the_answer_is_known_by_its_id(run_cells):
    *_, stopped, judged = run_cells(OPENING, FIRST, ("a", RIGHT), CHECK, ("a", "missing"), CHECK)
    assert not stopped[0]
    assert judged[1].startswith("The cell that defines run_neuron stopped with NameError")


def test_an_error_behind_the_answer_is_no_matter(run_cells):
    *_, stopped, judged = run_cells(OPENING, FIRST, f"{RIGHT}\nrun_neuron(1)", CHECK)
    assert not stopped[0] and judged[1].startswith("Right: ")


def test_a_guess_is_told_once_and_a_missing_one_is_none(run_cells):
    tells = 'reveal(guess, 3, "spikes")'
    *_, none, guess, told, again = run_cells(OPENING, FIRST, tells, "guess = 2", tells, tells)
    assert none == again == (True, "Your guess: none. Found: 3 spikes.")
    assert told == (True, "Your guess: 2 spikes. Found: 3 spikes.")


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2, of a colour such as #009e73."""
    linear = [((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def test_verdicts_differ_by_a_mark_and_by_a_colour_that_both_themes_show(monkeypatch):
    shown = []
    monkeypatch.setattr(tell, "get_ipython", lambda: type("Shell", (), {"kernel": None}))
    monkeypatch.setattr(tell, "display", lambda data, raw: shown.append(data))
    kinds = tell.RIGHT, tell.WRONG, tell.NOT_DONE
    for kind in kinds:
        tell.tell_verdict("a < b:\nlook", kind)
    assert len({mark for mark, _ in kinds}) == len({colour for _, colour in kinds}) == 3
    for (mark, colour), data in zip(kinds, shown, strict=True):
        assert data["text/plain"] == f"{mark} a < b:\nlook"
        assert f"{mark} a &lt; b:<br>look" in data["text/html"] and colour in data["text/html"]
        for background in ("#ffffff", "#111111"):  # JupyterLab's
            light, dark = sorted([luminance(colour), luminance(background)], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, (mark, background)
