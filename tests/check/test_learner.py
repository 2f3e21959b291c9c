"""Exercises as a learner fills them in: lines in place of the raise line, or the dots, of the learner's copy.

Each answer here was tried by hand on a first reading. The wrong ones once were accepted, or got a sentence that did not
help.
"""

import linecache
import math
from importlib import import_module

import nbformat
import pytest
import torch

from helpers.check import chapter_4
from helpers.model import SpikingConvNet
from tests import ROOT

NOTEBOOKS = ROOT / "notebooks"
RAISE = 'raise NotImplementedError("replace this line")'


def fill(chapter: str, function: str, lines: str, capsys, **names) -> str:
    """What the exercise's check prints once the starter's raise line is replaced by these lines."""
    cells = [cell.source for cell in nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4).cells]
    starter = next(cell for cell in cells if f"def {function}(" in cell and RAISE in cell)
    indent = next(line for line in starter.splitlines() if RAISE in line).removesuffix(RAISE)
    source = starter.replace(indent + RAISE, "\n".join(indent + line for line in lines.splitlines()))
    linecache.cache["answer"] = len(source), None, source.splitlines(True), "answer"  # for messages that quote a line
    space = {
        "torch": torch,
        "math": math,
        "check": import_module(f"helpers.check.chapter_{int(chapter[:2])}"),
        "SpikingConvNet": SpikingConvNet,
        **names,
    }
    exec(compile(source, "answer", "exec"), space)
    exec(next(cell for cell in cells[cells.index(starter) :] if cell.startswith("check.")), space)
    return capsys.readouterr().out


LIF = """\
i = i + x
v = v + dt * tau_mem_inv * ((v_leak - v) + i)
z = (v > v_th).to(v.dtype)
v = torch.where(z > 0, torch.full_like(v, v_reset), v)
i = i - dt * tau_syn_inv * i"""
AFTER_CHECK = "if x <= 1:\n    return math.inf\n"
FIRST = "first, state = net(spikes[:half], return_state=True)\n"
LOSS = "loss = F.cross_entropy(logits, labels)"
LOGITS = "logits = self.net(images).amax(dim=0)\n"

RIGHT = [
    ("01_build", "lif_step", LIF),
    ("01_build", "steps_to_spike", AFTER_CHECK + "return math.floor(math.log(1 - 1 / x, 0.9)) + 1"),
    ("01_build", "backward", "gradient_of_u = gradient_of_z * 1 / (ctx.alpha * abs(u) + 1) ** 2"),
    ("01_build", "poisson", "return torch.stack([torch.bernoulli(p) for _ in range(seq_length)])"),
    (
        "01_build",
        "two_halves",
        FIRST + "second, _ = net(spikes[half:], state, return_state=True)\nreturn torch.cat((first, second))",
    ),
    ("01_build", "training_step", f"logits, _ = self.net(images).max(dim=0)\n{LOSS}"),
    ("02_train", "normalise", "x = pixels / 255\nreturn x.sub(0.1307).div(0.3081)"),
    ("02_train", "decode", "return {'max': v.max(dim=0).values, 'mean': v.mean(dim=0), 'last': v[-1]}[how]"),
    ("02_train", "spike_rate", "return z.sum(dim=0).mean() / (len(z) * dt)"),
    ("02_train", "speed_up_limit", "rest = 1 - share\nreturn 1 / rest"),
    ("04_cluster", "average", "return {n: sum(own[n] for own in gradients) / len(gradients) for n in gradients[0]}"),
    ("04_cluster", "plan", "n = batch_size * devices\nreturn [n, int(images / n), learning_rate * devices]"),
    ("04_cluster", "efficiency", "return {n: (rates[n] / rates[1]) / n for n in rates}"),
    ("04_cluster", "serial_fraction", "return (1 / speed_up - 1 / n) / (1 - 1 / n)"),
]

