"""The checks of chapter 4."""

import difflib
import re
import shlex
from collections.abc import Callable
from functools import partial

import torch

from helpers.check.verdict import Look, NotDone, call, compare, exercise, expect, kind, number

CAUSES = {"A": "3", "B": "5", "C": "1", "D": "6", "E": "2"}
CURES = {"1": "e", "2": "f", "3": "b", "4": "c", "5": "d", "6": "a"}
LOGS = {  # what to look at in each
    "A": "In A two processes are expected: how many came, and what did that one do until the end?",
    "B": "B names two numbers that should be equal: who was told which?",
    "C": "C says what could not listen, and that an address was already in use.",
    "D": "D says what one process asked for and did not get: look for the number of bytes.",
    "E": "In E no program made a mistake: what does SLURM say about one of the machines?",
}


@partial(exercise, 1)
def average(answer: Callable) -> str:
    """Chapter 4: average(gradients) gives, for each weight, the mean over processes."""
    shapes = {"conv.weight": (3, 2, 4), "out.weight": (5,)}
    given = [{name: torch.randn(shape) for name, shape in shapes.items()} for _ in range(3)]
    copies = [{name: gradient.clone() for name, gradient in own.items()} for own in given]
    got = call(answer, gradients=copies)
    whole = len(copies) == len(given) and all(own.keys() == copy.keys() for own, copy in zip(given, copies))
    same = whole and all(torch.equal(own[name], copy[name]) for own, copy in zip(given, copies) for name in own)
    expect(same, "Your function changes the gradients in place, as += does: the processes may still need the old ones.")
    expect(isinstance(got, dict), f"The result is one dict, from names to gradients: yours is {kind(got)}.")
    expect(set(got) == set(shapes), f"The names should be {', '.join(shapes)}: yours are {', '.join(map(str, got))}.")
    for name in shapes:
        all_of_it = torch.stack([own[name] for own in given])
        mistakes = {
            "Yours is the sum: with more processes the step would get longer.": all_of_it.sum(0),
            "Yours is half the sum: there are three processes here.": all_of_it.sum(0) / 2,
            "Yours takes two processes: there are three here, and may be more.": all_of_it[:2].mean(0),
            "Yours is the gradient of the first process alone.": all_of_it[0],
            "Yours is the gradient of the last process alone.": all_of_it[-1],
            "Yours has the last process alone, divided by their number: add up first.": all_of_it[-1] / 3,
            "The mean is over the processes: yours is over the weights too.": all_of_it.mean(),
            "The mean is over the processes: yours is over the weights.": all_of_it.flatten(1).mean(1),
            "The mean is over the processes, the first axis: yours is over the second.": all_of_it.mean(1),
            "The gradients of all processes are still there, side by side: take their mean.": all_of_it,
        }
        compare(f"The mean of {name}", got[name], all_of_it.mean(0), mistakes)
    return "that is all that data parallelism computes, whatever the network."


@partial(exercise, 2)
def plan(answer: Callable) -> str:
    """Chapter 4: plan(devices, images, batch_size, learning_rate): images in a step, steps in an epoch, the rate."""
    cases = [(3, 1100, 64, 0.01), (8, 8400, 32, 0.002), (1, 500, 50, 0.1)]
    names = "devices", "images", "batch_size", "learning_rate"
    got = []
    for case in cases:
        result = call(answer, **dict(zip(names, case)))
        several = isinstance(result, tuple | list) or getattr(result, "ndim", 0) == 1
        expect(several, f"Return three numbers, with commas between them: yours is {kind(result)}.")
        expect(len(result) == 3, f"Return three numbers: yours are {len(result)}.")
        got.append([number(value) for value in result])
    devices, images, batch, rate = torch.tensor(cases, dtype=torch.float64).T
    step = devices * batch
    parts = {
        "The images in a step": {
            step: {
                "That is the batch of one device: all of them take a step together.": batch,
                "The images of all devices in a step come first, then the steps in an epoch.": (images / step).floor(),
            },
        },
        "The steps in an epoch": {
            (images / step).floor(): {
                "More images in a step are fewer steps: yours are as with one device.": (images / batch).floor(),
                "Steps are whole, and what does not fill a batch is left out: round down.": images / step,
                "What does not fill a batch is left out: yours counts it as a step.": (images / step).ceil(),
                "More devices need fewer steps: yours need more.": (images / batch).floor() * devices,
                "Divide by all images of a step: look at the brackets.": (images / devices).floor() * batch,
            },
        },
        "The learning rate": {
            rate * devices: {
                "By the linear rule it grows with the devices: yours stays.": rate,
                "By the linear rule it grows with the devices: yours shrinks.": rate / devices,
                "The rule is linear: yours grows with the square root.": rate * devices.sqrt(),
                "The rule multiplies by the devices, not by the images of a step.": rate * step,
            },
        },
    }
    for column, (name, rights) in zip(torch.tensor(got, dtype=torch.float64).T, parts.items()):
        ((right, mistakes),) = rights.items()
        compare(f"{name} for ", column, right, mistakes, [str(case) for case in cases])
    return "fewer and longer steps. Whether the network likes them is a question for an experiment."


