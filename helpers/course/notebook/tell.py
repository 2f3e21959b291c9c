"""Sentences in a notebook, in lines that are not too wide and break between words."""

import html
from textwrap import fill

from IPython import get_ipython
from IPython.display import display

WIDTH = 76  # characters: in a window of 820 pixels JupyterLab breaks longer lines in mid-word

# For each kind of verdict a mark, read without colour, and the colour of the bar beside it, which
# is seen on white and on black. Text keeps the colour of the theme.
RIGHT = ("✓", "#009e73")
WRONG = ("✗", "#d55e00")
NOT_DONE = ("○", "#808080")


def tell(text: str, indent: str = "") -> None:
    """Print text in lines of at most WIDTH characters; indent all but the first of a paragraph."""
    print(wrapped(text, indent))


def wrapped(text: str, indent: str = "") -> str:
    """Break text into lines of at most WIDTH characters."""
    return "\n".join(
        fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )


def tell_verdict(text: str, kind: tuple[str, str]) -> None:
    """Show a verdict: in a notebook with its mark and a bar of its colour, elsewhere as lines.

    kind: RIGHT, WRONG or NOT_DONE
    """
    if not hasattr(get_ipython(), "kernel"):
        tell(text)
        return
    mark, colour = kind
    lines = html.escape(text, quote=False).replace("\n", "<br>")
    plain = wrapped(f"{mark} {text}")
    box = f'<div style="border-left: 5px solid {colour}; padding-left: 10px;">{mark} {lines}</div>'
    display({"text/plain": plain, "text/html": box}, raw=True)
