"""Folders as in helpers, and three more: course, the chapters as they are met; gpu; and studies, which record."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
COPIES = sorted((ROOT / "notebooks").glob("*.ipynb"))  # one that is no copy of a solution is a failure


def name(path: Path) -> str:
    """Of a text or a notebook, in the names of tests."""
    return f"{path.parent.name}/{path.stem}"
