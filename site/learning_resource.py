"""What machines read about a page: schema.org's LearningResource, of what the chapters and CITATION.cff say."""

import re
from pathlib import Path

import tomllib
import yaml

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
PAGES = re.search(r"\[Read the course as pages\]\((\S+)\)", README)[1]
TEXTS = "https://creativecommons.org/licenses/by/4.0/"
CODE = "https://spdx.org/licenses/MIT.html"
ROW = r"^\| \*\*{}\*\* \| (.+) \|$"


def learning_resource(page: str, address: str) -> dict | None:
    """About a chapter or about the whole course; of other pages nothing."""
    source = ROOT / "solutions" / f"{page}.md"
    if page == "index":
        return course(address)
    if re.match(r"\d\d_", page) and source.exists():
        return chapter(source, address)
    return None


def common() -> dict:
    (author,) = [author["name"] for author in CITATION["authors"]]
    return {
        "@context": "https://schema.org",
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": [TEXTS, CODE],
        "version": VERSION,
        "author": {"@type": "Organization", "name": author},
        "keywords": CITATION["keywords"],
        "audience": {"@type": "EducationalAudience", "educationalRole": "student"},
    }


def chapter(source: Path, address: str) -> dict:
    """Time, level, prerequisites and what it teaches, of the table that opens the chapter."""
    text = source.read_text()
    needs = row(text, "What you need")
    minutes = int(re.match(r"\d+", row(text, "Time"))[0])
    return common() | {
        "@type": "LearningResource",
        "@id": f"{address}{source.stem}.html",
        "url": f"{address}{source.stem}.html",
        "name": re.search(r"^# \d+ · (.+)$", text, re.MULTILINE)[1],
        "description": row(text, "What you'll do"),
        "teaches": row(text, "What you'll learn"),
        "competencyRequired": needs,
        "educationalLevel": "intermediate" if "Chapter" in needs else "beginner",
        "timeRequired": f"PT{minutes}M",
        "learningResourceType": ["tutorial", "exercise"],
        "isPartOf": {"@id": address},
    }


def row(text: str, name: str) -> str:
    """A row of the table that opens a chapter, without marks of emphasis."""
    return re.sub(r"[`*]", "", re.search(ROW.format(name), text, re.MULTILINE)[1])


def course(address: str) -> dict:
    sources = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.md"))
    parts = [chapter(source, address) for source in sources]
    minutes = sum(int(part["timeRequired"][2:-1]) for part in parts)
    return common() | {
        "@type": "Course",
        "@id": address,
        "url": address,
        "name": CITATION["title"],
        "description": " ".join(CITATION["abstract"].split()),
        "teaches": [part["teaches"] for part in parts],
        "competencyRequired": "Python, and having seen torch.nn before. Nothing about spikes",
        "educationalLevel": ["beginner", "intermediate"],
        "timeRequired": f"PT{minutes}M",
        "learningResourceType": "course",
        "hasPart": [
            {"@type": "LearningResource", "@id": part["@id"], "name": part["name"]}
            for part in parts
        ],
    }
