"""The check of a job script, exercise 5 of chapter 4: it reads the script as SLURM and the shell would."""

import difflib
import re
import shlex
from functools import partial

from helpers.check.judge import Look, NotDone, exercise, expect, kind

LONG = {"-N": "--nodes", "-n": "--ntasks", "-t": "--time", "-o": "--output", "-c": "--cpus-per-task"}
LONG["--tasks-per-node"] = "--ntasks-per-node"

WRAPPERS = ("apptainer", "singularity", "shifter", "conda", "mamba", "pixi", "uv")  # they start python in turn
LINE = "Look at this line: {}\n{}"


@partial(exercise, 5)
def job_script(answer: str) -> str:
    """Chapter 4: a job script for 2 nodes with 4 GPUs each, which survives preemption."""
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    if "Ellipsis" in answer or re.search(r"=\.\.\.(\s|$)", answer):
        raise NotDone
    expect(
        re.match(r"#!\S*sh\b", answer) or re.match(r"#!/usr/bin/env \w*sh\b", answer),
        "The first line names the shell, with nothing before it: #!/bin/bash.",
    )
    options, commands = _read(answer.replace("\\\n", " ").splitlines()[1:])
    _numbers(options)
    _survival(options)
    trains = [words for words in commands if "helpers.train" in words and words[0] not in ("echo", "printf")]
    expect(trains, "No line of the script trains: that is python -m helpers.train fit.")
    variables = [word.split("=", 1) for words in commands for word in words if re.match(r"[A-Za-z_]\w*=", word)]
    for words in trains:
        _command(words, variables)
    return "eight processes on two nodes, and a job that comes back."


def _read(lines: list[str]) -> tuple[dict[str, tuple[str, str]], list[list[str]]]:
    """SBATCH options by their long names, each with its value and line; and the commands, as words."""
    options, commands = {}, []
    for line in lines:
        if line.startswith("#SBATCH") or re.match(r"\s*#\s*(?i:sbatch)\s+-\S+\s*$", line):
            expect(line.startswith("#SBATCH"), f"SLURM reads only lines that begin with #SBATCH, as it is: {line}")
            late = f"SLURM stops reading at the first command: this line comes too late, and is ignored: {line}"
            expect(not commands, late)
            words = _words(line.removeprefix("#SBATCH"))
            expect(words, f"This line asks for nothing: {line}")
            expect(words[0].startswith("-"), f"An option begins with two dashes: {line}")
            for name, values in _options(words):
                dashes = f"An option with a long name begins with two dashes: {line}"
                expect(name.startswith("--") or name in LONG or len(name) == 2, dashes)
                _line(len(values) < 2, line, "a value is one word, without a space in it.")
                options[LONG.get(name, name)] = "".join(values), line
        elif words := _words(line):
            commands.append(words)
    return options, commands


def _line(condition, line: str, why: str) -> None:
    expect(condition, LINE.format(why, line))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise Look(LINE.format("a quote is opened in it, and not closed.", line)) from None


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    """Each option with the words that follow it: ["--nodes=2", "-N", "2", "-n8"] are three, with a value each."""
    found = []
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            found.append((name, [value] if equals else []))
        elif re.match(r"-[A-Za-z](\W|\d|$)", word):
            found.append((word[:2], [word[2:]] if word[2:] else []))
        elif word.startswith("-") or not found:
            found.append((word, []))
        else:
            found[-1][1].append(word)
    return found


def _numbers(options: dict) -> None:
    wanted = {
        "--nodes": ("2(-2)?", "the job is to have 2 nodes"),
        "--ntasks-per-node": ("4", "one task for each device, and a node has 4"),
        "--gpus-per-node": (r"(?!gpu:)([\w-]+:)?4", "a node has 4 GPUs, and each task needs one of its own"),
    }
    if "--gres" in options and "--gpus-per-node" not in options:
        value, line = options["--gres"]
        gpus = [part.removeprefix("gpu:") for part in value.split(",") if part.startswith("gpu:")]
        options["--gpus-per-node"] = "".join(gpus), line
    hides = "each task would see one GPU alone, and NCCL and Lightning expect to see all of the node."
    expect("--gpus-per-task" not in options, f"Use --gpus-per-node in place of --gpus-per-task: {hides}")
    if "--ntasks" in options:
        leaves = "--ntasks leaves it to SLURM how many run on each node: say --ntasks-per-node."
        expect("--ntasks-per-node" in options, leaves)
        value, line = options["--ntasks"]
        _line(value == "8", line, "4 tasks on each of 2 nodes are 8.")
    for name, (right, why) in wanted.items():
        value, line = _option(options, name, f"=...: {why}.")
        _line(re.fullmatch(right, value), line, f"{why}.")


