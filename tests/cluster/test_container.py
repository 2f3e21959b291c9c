"""The two recipes of a container take the same steps, and, where CONTAINER=1 asks for that, these lead to a course."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

RECIPE, DEFINITION = (
    re.sub(
        r" *\\\n *", " ", (ROOT / "helpers" / "cluster" / name).read_text()
    )  # a step may take two lines
    for name in ("Containerfile", "course.def")
)
STEPS = re.findall("^RUN (.+)$", RECIPE, re.MULTILINE)
COPIED = re.findall("^COPY (.+) .+$", RECIPE, re.MULTILINE)
SUITE = re.search(r"debian:(\w+)-slim", RECIPE)[1]
UNSHARED = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]
INSIDE = 'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" sh -c "cd /course; $1"'
PRACTICE = "python -m helpers.cluster.practice"
VS_CODE = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())


def reaching() -> dict[str, str]:
    """Variables by which a build gets at packages: this machine's proxies and settings of pip, but paths of it."""
    said = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)
    settings = re.findall(r"^[^.]+[.]([\w-]+)='(.+)'$", said, re.MULTILINE)
    pip = {
        f"PIP_{name.upper().replace('-', '_')}": value
        for name, value in settings
        if not Path(value).exists()
    }
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    return (
        {"PIP_RETRIES": "1"} | pip | proxies
    )  # where an index is out of reach, it is asked once more, not five times


def test_both_recipes_take_the_same_steps():
    assert len(STEPS) == 3 and all(
        step.replace("$WHEELS", "{{ wheels }}") in DEFINITION for step in STEPS
    )
    assert re.findall("^ +(.+) /course/$", DEFINITION, re.MULTILINE) == " ".join(COPIED).split()
    assert f"From: debian:{SUITE}-slim" in DEFINITION


def test_vs_code_takes_the_same_container():
    folder = ROOT / ".devcontainer"
    recipe = folder / VS_CODE["build"]["dockerfile"]
    assert recipe.samefile(ROOT / "helpers" / "cluster" / "Containerfile")
    assert (folder / VS_CODE["build"]["context"]).samefile(ROOT)
    python = VS_CODE["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert f"RUN python3 -m venv {python.removesuffix('/bin/python')}\n" in RECIPE


@pytest.mark.skipif(
    "CONTAINER" not in os.environ, reason="a download of up to 3 GB: CONTAINER=1 runs it, as root"
)
def test_the_steps_lead_to_a_course_that_runs(tmp_path):
    """In a root folder of that Debian. Its mounts and processes end with each command."""
    root = tmp_path / "root"
    suite = os.environ.get("SUITE", SUITE)
    subprocess.run(
        ["debootstrap", "--variant=minbase", suite, root, "http://deb.debian.org/debian"],
        check=True,
    )
    paths = ssl.get_default_verify_paths()
    shutil.copy(paths.cafile or paths.openssl_cafile, root / "ca.pem")
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", root / "etc")
    for name in " ".join(COPIED).split():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (root / "course").mkdir(exist_ok=True)
        copy(ROOT / name, root / "course" / name)
    path = "/opt/course/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    # Nothing else of this machine: REQUESTS_CA_BUNDLE, for one, overrules PIP_CERT.
    environment = {
        "PATH": path,
        "HOME": "/root",
        "WHEELS": "cpu",
        **reaching(),
        "PIP_CERT": "/ca.pem",
    }
    said = ""
    steps = [*STEPS, VS_CODE["postCreateCommand"], "git --version", "python -m helpers"]
    for step in [*steps, f"{PRACTICE} up && {PRACTICE} down"]:
        command = [*UNSHARED, INSIDE, root, step]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=1800
        )
        assert done.returncode == 0, f"{step}: {(done.stdout + done.stderr)[-2000:]}"
        said += done.stdout
    assert "The chapters can run here." in said and "node2 is up" in said
