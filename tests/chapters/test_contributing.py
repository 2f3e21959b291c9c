"""What CONTRIBUTING.md, the README and the chapters name exists: files and folders, make's targets and variables, modules to run."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import ROOT, name

MAKEFILE = (ROOT / "Makefile").read_text()
# What stands for any chapter
ANY = {"NN_name": "[0-9]*_*", "chapter_N": "chapter_*"}


def missing(text: str, folder: Path = ROOT) -> list[str]:
    """The names in a page of this folder that lead nowhere."""
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    paths = re.findall(r"\b(?:helpers|solutions|tests)/[\w./*-]*\w", text)
    paths = {path: re.sub("|".join(ANY), lambda found: ANY[found[0]], path) for path in paths}
    targets = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()
    return [
        *(link for link in links if not (folder / link).exists()),
        *(path for path, pattern in paths.items() if not any(ROOT.glob(pattern))),
        *(name for name in re.findall(r"\bmake (\w+)", code) if name not in targets),
        *(
            name
            for name in re.findall(r"\bmake .*?([A-Z]+)=", code)
            if f"$({name})" not in MAKEFILE
        ),
        *(
            name
            for name in re.findall(r"\bpython -m (helpers[\w.]*)", code)
            if find_spec(name) is None
        ),
    ]


PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", ROOT / "site" / "exact.md"]
PAGES += (ROOT / "solutions").glob("*.md")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_all_that_is_named_exists(page):
    assert missing(page.read_text(), page.parent) == []


def test_what_does_not_exist_is_found():
    text = "[a](README.txt) [b](tests/studies) `helpers/course/chapter_N/figures.py` `make tests` `make test TEST=x` make sure"
    found = missing(text + "\n```console\npython -m helpers.trains fit\n```")
    assert found == [
        "README.txt",
        "helpers/course/chapter_N/figures.py",
        "tests",
        "TEST",
        "helpers.trains",
    ]


@pytest.mark.parametrize("study", sorted((ROOT / "tests" / "studies").glob("*.py")), ids=name)
def test_a_study_has_all_that_it_imports(study):
    import_module(f"tests.studies.{study.stem}")
