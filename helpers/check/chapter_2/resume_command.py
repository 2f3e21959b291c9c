"""The command that goes on with the run in runs/killed, as a string."""

import re
import shlex
from pathlib import Path

from helpers.check.judge import Look, NotDone, exercise, expect, kind

# Options that may be changed on the way.
CHANGEABLE = "--trainer.", "--data.", "--last.", "--best.", "--seed_everything", "--config"


@exercise("Go on", ours="python -m helpers.train fit --run runs/killed --resume")
def resume_command(answer: str) -> str:
    words = _words(answer)
    has_long_dash = any(word.startswith(("\u2014", "\u2013")) for word in words)
    expect(
        not has_long_dash, "An option begins with two short dashes, --: yours with one long dash."
    )
    expect("fit" in words, "Begin with python -m helpers.train fit: yours starts no training.")
    fit = words.index("fit")
    program = words[:fit]
    options = words[fit + 1 :]
    expect(
        not any(word.startswith("--") for word in program),
        "The subcommand comes first, its options behind it.",
    )
    name = ""
    given = {"": []}  # the values behind each option, first those before any
    for word in options:
        if word.startswith("--"):
            name = word
            given[name] = []
        else:
            given[name].append(word)
    without_option = " ".join(given.pop(""))
    expect(
        not without_option,
        f"{without_option} belongs to no option:"
        " an option begins with two dashes, and its value follows it.",
    )
    expect(
        "--ckpt_path" not in given,
        "A checkpoint is one moment: the command can find the last step by itself.",
    )
    for name in given:
        expect(
            not name.startswith("--model."),
            f"The network is that of the run, and stays so: leave out {name}.",
        )
        is_known = name in ("--run", "--resume") or name.startswith(CHANGEABLE)
        expect(is_known, f"{name} is no option that is needed: those are --run and --resume.")
    expect(
        not given.get("--resume"),
        "--resume is a switch and takes no value: the folder follows --run.",
    )
    leaves_run_open = "--resume" in given and "--run" not in given
    expect(
        not leaves_run_open,
        "That goes on with the newest numbered run: name the folder of this one.",
    )
    run = " ".join(given.get("--run", ["runs/killed"]))
    expect(
        Path(run).expanduser().resolve() == Path("runs/killed").resolve(),
        f"--run names the folder of the run, which is runs/killed: yours says {run or 'none'}.",
    )
    expect(
        "--resume" in given,
        "That would start anew, where a run is already, and is refused: say that it goes on.",
    )
    starts_python = program and re.fullmatch(r"py(thon[\d.]*)?(\.exe)?", Path(program[0]).name)
    expect(
        starts_python and program[1:] == ["-m", "helpers.train"],
        "The options are right, but the program is started by python -m helpers.train:"
        f" yours by {shlex.join(program) or 'nothing'}.",
    )
    return (
        "it goes on where the run stopped, with the options of that run."
        " Long runs do get interrupted."
    )


def _words(answer: str) -> list[str]:
    """Return the words of a command, up to a comment or the beginning of another command.

    An option and its value are two words, also where they are written with "=".
    """
    words = answer if isinstance(answer, list | tuple) else [answer]
    if any(word is ... or word in ("...", "") for word in words):
        raise NotDone
    expect(
        isinstance(answer, str),
        f"Write the command as one string, as in a terminal: this is {kind(answer)}.",
    )
    text = answer.lstrip("!$ \n").replace("\\\n", " ")
    commands = [command.strip() for command in re.split(r"\d?&?>|[|;&\n]", text)]
    for command in commands:
        name, _, folder = command.partition(" ")
        goes_elsewhere = name == "cd" and Path(folder).expanduser().resolve() != Path.cwd()
        expect(
            not goes_elsewhere,
            f"After {command} there is no runs/killed: the run is in the folder of this notebook.",
        )
    text = next((command for command in commands if "helpers.train" in command), commands[0])
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        raise Look("There is a quote that is never closed, or a backslash at the end.") from None
    parts = []
    for word in words:
        if word.startswith("--"):
            parts.extend(word.split("=", 1))
        else:
            parts.append(word)
    return parts
