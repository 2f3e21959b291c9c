"""Folders as in helpers, and two more: course, the chapters as they are met, and studies, which record."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
COPIES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
