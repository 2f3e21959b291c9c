"""A check for each exercise, in a file for each chapter, and what tells a guess from what was found."""

STUB = "replace this line"  # what an exercise raises as it is handed out: see solutions/make_chapters.py


def reveal(guess, found, unit: str = "") -> None:
    """Print what was found beside the learner's guess. A guess of `...` is none: nobody has to make one.

    Args:
        guess: a number, a word, or `...`
        found: the same, as it was measured or computed
        unit: of both, such as "spikes"; nothing for words
    """
    if isinstance(guess, str) and unit:  # "50 %" of somebody who has written the unit, too
        guess = guess.strip().removesuffix(unit).removesuffix("%").removesuffix("percent").strip()
    guessed, found = (f"{value:.3g}" if isinstance(value, float) else value for value in (guess, found))
    print(f"Your guess: {'none' if guess is ... else f'{guessed} {unit}'.strip()}. Found: {f'{found} {unit}'.strip()}.")
