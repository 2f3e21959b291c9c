"""environment.yml, held to pyproject.toml, and done as conda does it.

But for the solve, which needs conda's channels, and for what `make train` has downloaded already: it is found here.
"""

import os
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from tests import ROOT, copy_course, output_of, project, site_packages

ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())


def test_versions_stand_in_pyproject_alone():
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert conda == [f"python{project('requires-python')}", "pip"] and pip == ["-e .[lab]"]
    assert project("name") == ENVIRONMENT["name"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A copy of the course and the Python of an environment in which pip has done its part of environment.yml."""
    course, elsewhere = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("elsewhere")
    copy_course(course)
    output_of(sys.executable, "-m", "venv", elsewhere / "venv")
    python = elsewhere / "venv" / "bin" / "python"
    (site_packages(elsewhere / "venv") / "packages.pth").write_text(sysconfig.get_path("purelib"))
    (entry,) = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    # conda writes these lines to a file beside environment.yml, wherever it was called, and has pip read it from there.
    (course / "condaenv.requirements.txt").write_text("\n".join(entry["pip"]))
    pip = [python, "-m", "pip", "install", "--quiet", "--no-compile", "-U"]
    output_of(*pip, "-r", "condaenv.requirements.txt", "--exists-action=b", cwd=course)
    return course, python


def test_the_course_runs_from_another_folder(installed, tmp_path):
    course, python = installed
    where = output_of(python, "-c", "import helpers; print(helpers.__file__)", cwd=tmp_path)
    assert Path(where.strip()) == course / "helpers" / "__init__.py"
    assert "The chapters can run here." in output_of(python, "-m", "helpers", cwd=tmp_path)


def test_every_extra_can_be_installed_beside_the_course(installed):
    """All at once, and so each: pip finds versions that suit each other, and installs nothing."""
    _, python = installed
    code = (
        "from importlib.metadata import metadata; print(*metadata({!r}).get_all('Provides-Extra'))"
    )
    extras = set(output_of(python, "-c", code.format(ENVIRONMENT["name"]), cwd="/").split())
    assert {"test", "bench"} <= extras
    if sys.version_info < (3, 11):
        extras.remove("bench")  # SpikingJelly's
    course = f"{ENVIRONMENT['name']}[{','.join(extras)}]"
    output_of(python, "-m", "pip", "install", "--quiet", "--dry-run", course, cwd="/")


@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" not in os.environ, reason="one after another, without xdist"
)
def test_tests_of_a_file_run_on_one_worker(request):
    assert request.node.nodeid.endswith("@test_conda.py")
