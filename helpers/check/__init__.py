"""A check for each exercise, in a folder for each chapter, and what tells a guess from what was found."""

from textwrap import wrap

WIDTH = 76  # characters: in a window of 820 pixels JupyterLab breaks longer lines, in the middle of a word
STUB = "replace this line"  # what an exercise raises as it is handed out: see solutions/make_chapters.py


def tell(text: str, indent: str = "") -> None:
    """Print text in lines that are not too wide, broken between words. What goes on is indented."""
    whole = {"break_long_words": False, "break_on_hyphens": False}
    for line in text.splitlines():
        print(*wrap(line, WIDTH, subsequent_indent=indent, **whole), sep="\n")


def reveal(guess, found, unit: str = "") -> None:
    """Print what was found beside the learner's guess. A guess of `...` is none: nobody has to make one.

    guess and found: a number or a word each; unit: of both, such as "spikes"; nothing for words
    """
    if isinstance(guess, str) and unit:  # "50 %" of somebody who has written the unit, too
        guess = guess.strip().removesuffix(unit).removesuffix("%").removesuffix("percent").strip()
    guessed, found = (f"{value:.3g}" if isinstance(value, float) else value for value in (guess, found))
    tell(f"Your guess: {'none' if guess is ... else f'{guessed} {unit}'.strip()}. Found: {f'{found} {unit}'.strip()}.")
