"""What the repository has beside code and chapters: licences, versions, the paper, GitHub's files, `make lab`."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests import ROOT, output_of, project

README = (ROOT / "README.md").read_text()
HOURS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ZENODO = json.loads((ROOT / ".zenodo.json").read_text())
LICENCES = {"MIT", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0"}


def test_licences_are_the_same_everywhere():
    assert set(CITATION["license"]) == LICENCES == set(project("license").split(" AND "))
    assert ZENODO["license"] == "cc-by-4.0"
    for path in ("LICENSE", "README.md", ".zenodo.json"):
        text = (ROOT / path).read_text()
        assert all(name in text for name in ("MIT", "CC BY 4.0", "CC BY-SA 3.0", "CC BY-SA 4.0")), (
            path
        )
    for name, licence in (("mnist-10k", "by-sa/3.0"), ("spoken-digits", "by-sa/4.0")):
        assert licence in (ROOT / "helpers" / "assets" / name / "LICENSE").read_text()


def test_versions_are_the_same_everywhere():
    newest = re.search(r"^## (\S+)", (ROOT / "site/CHANGELOG.md").read_text(), re.MULTILINE)[1]
    versions = [project("version"), CITATION["version"], ZENODO["version"], newest]
    assert len(set(versions)) == 1, versions


def test_titles_and_keywords_are_the_same():
    assert CITATION["title"] == ZENODO["title"]
    assert CITATION["keywords"] == ZENODO["keywords"]
    assert [author["name"] for author in CITATION["authors"]] == [
        creator["name"] for creator in ZENODO["creators"]
    ]


def test_the_paper_is_short_and_cites_what_it_lists():
    paper = (ROOT / "site" / "paper" / "paper.md").read_text()
    assert len(paper.split()) <= 1000
    cited = set(re.findall(r"@(\w+)", paper))
    bibliography = (ROOT / "site" / "paper" / "paper.bib").read_text()
    assert cited == set(re.findall(r"^@\w+\{(\w+),", bibliography, re.MULTILINE))
    headings = re.findall(r"^# (.+)$", paper, re.MULTILINE)
    assert {"Statement of need", "Learning objectives", "Story of the project"} <= set(headings)


def test_every_pull_request_is_tested():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())
    assert "pull_request" in workflow[True]  # YAML reads on as true
    commands = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    assert "bash .ci/run" in commands


def test_a_laptop_is_tested_by_the_lines_of_the_readme_and_of_make_train():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "versions.yml").read_text())
    lines = [step["run"] for step in workflow["jobs"]["laptop"]["steps"] if "run" in step]
    *installing, _, training, _ = lines
    assert len(installing) == 2 and all(line in README for line in installing)
    make = " ".join((ROOT / "Makefile").read_text().replace("\\\n", "").split())
    assert training.removeprefix("python ") in make


def test_templates_have_what_github_reads():
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"):
        front = yaml.safe_load(path.read_text().split("---\n")[1])
        assert front["name"] and front["about"]
    assert (ROOT / ".github" / "pull_request_template.md").exists()
    assert (ROOT / ".github" / "SUPPORT.md").exists()


@pytest.mark.parametrize("path", ["Makefile", "README.md", "solutions/README.md"])
def test_jupyterlab_is_started_as_in_its_tests(path):
    start = "jupyter lab --config helpers/setup/jupyter_lab.json notebooks"
    assert start in (ROOT / path).read_text()


@pytest.mark.parametrize("small", [True, False])
def test_make_lab_installs_the_build_that_was_asked_for(small, tmp_path):
    """Into the environment that it then uses, and before the course itself."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    command = ["make", "--dry-run", "lab", *(["CPU=1"] if small else [])]
    steps = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    packages = re.findall(r"^\.venv/bin/python -m pip install --quiet (.+)$", steps, re.MULTILINE)
    torch = "torch torchvision --index-url https://download.pytorch.org/whl/cpu"
    assert packages == [*([torch] if small else []), "--editable '.[lab]'"]


def test_prerequisites_and_reasons_come_before_any_badge():
    readme = (ROOT / "README.md").read_text()
    places = [readme.index(words) for words in ("**What you need:**", "**Why spikes?**", "badge")]
    assert places == sorted(places) and places[0] < 400


def test_readme_says_how_many_hours_all_chapters_take():
    minutes = map(int, re.findall(r"^\| \d+ \| .+? \| (\d+) \|", README, re.MULTILINE))
    halves = round(sum(minutes) / 30)
    hours = f"{HOURS[halves // 2]}{' and a half' * (halves % 2)} hours"
    assert f"All chapters together take {hours}." in README


def test_an_update_keeps_what_a_learner_wrote(tmp_path):
    """By the lines of the README, where git pull alone refuses."""
    lines = re.search(r"\*\*To update,.+?```console\n(.+?)```", README, re.DOTALL)[1]
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    course = tmp_path / "course"
    learners = tmp_path / "learners"

    def publish(text):
        for name in ("00_half_hour.ipynb", "01_build.ipynb"):
            (course / "notebooks" / name).write_text(text)
        output_of(*git, "-C", course, "add", "--all")
        output_of(*git, "-C", course, "commit", "--quiet", "--message=all")

    output_of(*git, "init", "--quiet", "--initial-branch=main", course)
    (course / "notebooks").mkdir()
    publish("before")
    output_of(*git, "clone", "--quiet", course, learners)
    (learners / "notebooks" / "01_build.ipynb").write_text("written by a learner")
    publish("after")
    pull = subprocess.run([*git, "-C", learners, "pull"], capture_output=True, text=True)
    assert "would be overwritten" in pull.stderr
    subprocess.run(["bash", "-ec", lines], cwd=learners, check=True)
    assert (learners / "my-notebooks-1" / "01_build.ipynb").read_text() == "written by a learner"
    assert {path.read_text() for path in (learners / "notebooks").iterdir()} == {"after"}
    # typed as it stands, though the name is taken
    (learners / "notebooks" / "01_build.ipynb").write_text("written later")
    publish("after that")
    subprocess.run(["bash", "-c", lines], cwd=learners, capture_output=True)
    kept = {path.read_text() for path in learners.rglob("01_build.ipynb")}
    assert {"written by a learner", "written later"} <= kept