@partial(exercise, 3)
def efficiency(answer: Callable) -> str:
    """Chapter 4: efficiency(rates) gives {processes: speed-up / processes}."""
    for rates in ({1: 120.0, 2: 228.0, 8: 600.0}, {4: 150.0, 1: 50.0, 16: 40.0}):
        given = dict(rates)
        got = call(answer, rates=given)
        expect(given == rates or got is given, "Your function changes rates: its caller may still need it.")
        expect(isinstance(got, dict), f"The result is a dict, like rates: yours is {kind(got)}.")
        expect(set(got) == set(rates), "The result has the same numbers of processes as rates.")
        n, rate = torch.tensor([*rates.items()], dtype=torch.float64).T
        values = torch.tensor([number(got[key]) for key in rates], dtype=torch.float64)
        one = rates[1]
        mistakes = {
            "That is the speed-up: what share is it of the ideal one?": rate / one,
            "That is images per second of one process: compare it with the rate of one alone.": rate / n,
            "That is percent: an efficiency is a number up to about 1.": 100 * rate / one / n,
            "The speed-up grows when things get better: yours falls.": one / rate,
            "The speed-up is upside down: the rate of one process stands below.": one / rate / n,
            "rates[1] is changed before the others are divided by it: make a new dict.": torch.where(
                n == 1, 1, rate / n
            ),
            "Yours is upside down: less than the ideal should give less than 1.": n * one / rate,
            "Yours multiplies by the number of processes.": rate / one * n,
            "Compare with the rate of one process, rates[1]: yours takes the first of the dict.": rate / rate[0] / n,
            "Compare with the rate of one process, rates[1]: yours takes the lowest.": rate / rate.min() / n,
        }
        compare("The efficiency with the processes ", values, rate / one / n, mistakes, [*map(str, rates)])
        expect(got is not given, "The values are right, but your function changes rates: make a new dict.")
    return "the share of what we pay for that we get. It holds for strong and for weak scaling."


@partial(exercise, 4)
def serial_fraction(answer: Callable) -> str:
    """Chapter 4: serial_fraction(n, speed_up): Amdahl's law solved for the serial fraction."""
    cases = [(2, 1.6), (8, 4.0), (64, 64.0)]
    got = torch.tensor([number(call(answer, n=n, speed_up=s)) for n, s in cases], dtype=torch.float64)
    n, speed_up = torch.tensor(cases, dtype=torch.float64).T
    right = (n / speed_up - 1) / (n - 1)
    mistakes = {
        "That is the efficiency: how long would the serial part alone take?": speed_up / n,
        "That is Amdahl's law itself, with the speed-up in the place of s.": 1 / (speed_up + (1 - speed_up) / n),
        "That is what is lost of the speed-up: it is not shared out evenly.": 1 - speed_up / n,
        "That is the parallel part: s is the other one.": 1 - right,
        "Nearly: that is s - s / n, not yet s.": 1 / speed_up - 1 / n,
        "Nearly: that is s (n - 1), not yet s.": n / speed_up - 1,
        "Divided by n and by n - 1: one of them is enough, look at which.": right / n,
        "A share of the time is not negative: look at the signs.": -right,
        "That would be a speed-up that falls in a straight line: in Amdahl's law times add up.": (n - speed_up)
        / (n - 1),
        "Upside down: it is n / speed_up, which is 1 when nothing is lost.": (speed_up / n - 1) / (n - 1),
    }
    compare("The serial fraction for (n, speed_up) = ", got, right, mistakes, [str(case) for case in cases])
    return "one measurement tells what to expect of a hundred devices, if the law holds."


