"""The checks of chapter 4. What an answer takes and gives stands in the starter of its exercise.

Where an answer is not right, a check gives back the course's own, so that the rest goes on.
"""

import re
from collections.abc import Callable
from copy import deepcopy

import torch

from helpers.check.judge import Look, NotDone, call, exercise, expect, kind
from helpers.check.values import compare, number, numbers

CAUSES = {"A": "3", "B": "5", "C": "1", "D": "6", "E": "2"}
CURES = {"1": "e", "2": "f", "3": "b", "4": "c", "5": "d", "6": "a"}
LOGS = {  # what to look at in each
    "A": "In A two processes are expected: how many came, and what did that one do until the end?",
    "B": "B names two numbers that should be equal: who was told which?",
    "C": "C says what could not listen, and that an address was already in use.",
    "D": "D says what one process asked for and did not get: look for the number of bytes.",
    "E": "In E no program made a mistake: what does SLURM say about one of the machines?",
}
STARTERS = r"torchrun|torch\.distributed\.run|mpirun|mpiexec|accelerate|deepspeed|sbatch|salloc"
NUMBERS = r".* (?!-n ?8|--ntasks=8)(-[nNG]|--(nodes|ntasks|gpus|gres))"
BLANKS = [  # of the job script: where each stands, what is wrong there (a pattern from its beginning on), and why
    ("--nodes", r"(?!2(-2)?$)", "the job is to have 2 nodes."),
    ("--ntasks-per-node", r"(?!4$)", "one task for each device, and a node has 4."),
    ("--gpus-per-node", r"(?!([\w-]+:)?4(,|$))|gpu:", "a node has 4 GPUs, and each task needs one of its own."),
    ("--signal", r"(?!.*USR1|(R:)?10\b)", "the tasks wait for the signal SIGUSR1."),
    ("--signal", r"R?BR?:", "with B: only the shell is warned; the tasks, which have to save, hear nothing."),
    ("--signal", r"(R:)?\w+$", "it does not say how early; without @ it is 60 seconds."),
    ("--signal", r"(?!(R:)?\w+@\d+$)", "it is written signal@seconds, no more."),
    ("--signal", r"(?!.*@120$)", "the warning is to come 120 seconds early."),
    ("--requeue", r".", "without it the job may not come back; it is a switch, and takes no value."),
    ("--open-mode", r"t(runcate)?$", "a job that comes back would empty its log."),
    ("--open-mode", r"(?!a(ppend)?$)", "the mode is append or truncate, as a bare word."),
    ("srun", r".*helpers\.train", "it names the program twice."),
    ("srun", rf".*\b({STARTERS})\b", "in a SLURM job, tasks are started by srun, not by {}."),
    ("srun", r"(?!.*srun)", "it starts one process on the first node, which waits for seven others: what starts them?"),
    ("srun", r".*\bpython.* srun", "srun comes first, and starts what follows it."),
    ("srun", NUMBERS, "srun takes the numbers of the #SBATCH lines: leave them out here."),
    ("srun", r".*\bpython\S* (-m|[^-]\S*)", "between python and its -m stands {}."),
    ("srun", r"(?!.*\bsrun .*\bpython)", "which program does srun start?"),
    ("folder", r"/(local|tmp|dev/shm)\b|\$TMPDIR", "that disk is in one node: the other one sees another folder."),
    ("folder", r"(?!/scratch/)", "the folder is to lie on /scratch, which all nodes share."),
]


def _average(gradients):
    return {name: torch.stack([own[name] for own in gradients]).mean(dim=0) for name in gradients[0]}