WRONG = [
    ("01_build", "lif_step", LIF.replace("((v_leak - v) + i)", "(v_leak - v) + i"), "inside the large brackets"),
    ("01_build", "lif_step", LIF.replace("+ i)", "+ i + x)"), "counts it twice"),
    ("01_build", "lif_step", LIF.replace("v = v + dt", "v = dt"), "the change of v alone"),
    ("01_build", "lif_step", LIF.replace("i = i - dt", "i = dt"), "what i loses in a step"),
    ("01_build", "lif_step", LIF.replace("i = i - dt", "i = -dt"), "the change of i alone"),
    ("01_build", "lif_step", LIF.replace("(v > v_th).to(v.dtype)", "v > v_th"), "by .to(torch.float32)"),
    ("01_build", "steps_to_spike", AFTER_CHECK + "return int(math.log(0.9) / math.log(1 - 1 / x)) + 1", "Upside down"),
    (
        "01_build",
        "steps_to_spike",
        AFTER_CHECK + "return int(math.log(1 / x, 0.9)) + 1",
        "what is left of the distance",
    ),
    ("01_build", "backward", "gradient_of_u = gradient_of_z / (alpha * u.abs() + 1) ** 2", "here it is ctx.alpha"),
    (
        "01_build",
        "backward",
        "gradient_of_u = gradient_of_z / (ctx.alpha * (u.abs() + 1)) ** 2",
        "look at the brackets",
    ),
    ("01_build", "backward", "gradient_of_u = gradient_of_z + 1 / (ctx.alpha * u.abs() + 1) ** 2", "yours adds"),
    ("01_build", "backward", "gradient_of_u = gradient_of_z * (u > 0)", "a slope on both sides"),
    (
        "01_build",
        "backward",
        "gradient_of_u = 3 * gradient_of_z",
        "for u = -2, alpha = 1, gradient_of_z = 1: yours is 3",
    ),
    ("01_build", "poisson", "return (torch.rand(seq_length, p.shape) < p).float()", "needs a star"),
    ("01_build", "two_halves", "first, state = net(spikes[:half])", "a pair with return_state=True"),
    ("01_build", "two_halves", FIRST + "return torch.cat(first, net(spikes[half:], state))", "takes one list"),
    ("01_build", "two_halves", FIRST + "return net(spikes[half:], state=first)", "the second thing that net returns"),
    (
        "01_build",
        "training_step",
        LOGITS + "loss = F.cross_entropy(logits.argmax(dim=1), labels)",
        "argmax has no slope",
    ),
    ("01_build", "training_step", LOGITS + "loss = F.cross_entropy(logits, F.one_hot(labels))", "labels as they are"),
    ("01_build", "training_step", LOGITS + "loss = F.nll_loss(logits, labels)", "logarithms of probabilities"),
    (
        "01_build",
        "training_step",
        LOGITS + "loss = (logits.argmax(1) != labels).float().mean()",
        "share of wrong answers",
    ),
    ("01_build", "training_step", f"logits = self.net(images).amax()\n{LOSS}", "which axis of v is time?"),
    ("02_train", "normalise", "return (pixels / 255 - 0.3081) / 0.1307", "the other way round"),
    ("02_train", "normalise", "return (pixels / 256 - 0.1307) / 0.3081", "The brightest byte is 255"),
    ("02_train", "normalise", "return (pixels // 255 - 0.1307) / 0.3081", "yours are rounded down"),
    ("02_train", "normalise", "pixels /= 255\nreturn (pixels - 0.1307) / 0.3081", "make a new tensor"),
    ("02_train", "normalise", "return pixels / 0.3081", "for pixels = "),
    ("02_train", "decode", "return v.argmax(dim=0)", "the logit is the voltage itself"),
    ("02_train", "decode", "if how == 'mean':\n    return v.mean(dim=0)", "returns None for how = 'max'"),
    ("02_train", "spike_rate", "return dt / z.mean()", "from one spike to the next"),
    ("04_cluster", "average", "return sum(gradients) / len(gradients)", "one name at a time"),
    ("04_cluster", "average", "return {n: g / 2 for n, g in gradients.items()}", "one name at a time"),
    ("04_cluster", "average", "return torch.stack(gradients).mean(dim=0)", "one name at a time"),
    (
        "04_cluster",
        "average",
        "return {n: (gradients[0][n] + gradients[1][n]) / 2 for n in gradients[0]}",
        "Yours takes two processes",
    ),
    (
        "04_cluster",
        "average",
        "for own in gradients:\n    mean = {n: g / len(gradients) for n, g in own.items()}\nreturn mean",
        "add up first",
    ),
    (
        "04_cluster",
        "average",
        "return {n: torch.mean([own[n] for own in gradients]) for n in gradients[0]}",
        "torch.stack makes one tensor",
    ),
    (
        "04_cluster",
        "average",
        "return {n: torch.stack([own[n] for own in gradients]).mean(dim=1) for n in gradients[0]}",
        "yours is over the second",
    ),
    (
        "04_cluster",
        "plan",
        "n = devices * batch_size\nreturn n, round(images / n), devices * learning_rate",
        "yours rounds to the nearest",
    ),
    (
        "04_cluster",
        "plan",
        "return devices * batch_size, images // devices * batch_size, devices * learning_rate",
        "look at the brackets",
    ),
    (
        "04_cluster",
        "plan",
        "n = devices * batch_size\nreturn images // n, n, devices * learning_rate",
        "in a step come first",
    ),
    ("04_cluster", "efficiency", "return {n: rate / rates[1] / n for n, rate in rates}", "pairs come from .items()"),
    ("04_cluster", "efficiency", "return {n: rates[1] / rates[n] / n for n in rates}", "speed-up is upside down"),
    (
        "04_cluster",
        "efficiency",
        "for n in rates:\n    rates[n] = rates[n] / rates[1] / n\nreturn rates",
        "does rates[1] change before",
    ),
    ("04_cluster", "serial_fraction", "return n / speed_up - 1", "s (n - 1), not yet s"),
    ("04_cluster", "serial_fraction", "return (1 / speed_up - 1 / n) / (n - 1)", "one of them is enough"),
    ("04_cluster", "serial_fraction", "return (n / speed_up - 1) / (1 - n)", "look at the signs"),
    ("04_cluster", "serial_fraction", "return (n - speed_up) / (n - 1)", "times add up"),
]


