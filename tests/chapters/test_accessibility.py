"""Access: what is shown is also said, colours are told apart by the colour-blind, and no mouse is needed."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from helpers.tools import style
from tests import ROOT, SOLUTIONS, name, read, sources, stem

TEXTS = [ROOT / "README.md", *sorted((ROOT / "solutions").glob("*.md"))]
DRAWINGS = sorted((ROOT / "site" / "slides").glob("*.svg"))
each_text = pytest.mark.parametrize("path", TEXTS, ids=name)
each_solution = pytest.mark.parametrize("path", SOLUTIONS, ids=name)

# How linear RGB is seen without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1, table 1.
# https://doi.org/10.1109/TVCG.2009.113
SIGHT = {
    "full": np.eye(3),
    "red-blind": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green-blind": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "blue-blind": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = (
    np.array(
        [
            [41.24564, 35.75761, 18.04375],
            [21.26729, 71.51522, 7.21750],
            [1.93339, 11.91920, 95.03041],
        ]
    )
    / 100
)
APART = 15  # in CIELAB, where about 2 is the smallest difference that is seen between large patches side by side


def cielab(colour: str, sight: str = "full") -> np.ndarray:
    """Lightness L*, a* and b* of an sRGB colour, "#RRGGBB", white D65, as somebody with this sight sees it."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIGHT[sight]) @ linear, 0, 1)
    ratio = TO_XYZ @ seen / TO_XYZ.sum(axis=1)
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a: str, b: str, sight: str) -> float:
    return float(np.linalg.norm(cielab(a, sight) - cielab(b, sight)))


def prose(path: Path) -> str:
    """The text of a page, without front matter and code."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_the_measure_of_colours_is_right():
    np.testing.assert_allclose(
        cielab("#FF0000"), [53.24, 80.09, 67.20], atol=0.02
    )  # published values of sRGB red
    for sight in SIGHT:  # greys look the same to all
        np.testing.assert_allclose(cielab("#808080", sight), cielab("#808080"), atol=0.1)
    assert (
        distance("#E69F00", "#B8A90B", "full") > 25
        and distance("#E69F00", "#B8A90B", "red-blind") < 1
    )


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_are_told_apart(sight):
    palette = [value for value in vars(style).values() if str(value).startswith("#")]
    assert len(palette) >= 8
    near = [(a, b) for a, b in itertools.combinations(palette, 2) if distance(a, b, sight) < APART]
    assert not near


@pytest.mark.parametrize("path", DRAWINGS, ids=stem)
def test_a_drawing_is_described_and_its_letters_are_large(path):
    drawing = path.read_text()
    assert len(re.search(r'aria-label="(.+?)"', drawing)[1].split()) > 5
    sizes = [int(size) for size in re.findall(r'font-size="(\d+)"', drawing)]
    assert min(sizes) >= 28  # of 1,100 pixels


def test_figures_use_the_palette_alone():
    paths = [path for path in (ROOT / "helpers").rglob("*.py") if "panels(" in path.read_text()]
    coloured = [path for path in paths if re.search(r"#[0-9A-Fa-f]{6}\b", path.read_text())]
    assert [path.name for path in coloured] == ["style.py"]


@each_solution
def test_each_figure_is_said_in_words(path):
    """It is a PNG of some size. Text follows, and the alternative text or the next words say what to see in it."""
    pages, figures = read(path).cells, 0
    for place, cell in enumerate(pages):
        for png in (
            output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
        ):
            figures += 1
            after = pages[place + 1]
            words = png.metadata.get("image/png", {}).get("alt") or after.source.split("\n")[0]
            assert after.cell_type == "markdown" and len(after.source.split()) > 10, cell.source
            assert len(words.split()) >= 8 and not words.startswith(("#", "|", "<")), cell.source
            assert len(png.data["image/png"]) > 5000
    assert figures >= 5


@each_text
def test_headings_are_in_order(path):
    """One title, first; and no level is left out on the way down."""
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(path), re.MULTILINE)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


@each_text
def test_links_say_where_they_lead(path):
    links = [text for text, _ in re.findall(r"(?<!!)\[([^\[\]]+)\]\((\S+?)\)", prose(path))]
    assert links
    assert not [
        text
        for text in links
        if text.strip().lower() in ("here", "this", "link", "click here", "read more")
    ]


@each_solution
def test_nothing_needs_a_mouse(path):
    """Figures are pictures, and what is collapsed opens by its summary. Widgets: tests/chapters/play.py."""
    code, text = ("\n".join(sources(path, kind)) for kind in ("code", "markdown"))
    assert not re.search(r"%matplotlib|mpl_connect|ginput|onclick|Javascript", code)
    assert not re.search(r"\b(click|hover|drag)", text, re.IGNORECASE)
    assert text.count("<details>") == text.count("<details><summary>")