@exercise("Average the gradients", ours=_average)
def average(answer: Callable) -> str:
    shapes = {"conv.weight": (3, 2, 4), "out.weight": (5,)}
    for processes in (3, 2):
        given = [{name: torch.randn(shape) for name, shape in shapes.items()} for _ in range(processes)]
        copies = deepcopy(given)
        got = call(answer, gradients=copies)
        changed = "Your function changes the gradients in place, as += does: the processes may still need the old ones."
        expect(repr(copies) == repr(given), changed)  # dicts of tensors cannot be compared by ==
        expect(isinstance(got, dict), f"The result is one dict, from names to gradients: yours is {kind(got)}.")
        names = f"The names should be {', '.join(shapes)}: yours are {', '.join(map(str, got))}."
        expect(set(got) == set(shapes), names)
        right = _average(given)
        for name in shapes:
            all_of_it = torch.stack([own[name] for own in given])
            mistakes = {
                "Yours is the sum: with more processes the step would get longer.": all_of_it.sum(0),
                "Yours is half the sum: there may be more than two processes.": all_of_it.sum(0) / 2,
                "Yours is a third of the sum: there may be more than three processes, or fewer.": all_of_it.sum(0) / 3,
                "Yours takes two processes: there may be more.": all_of_it[:2].mean(0),
                "Yours is the gradient of the first process alone.": all_of_it[0],
                "Yours is the gradient of the last process alone.": all_of_it[-1],
                "Yours has the last process alone, divided by their number: add up first.": all_of_it[-1] / processes,
                "The mean is over the processes: yours is over the weights too.": all_of_it.mean(),
                "The mean is over the processes: yours is over the weights.": all_of_it.flatten(1).mean(1),
                "The mean is over the processes, the first axis: yours is over the second.": all_of_it.mean(1),
                "The gradients of all processes are still there, side by side: take their mean.": all_of_it,
            }
            compare(f"The mean of {name}", got[name], right[name], mistakes)
    return "that is all that data parallelism computes, whatever the network."


def _plan(devices, images=8250, batch_size=64, learning_rate=1e-2):
    return devices * batch_size, images // (devices * batch_size), devices * learning_rate


@exercise("What changes with the devices", ours=_plan)
def plan(answer: Callable) -> str:
    cases = [(3, 1100, 64, 0.01), (8, 8400, 32, 0.002), (1, 500, 50, 0.1), (2, 1050, 100, 0.01)]

    def three(result):
        several = isinstance(result, tuple | list) or getattr(result, "ndim", 0) == 1
        expect(several, f"Return three numbers, with commas between them: yours is {kind(result)}.")
        expect(len(result) == 3, f"Return three numbers: yours are {len(result)}.")
        return [number(value, "Each of the three") for value in result]

    got, (devices, images, batch, rate) = numbers(answer, "devices images batch_size learning_rate", cases, read=three)
    images_in_step, steps, rates = got.T
    step, steps_in_epoch, scaled = _plan(devices, images, batch, rate)
    mistakes = {
        "That is the batch of one device: all of them take a step together.": batch,
        "Each device takes the whole batch_size: it is not shared out.": (batch / devices).floor(),
        "The images of all devices in a step come first, then the steps in an epoch.": steps_in_epoch,
    }
    compare("The images in a step for ", images_in_step, step, mistakes, cases)
    mistakes = {
        "More images in a step are fewer steps: yours are as with one device.": (images / batch).floor(),
        "Steps are whole, and what does not fill a batch is left out: round down.": images / step,
        "What does not fill a batch is left out: yours counts it as a step.": (images / step).ceil(),
        "What does not fill a batch is left out: yours rounds to the nearest.": (images / step).round(),
        "More devices need fewer steps: yours need more.": (images / batch).floor() * devices,
        "Divide by all images of a step: look at the brackets.": (images / devices).floor() * batch,
    }
    compare("The steps in an epoch for ", steps, steps_in_epoch, mistakes, cases)
    mistakes = {
        "By the linear rule it grows with the devices: yours stays.": rate,
        "By the linear rule it grows with the devices: yours shrinks.": rate / devices,
        "The rule is linear: yours grows with the square root.": rate * devices.sqrt(),
        "The rule multiplies by the devices, not by the images of a step.": rate * step,
    }
    compare("The learning rate for ", rates, scaled, mistakes, cases)
    return "fewer and longer steps. Whether the network likes them is a question for an experiment."


def _efficiency(rates):
    return {n: rate / rates[1] / n for n, rate in rates.items()}


@exercise("Efficiency", ours=_efficiency)
def efficiency(answer: Callable) -> str:
    for rates in ({1: 120.0, 2: 228.0, 8: 600.0}, {4: 220.0, 1: 50.0, 16: 40.0}):
        given = dict(rates)
        got = call(answer, rates=given)
        expect(given == rates or got is given, "Your function changes rates: its caller may still need it.")
        expect(isinstance(got, dict), f"The result is a dict, like rates: yours is {kind(got)}.")
        expect(set(got) == set(rates), "The result should have the same numbers of processes as rates.")
        n, rate = torch.tensor([*rates.items()], dtype=torch.float64).T
        values = torch.tensor([number(got[key], "Each efficiency") for key in rates], dtype=torch.float64)
        right = torch.tensor([*_efficiency(rates).values()], dtype=torch.float64)
        one, changed = rates[1], torch.where(n == 1, 1, rate / n)
        mistakes = {
            "That is the speed-up: what share is it of the ideal one?": rate / one,
            "That is images per second of one process: compare it with the rate of one alone.": rate / n,
            "That is percent: an efficiency is a number up to about 1.": 100 * right,
            "The speed-up grows when things get better: yours falls.": one / rate,
            "The speed-up is upside down: the rate of one process stands below.": one / rate / n,
            "The rate of one process is 1 in yours: does rates[1] change before the others are divided?": changed,
            "Yours is upside down: less than the ideal should give less than 1.": 1 / right,
            "Yours multiplies by the number of processes.": rate / one * n,
            "Compare with the rate of one process, rates[1]: yours takes the first of the dict.": rate / rate[0] / n,
            "Compare with the rate of one process, rates[1]: yours takes the lowest.": rate / rate.min() / n,
        }
        compare("The efficiency for n = ", values, right, mistakes, [*rates])
        expect(got is not given, "The values are right, but your function changes rates: make a new dict.")
    return "the share of what we pay for that we get. It holds for strong and for weak scaling."


