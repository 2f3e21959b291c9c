"""Folders as in helpers, and two more: course, the chapters as they are met, and studies, which record."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
