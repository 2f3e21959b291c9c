"""Folders as in helpers, and three more: course, the chapters as they are met; gpu; and studies, which record."""

import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
COPIES = sorted((ROOT / "notebooks").glob("*.ipynb"))  # one that is no copy of a solution is a failure


def name(path: Path) -> str:
    """Of a text or a notebook, in the names of tests."""
    return f"{path.parent.name}/{path.stem}"


def site_packages(environment: Path) -> Path:
    """Where the packages of a virtual environment lie."""
    return Path(sysconfig.get_path("purelib", "posix_prefix", {"base": str(environment)}))