_JOB_SCRIPT = """#!/bin/bash
#SBATCH --job-name=snn
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#SBATCH --signal=SIGUSR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log

export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID "$@"
"""


@exercise("A job script", ours=_JOB_SCRIPT)
def job_script(answer: str) -> str:
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    if "Ellipsis" in answer or "=..." in answer:
        raise NotDone
    filled = {}  # the value in each blank, and its line
    for line in answer.replace("\\\n", " ").splitlines():
        text = re.sub(r"\s+#.*", "", line)
        if text.startswith("#SBATCH "):
            text = re.sub(r"-N ?(?=\d)", "--nodes=", text).replace("--gres=gpu:", "--gpus-per-node=")
            for option in re.split(r"\s+(?=-)", text)[1:]:
                name, _, value = option.replace("=", " ", 1).partition(" ")
                filled[name] = value.strip(), line
        elif command := re.match(r"(.*) -m helpers\.train fit\b.* --run[= ]\W*?(/?\w\S*)", text):
            filled |= {"srun": (command[1], line), "folder": (command[2], line)}
    expect("srun" in filled, "No line of the script trains: that is python -m helpers.train fit.")
    for blank, mistake, why in BLANKS:
        expect(blank in filled, f"There is no line #SBATCH {blank}: {why}")
        value, line = filled[blank]
        if wrong := re.match(mistake, value, re.IGNORECASE):
            raise Look(f"Look at this line: {why.format(*wrong.groups())}\n{line}")
    return "eight processes on two nodes, and a job that comes back."


@exercise("Cause and cure")
def diagnosis(answer: dict) -> str:
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
        expect(said != "5b", "Look at the beginning of each line of B: srun is there already.")
        expect(said[1] == CURES[cause], helps)
    return "five logs read. Look for the first line that is not as in a log of a job that went well."


def _serial_fraction(n, speed_up):
    return (n / speed_up - 1) / (n - 1)


@exercise("The serial fraction", ours=_serial_fraction)
def serial_fraction(answer: Callable) -> str:
    cases = [(2, 1.6), (8, 4.0), (64, 64.0)]
    got, (n, speed_up) = numbers(answer, "n speed_up", cases)
    right, line = _serial_fraction(n, speed_up), (n - speed_up) / (n - 1)
    mistakes = {
        "That is the efficiency: how long would the serial part alone take?": speed_up / n,
        "That is Amdahl's law itself, with the speed-up in the place of s.": 1 / (speed_up + (1 - speed_up) / n),
        "That is what is lost of the speed-up: it is not shared out evenly.": 1 - speed_up / n,
        "That is the parallel part: s is the other one.": 1 - right,
        "That is 1 / speed_up, the share of the time that is left: how much of it is serial?": 1 / speed_up,
        "Nearly: that is s - s / n, not yet s.": 1 / speed_up - 1 / n,
        "The speed-up is the inverse of the time: multiplied by n, 1 / speed_up is n / speed_up.": (n * speed_up - 1)
        / (n - 1),
        "Nearly: that is s (n - 1), not yet s.": n / speed_up - 1,
        "Divided by n and by n - 1: one of them is enough, look at which.": right / n,
        "A share of the time is not negative: look at the signs.": -right,
        "That would be a speed-up that falls in a straight line: in Amdahl's law times add up.": line,
        "Upside down: it is n / speed_up, which is 1 when nothing is lost.": (speed_up / n - 1) / (n - 1),
    }
    compare("The serial fraction for (n, speed_up) = ", got, right, mistakes, cases)
    return "one measurement tells what to expect of a hundred devices, if the law holds."