@pytest.mark.parametrize("chapter, function, lines", RIGHT, ids=[function for _, function, _ in RIGHT])
def test_what_is_right_is_called_so(chapter, function, lines, capsys):
    assert fill(chapter, function, lines, capsys).startswith("Right: ")


@pytest.mark.parametrize("chapter, function, lines, sentence", WRONG, ids=[f"{row[1]}-{row[3]}" for row in WRONG])
def test_a_mistake_gets_a_sentence_that_helps(chapter, function, lines, sentence, capsys):
    printed = fill(chapter, function, lines, capsys)
    assert sentence in printed and not printed.startswith("Right: ")


SCRIPT = """#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --signal=SIGUSR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID
"""


@pytest.mark.parametrize(
    "right, wrong, sentence",
    [
        ("SIGUSR1@120", "SIGUSR1@2:00", "it is written signal@seconds"),
        ("SIGUSR1@120", "tasks:SIGUSR1@120", "it is written signal@seconds"),
        ("append", "--append", "as a bare word"),
        ("srun python", "srun python -m helpers.train fit", "names the program twice"),
    ],
)
def test_a_job_script_is_read_as_slurm_reads_it(right, wrong, sentence, capsys):
    chapter_4.job_script(SCRIPT)
    assert capsys.readouterr().out.startswith("Right: ")
    chapter_4.job_script(SCRIPT.replace(right, wrong))
    assert sentence in capsys.readouterr().out


def test_logs_may_be_named_in_small_letters(capsys):
    chapter_4.diagnosis({"a": "3b", "b": "5d", "c": "1e", "d": "6a", "e": "2f"})
    assert capsys.readouterr().out.startswith("Right: ")