def _option(options: dict, name: str, why: str) -> tuple[str, str]:
    """The value of an option and its line; where it is missing, perhaps it is only misspelt."""
    meant = difflib.get_close_matches(name, options, 1, cutoff=0.8)
    nearly = f"\nIs this one meant? {options[meant[0]][1]}" if meant else ""
    expect(name in options, f"There is no line #SBATCH {name}{why}{nearly}")
    return options[name]


def _survival(options: dict) -> None:
    value, line = _option(options, "--signal", "=...: the job would be stopped without a warning.")
    shell = "with B: only the shell is warned; the tasks, which have to save, hear nothing."
    _line(not re.match(r"R?BR?:", value.upper()), line, shell)
    sent = re.fullmatch(r"(?:R:)?(\w+)(?:@(\d+))?", value.upper())
    _line(sent or "USR1" not in value, line, "it is written signal@seconds, no more.")
    known = sent and sent[1] in ("SIGUSR1", "USR1", "10")
    _line(known, line, "the tasks wait for the signal SIGUSR1.")
    _line(sent[2] is not None, line, "it does not say how early; without @ it is 60 seconds.")
    _line(sent[2] == "120", line, "the warning is to come 120 seconds early.")
    if "--no-requeue" in options:
        raise Look(LINE.format("may the job come back, or may it not?", options["--no-requeue"][1]))
    value, line = _option(options, "--requeue", ": without it the job may not come back.")
    _line(not value, line, "--requeue is a switch, and takes no value.")
    value, line = _option(options, "--open-mode", "=...: on many clusters a log starts empty.")
    known = value.lower() in ("append", "truncate", "a", "t")
    _line(known, line, "the mode is append or truncate, as a bare word.")
    _line(value.lower()[0] == "a", line, "a job that comes back would empty its log.")


def _command(words: list[str], variables: list[list[str]]) -> None:
    """The command that trains: srun [options] python -m helpers.train fit [options]. variables: names and values."""
    line = " ".join(words)
    _line(words.count("helpers.train") == 1, line, "it names the program twice.")
    others = ("torchrun", "torch.distributed.run", "mpirun", "mpiexec", "accelerate", "deepspeed", "sbatch", "salloc")
    other = next((word for word in others if word in words), None)
    _line(other is None, line, f"in a SLURM job, tasks are started by srun, not by {other}.")
    names = [word.rpartition("/")[2] for word in words]
    missing = "it starts one process on the first node, which waits for seven others: what starts them?"
    _line("srun" in names, line, missing)
    is_python = re.compile(r"python[\d.]*|\$\{?\w*PYTHON\w*\}?|\$\(which python\d*\)")
    python = next((n for n, name in enumerate(names) if is_python.fullmatch(name)), None)
    _line(python is not None, line, "which program does srun start?")
    start = names.index("srun")
    before = re.split(r"(?:^| )(?:&&|;|then)(?: |$)", " ".join(words[:start]))[-1].split()
    harmless = all(re.match(r"\w+=|(exec|time|env|nohup|command|if|!)$", word) for word in before)
    _line(start < python and harmless, line, "srun comes first, and starts what follows it.")
    for name, values in _options([word for word in words[start + 1 : python] if word != "--"]):
        strange = next((word for word in [name, *values] if re.fullmatch(r"\W+", word)), None)
        _line(strange is None, line, f"{strange} parts srun from what it is to start.")
        if name in WRAPPERS:
            break
        _line(name.startswith("-"), line, f"srun would start {name}, as the first word that is no option.")
        given = {"--nodes": "2", "--ntasks": "8", "--ntasks-per-node": "4"}.get(LONG.get(name, name))
        other = given and re.fullmatch(r"=?\d+", "".join(values)) and values != [given]
        gpus = name == "-G" or name.startswith(("--gpus", "--gres"))
        _line(not other and not gpus, line, "srun takes the numbers of the #SBATCH lines: leave them out here.")
    module = words.index("helpers.train")
    _line(words[module - 1] == "-m", line, "a module is started by python -m.")
    options = " ".join(words[python + 1 : module - 1])
    _line(re.fullmatch(r"(-[WX] ?\S+ ?|-[^m\s]+ ?)*", options), line, f"between python and its -m stands {options}.")
    _line(words[module + 1 : module + 2] == ["fit"], line, "what trains is helpers.train fit.")
    twice = re.search(r"--trainer\.(devices|num_nodes)", line)
    _line(not twice, line, "SLURM tells the tasks already; what is written twice will differ.")
    for name, value in variables:
        line = re.sub(rf"\$({name}\b|\{{{name}\}})", value.replace("\\", ""), line)
    run = re.search(r"--run[= ](\S+)", line)
    _line(run, line, "it does not say where the run lies, by --run.")
    local = "that disk is in one node: the other one sees another folder, and a restart may see neither."
    _line(not re.match(r"(/local|/tmp|/dev/shm|\$TMPDIR)", run[1]), line, local)
    shared = "the folder is to lie on /scratch, which all nodes share."
    _line(run[1].startswith("/scratch/"), line, shared)
