"""Numbers with their nouns, for sentences."""


def plural(n: int, noun: str) -> str:
    """Return the number and the noun: "1 process", "2 processes"."""
    if n == 1:
        return f"{n} {noun}"
    if noun.endswith("s"):
        return f"{n} {noun}es"
    return f"{n} {noun}s"
