"""The command that goes on with the run in runs/killed, as a string."""

import re
import shlex
from pathlib import Path

from helpers.check.judge import Look, NotDone, exercise, expect, kind

# Options that may be changed on the way.
OURS = "--trainer.", "--data.", "--last.", "--best.", "--seed_everything", "--config"


@exercise("Go on", ours="python -m helpers.train fit --run runs/killed --resume")
def resume_command(answer: str | list[str]) -> str:
    words = _words(answer)
    expect("fit" in words, "Begin with python -m helpers.train fit: yours starts no training.")
    program = words[: words.index("fit")]
    options = words[words.index("fit") + 1 :]
    expect(
        not any(word.startswith("--") for word in program),
        "The subcommand comes first, its options behind it.",
    )
    name = ""
    given = {"": []}  # the values behind each option
    for word in options:
        if word.startswith("--"):
            given[name := word] = []
        else:
            given[name].append(word)
    loose = " ".join(given.pop(""))
    expect(
        not loose,
        f"{loose} belongs to no option:"
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
        known = name in ("--run", "--resume") or name.startswith(OURS)
        expect(known, f"{name} is no option that is needed: those are --run and --resume.")
    expect(
        not given.get("--resume"),
        "--resume is a switch and takes no value: the folder follows --run.",
    )
    named = "--run" in given or "--resume" not in given
    expect(named, "That goes on with the newest numbered run: name the folder of this one.")
    run = " ".join(given.get("--run", ["runs/killed"]))
    right = Path(run).expanduser().resolve() == Path("runs/killed").resolve()
    expect(
        right,
        f"--run names the folder of the run, which is runs/killed: yours says {run or 'none'}.",
    )
    expect(
        "--resume" in given,
        "That would start anew, where a run is already, and is refused: say that it goes on.",
    )
    python = program and re.fullmatch(r"py(thon[\d.]*)?(\.exe)?", Path(program[0]).name)
    yours = f"yours by {shlex.join(program) or 'nothing'}."
    started = (
        f"The options are right, but the program is started by python -m helpers.train: {yours}"
    )
    expect(python and program[1:] == ["-m", "helpers.train"], started)
    return (
        "it goes on where the run stopped, with the options of that run."
        " Long runs do get interrupted."
    )


def _words(answer: str | list[str]) -> list[str]:
    """The words of a command, up to a comment, or to where a shell would begin another command."""
    words = answer if isinstance(answer, list | tuple) else [answer]
    if any(word is ... or word in ("...", "") for word in words):
        raise NotDone
    expect(
        all(isinstance(word, str) for word in words),
        f"Write the command as a string: this is {kind(answer)}.",
    )
    text = answer if isinstance(answer, str) else shlex.join(words)
    commands = re.split(r"\s*(?:\d?&?>|[|;&\n])", text.lstrip("!$ \n").replace("\\\n", " "))
    text = next((command for command in commands if "helpers.train" in command), commands[0])
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        raise Look("There is a quote that is never closed, or a backslash at the end.") from None
    return [
        part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])
    ]