@partial(exercise, 5)
def job_script(answer: str) -> str:
    """Chapter 4: a job script for 2 nodes with 4 GPUs each, which survives preemption."""
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    if "Ellipsis" in answer or re.search(r"=\.\.\.(\s|$)", answer):
        raise NotDone
    expect(answer.startswith("#!"), "The first line names the shell, with nothing before it: #!/bin/bash.")
    options, commands = _read(answer.replace("\\\n", " ").splitlines()[1:])
    _numbers(options)
    _survival(options)
    trains = [words for words in commands if "helpers.train" in words and words[0] not in ("echo", "printf")]
    expect(trains, "No line of the script trains: that is python -m helpers.train fit.")
    for words in trains:
        _command(words)
    return "eight processes on two nodes, and a job that comes back."


LONG = {"-N": "--nodes", "-n": "--ntasks", "-t": "--time", "-o": "--output", "-c": "--cpus-per-task"}
LONG["--tasks-per-node"] = "--ntasks-per-node"


def _read(lines: list[str]) -> tuple[dict[str, tuple[str, str]], list[list[str]]]:
    """SBATCH options by their long names, each with its value and line; and the commands, as words."""
    options, commands = {}, []
    for line in lines:
        if re.match(r"\s*#+\s*(SBATCH\b|(?i:sbatch)\s+-\S+\s*$)", line):
            expect(line.startswith("#SBATCH"), f"SLURM reads only lines that begin with #SBATCH, as it is: {line}")
            late = f"SLURM stops reading at the first command: this line comes too late, and is ignored: {line}"
            expect(not commands, late)
            words = _words(line.removeprefix("#SBATCH"))
            expect(words, f"This line asks for nothing: {line}")
            expect(words[0].startswith("-"), f"An option begins with two dashes: {line}")
            for name, values in _options(words):
                dashes = f"An option with a long name begins with two dashes: {line}"
                expect(name.startswith("--") or name in LONG or len(name) == 2, dashes)
                expect(len(values) < 2, f"Look at this line: a value is one word, without a space in it.\n{line}")
                options[LONG.get(name, name)] = "".join(values), line
        elif words := _words(line):
            commands.append(words)
    return options, commands


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise Look(f"Look at this line: a quote is opened in it, and not closed.\n{line}") from None


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
        "--gpus-per-node": (r"(\w+:)?4", "a node has 4 GPUs, and each task needs one of its own"),
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
        expect(value == "8", f"Look at this line: 4 tasks on each of 2 nodes are 8.\n{line}")
    for name, (right, why) in wanted.items():
        value, line = _option(options, name, f"=...: {why}.")
        expect(re.fullmatch(right, value), f"Look at this line: {why}.\n{line}")


def _option(options: dict, name: str, why: str) -> tuple[str, str]:
    """The value of an option and its line; where it is missing, perhaps it is only misspelt."""
    meant = difflib.get_close_matches(name, options, 1, cutoff=0.8)
    nearly = f"\nIs this one meant? {options[meant[0]][1]}" if meant else ""
    expect(name in options, f"There is no line #SBATCH {name}{why}{nearly}")
    return options[name]


def _survival(options: dict) -> None:
    value, line = _option(options, "--signal", "=...: the job would be stopped without a warning.")
    shell = "with B: only the shell is warned; the tasks, which have to save, hear nothing."
    expect(not re.match(r"[RB]*B", value.upper()), f"Look at this line: {shell}\n{line}")
    sent = re.fullmatch(r"(?:R:)?(\w+)(?:@(\d+))?", value.upper())
    expect(sent or "USR1" not in value, f"Look at this line: it is written signal@seconds, no more.\n{line}")
    known = sent and sent[1] in ("SIGUSR1", "USR1", "10")
    expect(known, f"Look at this line: the tasks wait for the signal SIGUSR1.\n{line}")
    expect(sent[2] is not None, f"Look at this line: it does not say how early; without @ it is 60 seconds.\n{line}")
    expect(sent[2] == "120", f"Look at this line: the warning is to come 120 seconds early.\n{line}")
    if "--no-requeue" in options:
        raise Look(f"Look at this line: may the job come back, or may it not?\n{options['--no-requeue'][1]}")
    value, line = _option(options, "--requeue", ": without it the job may not come back.")
    expect(not value, f"Look at this line: --requeue is a switch, and takes no value.\n{line}")
    value, line = _option(options, "--open-mode", "=...: on many clusters a log starts empty.")
    known = value.lower() in ("append", "truncate", "a", "t")
    expect(known, f"Look at this line: the mode is append or truncate, as a bare word.\n{line}")
    expect(value.lower()[0] == "a", f"Look at this line: a job that comes back would empty its log.\n{line}")


