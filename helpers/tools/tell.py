"""Sentences in a notebook, in lines that are not too wide and break between words."""

from textwrap import wrap

WIDTH = 76  # characters: in a window of 820 pixels JupyterLab breaks longer lines in mid-word


def tell(text: str, indent: str = "") -> None:
    """Print text in lines of at most WIDTH characters; indent all but the first of a paragraph."""
    whole_words = {"break_long_words": False, "break_on_hyphens": False}
    for line in text.splitlines():
        print(*wrap(line, WIDTH, subsequent_indent=indent, **whole_words), sep="\n")
