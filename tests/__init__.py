"""Folders as in helpers, and three more: chapters, as they are met; gpu; and studies, which record."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import helpers  # noqa: F401  before torch: sets how long its threads wait, for studies too

ROOT = Path(__file__).parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
COPIES = sorted(
    (ROOT / "notebooks").glob("*.ipynb")
)  # one that is no copy of a solution is a failure
LAYERS = ("lif1", "lif2", "lif3")  # of neurons, in the network of the digits
SLURM = [path.stem for path in SOLUTIONS if "import Queue" in path.read_text()]  # they submit jobs
CHECK = re.compile(r"(\S+ = )?check\.")  # how a cell that checks an exercise begins


def name(path: Path) -> str:
    """Of a text or a notebook, in the names of tests."""
    return f"{path.parent.name}/{path.stem}"


def stem(path: Path) -> str:
    """Of a chapter, in the names of tests."""
    return path.stem


def read(path: Path):
    """A notebook."""
    import nbformat  # here: it takes a second, which each script in tests/run/scripts would take

    return nbformat.read(path, as_version=4)


def sources(path: Path, kind: str = "code") -> list[str]:
    """Of the cells of a notebook that are of this kind."""
    return [cell.source for cell in read(path).cells if cell.cell_type == kind]


def project(key: str) -> str:
    """What pyproject.toml says of the course."""
    text = (ROOT / "pyproject.toml").read_text()
    return re.search(rf'^{key} = "(.+)"$', text, re.MULTILINE)[1]


def site_packages(environment: Path) -> Path:
    """Where the packages of a virtual environment lie."""
    return Path(sysconfig.get_path("purelib", "posix_prefix", {"base": str(environment)}))


def without(*names: str) -> dict[str, str]:
    """The environment without these variables."""
    return {name: value for name, value in os.environ.items() if name not in names}


def output_of(*command, cwd=None) -> str:
    """What a command prints, without the variables by which this Python and its packages would be found.

    Where pip has no network the test is skipped, but not where CI runs it.
    """
    import pytest  # here: studies run without it

    environment = without("PYTHONPATH", "VIRTUAL_ENV")
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1800
    )
    offline = (
        r"\(from versions: none\)|Name or service not known|Failed to establish a new connection"
    )
    if re.search(offline, done.stderr) and "CI" not in os.environ:
        pytest.skip("pip needs a network")
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def copy_course(folder: Path) -> None:
    """Copy the files that git knows or would take, as they are now."""
    listed = output_of("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).exists():  # else it is deleted, and git does not know yet
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)  # make compares times