def _command(words: list[str]) -> None:
    """The command that trains: [srun and its options] python -m helpers.train fit [options]."""
    line = " ".join(words)
    expect(words.count("helpers.train") == 1, f"Look at this line: it names the program twice.\n{line}")
    others = ("torchrun", "torch.distributed.run", "mpirun", "sbatch", "salloc")
    other = next((word for word in others if word in words), None)
    expect(other is None, f"Look at this line: in a SLURM job, tasks are started by srun, not by {other}.\n{line}")
    names = [word.rpartition("/")[2] for word in words]
    missing = "it starts one process on the first node, which waits for seven others: what starts them?"
    expect("srun" in names, f"Look at this line: {missing}\n{line}")
    python = next((n for n, name in enumerate(names) if re.fullmatch(r"python[\d.]*", name)), None)
    expect(python is not None, f"Look at this line: which program does srun start?\n{line}")
    start = next(n for n, word in enumerate(words) if not re.match(r"\w+=|(exec|time)$", word))
    expect(names[start] == "srun", f"Look at this line: srun comes first, and starts what follows it.\n{line}")
    between = _options(words[start + 1 : python])
    for name, values in between:
        strange = next((word for word in [name, *values] if re.fullmatch(r"\W+", word)), None)
        expect(strange is None, f"Look at this line: {strange} parts srun from what it is to start.\n{line}")
        given = {"--nodes": "2", "--ntasks": "8", "--ntasks-per-node": "4"}.get(LONG.get(name, name))
        twice = "srun takes the numbers of the #SBATCH lines: leave them away here."
        expect(
            given is None or not "".join(values).isdigit() or values == [given], f"Look at this line: {twice}\n{line}"
        )
    module = words.index("helpers.train")
    expect(words[module - 1] == "-m", f"Look at this line: a module is started by python -m.\n{line}")
    strange = [word for word in words[python + 1 : module - 1] if word == "-m" or not word.startswith("-")]
    expect(not strange, f"Look at this line: between python and -m helpers.train stands {strange[:1]}.\n{line}")
    expect(words[module + 1 : module + 2] == ["fit"], f"Look at this line: what trains is helpers.train fit.\n{line}")
    twice = re.search(r"--trainer\.(devices|num_nodes)", line)
    expect(not twice, f"Look at this line: SLURM tells the tasks already; what is written twice will differ.\n{line}")
    run = re.search(r"--run[= ](\S+)", line)
    expect(run, f"Look at this line: it does not say where the run lies, by --run.\n{line}")
    local = "that disk is in one node: the other one sees another folder, and a restart may see neither."
    expect(not re.match(r"(/local|/tmp|/dev/shm|\$TMPDIR)", run[1]), f"Look at this line: {local}\n{line}")
    shared = "the folder is to lie on /scratch, which all nodes share."
    expect(run[1].startswith("/scratch/"), f"Look at this line: {shared}\n{line}")


@partial(exercise, 6)
def diagnosis(answer: dict) -> str:
    """Chapter 4: cause and cure of five logs, as in {"A": "1a"}."""
    expect(isinstance(answer, dict), f"The answer is a dict, from A to E: this is {kind(answer)}.")
    answer = {str(letter).upper(): said for letter, said in answer.items()}
    if any(answer.get(letter) is ... for letter in CAUSES):
        raise NotDone
    for letter, cause in CAUSES.items():
        expect(letter in answer, f"Log {letter} has no answer yet.")
        said = str(answer[letter]).replace(" ", "").lower()
        expect(re.fullmatch("[1-6][a-f]", said), f"For {letter} write a number and a letter, as in 1a.")
        if letter == "A" and said[0] == "4":
            raise Look("A was stopped when its time was up. But how far had it come: what did it wait for?")
        if letter == "E" and said[0] == "3":
            raise Look("In E both processes were there, and then one was not: what does SLURM say about its node?")
        expect(said[0] == cause, LOGS[letter])
        helps = f"The cause of {letter} is right. Would that cure help? It leaves the cause as it is."
        expect(said[1] == CURES[cause], helps)
    return "five logs read. Look for the first line that is not as in a log of a job that went well."
