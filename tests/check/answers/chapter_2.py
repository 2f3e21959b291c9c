"""Answers to the exercises of chapter 2."""

import sys
from pathlib import Path

import torch

from helpers.check import chapter_2 as check
from helpers.digits import PIXELS
from tests.check.answers import changed

EXERCISES = ["normalise", "decode", "spike_rate", "resume_command", "speed_up_limit"]


MEAN, STD = PIXELS["MNIST"]
FIT = "python -m helpers.train fit"


def decoded(v, how, axis=0, **changed):
    usual = {"max": lambda v: v.max(axis).values, "mean": lambda v: v.mean(axis), "last": lambda v: v.select(axis, -1)}
    return (usual | changed)[how](v)


def decode_in_place(v, how):
    v -= v.mean()
    return decoded(v, how)


RIGHT = [
    (check.normalise, lambda images: (images / 255 - MEAN) / STD),
    (check.normalise, lambda images: images.float().div(255 * STD) - MEAN / STD),
    (check.decode, decoded),
    (check.decode, changed(decoded, mean=lambda v: v.sum(0) / len(v), last=lambda v: v[len(v) - 1])),
    (check.spike_rate, lambda z, dt: z.mean() / dt),
    (check.spike_rate, lambda z, dt: z.sum().item() / (z.numel() * dt)),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume"),
    (check.resume_command, "!python -m helpers.train fit --resume --run=runs/killed/"),
    (check.resume_command, "$ python3.12  -m helpers.train fit --resume --run ./runs/killed  # goes on"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume > log 2>&1 && echo done"),
    (check.resume_command, f"python -m helpers.train fit --run '{Path('runs/killed').resolve()}' --resume"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume --data.source=embedded"),
    (check.resume_command, [sys.executable, "-m", "helpers.train", "fit", "--run=runs/killed", "--resume"]),
    (check.speed_up_limit, lambda share: 1 / (1 - share)),
    (check.speed_up_limit, lambda share: torch.tensor(1 - share) ** -1),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume 2>&1 | tee log; echo done"),
    (check.resume_command, "cd . && python -m helpers.train fit \\\n  --run runs/killed --resume >>log"),
    (check.resume_command, "python -m helpers.train fit --run=runs/killed --resume --last.every_n_train_steps=10"),
]

WRONG = [
    (check.normalise, lambda images: (images.float() - MEAN) / STD, "yours are 0 to 255"),
    (check.normalise, lambda images: images / 255 - MEAN, "yours stays as it was"),
    (check.normalise, lambda images: (images / 255 - MEAN) * STD, "yours gets smaller still"),
    (check.normalise, lambda images: images / 255 / STD, "The mean should become 0"),
    (check.normalise, lambda images: (images - MEAN) / 255 / STD, "look at the order"),
    (check.normalise, lambda images: images / 255 - MEAN / STD, "look at the brackets"),
    (check.normalise, lambda images: torch.nn.functional.normalize(images / 255), "The result[0, 0, 0, 0] should be"),
    (
        check.normalise,
        lambda images: (images / 255 - (images / 255).mean()) / (images / 255).std(),
        "changes with the batch",
    ),
    (
        check.normalise,
        lambda images: ((images / 255 - MEAN) / STD).flatten(1),
        "shaped (3, 1, 28, 28) here: yours is (3, 784)",
    ),
    (
        check.normalise,
        lambda images: (images.double() / 255 - MEAN) / STD,
        "type torch.float32: yours are torch.float64",
    ),
    (check.normalise, lambda images: (images / images.max() - MEAN) / STD, "should be"),
    (check.decode, changed(decoded, max=lambda v: v.relu().amax(0)), "The result for max"),
    (check.decode, changed(decoded, max=lambda v: v[1:].amax(0)), "The result for max"),
    (check.resume_command, "python -m helpers.train fit\n--run runs/killed --resume", "would start anew"),
    (check.resume_command, "python -m helpers.train fit --run runs/killed --resume --model.n_hidden=9", "stays so"),
    (check.decode, changed(decoded, axis=1), "For max, yours goes over the batch"),
    (check.decode, changed(decoded, axis=2), "For max, yours goes over the classes"),
    (check.decode, changed(decoded, max=lambda v: v.max(0)), "Yours is a pair"),
    (check.decode, changed(decoded, max=lambda v: v.abs().amax(0)), "whatever its sign"),
    (check.decode, changed(decoded, mean=lambda v: v.sum(0)), "For mean, yours is a sum"),
    (check.decode, changed(decoded, mean=lambda v: v.amax(0)), "For mean, yours gives the max"),
    (check.decode, changed(decoded, last=lambda v: v[0]), "the voltage of the first step"),
    (check.decode, changed(decoded, last=lambda v: v[:, -1]), "For last, yours goes over the batch"),
    (check.decode, changed(decoded, last=lambda v: v[-1].detach()), "no gradient gets through"),
    (check.decode, decode_in_place, "changes v in place"),
    (check.spike_rate, lambda z, dt: z.mean(), "That is spikes per step"),
    (check.spike_rate, lambda z, dt: z.sum(), "That is the number of all spikes"),
    (check.spike_rate, lambda z, dt: z.mean() * dt, "yours is higher"),
    (check.spike_rate, lambda z, dt: z.mean() * 1000, "it should depend on dt"),
    (check.spike_rate, lambda z, dt: z.mean(0) / dt, "should be one number: yours is a tensor shaped (3, 2, 5)"),
    (check.spike_rate, lambda z, dt: z.sum() / (len(z) * dt), "the rate of all neurons together"),
    (check.spike_rate, lambda z, dt: z.mean() / (len(z) * dt), "is it divided by that twice?"),
    (check.spike_rate, lambda z, dt: z.sum() / dt, "of how many neurons, and in how many steps?"),
    (check.resume_command, f"{FIT} --run runs/killed", "would start anew"),
    (check.resume_command, f"{FIT} --resume", "goes on with the newest run"),
    (check.resume_command, f"{FIT} --run runs/killed --ckpt_path best.ckpt", "one moment"),
    (check.resume_command, f"{FIT} -run runs/killed -resume", "begin with two dashes: yours is -run"),
    (check.resume_command, f"{FIT} --run runs/killed —resume", "begin with two dashes: yours is —resume"),
    (check.resume_command, f"{FIT} --run runs/killed -- resume", "without a blank"),
    (check.resume_command, f"{FIT} --run runs/killed --Resume", "--Resume is no option"),
    (check.resume_command, f"{FIT} --run runs/killed resume", "--run takes one value: yours has 2"),
    (check.resume_command, f"{FIT} --resume --run", "--run takes one value: yours has 0"),
    (check.resume_command, f"{FIT} --run runs/killed --resume --trainer.max_epochs", "yours has 0"),
    (check.resume_command, f"{FIT} --run 'runs/killed --resume'", "yours says runs/killed --resume."),
    (check.resume_command, f"{FIT} --run runs/killed --resume True", "takes no value"),
    (check.resume_command, f"{FIT} --resume --run runs/killed/last.ckpt", "yours says runs/killed/last.ckpt"),
    (check.resume_command, f"{FIT} runs/killed --resume", "runs/killed belongs to no option"),
    (check.resume_command, f"{FIT} --resume --run 'runs/killed", "a quote that is never closed"),
    (check.resume_command, ["fit", "--resume=runs/killed", "--run=runs/killed"], "takes no value"),
    (check.resume_command, "fit --run runs/killed --resume", "python -m helpers.train: yours by nothing"),
    (check.resume_command, f"pyhton{FIT[6:]} --run runs/killed --resume", "yours by pyhton -m helpers.train"),
    (check.resume_command, f"echo {FIT} --run runs/killed --resume", "yours by echo python"),
    (check.resume_command, "python helpers/train.py fit --run runs/killed --resume", "python -m helpers.train:"),
    (check.resume_command, "python -m helpers.train test --run runs/killed --resume", "Which subcommand trains?"),
    (check.resume_command, "python -m helpers.train --resume --run runs/killed fit", "The subcommand comes first"),
    (check.speed_up_limit, lambda share: 1 / share, "yours promises less"),
    (check.speed_up_limit, lambda share: share, "That is the share itself"),
    (check.speed_up_limit, lambda share: 1 - share, "That is the time that is left"),
    (check.speed_up_limit, lambda share: 1 + share, "more than twice as fast"),
    (check.speed_up_limit, lambda share: 1 / (1 - share / 100), "yours takes it for percent"),
    (check.speed_up_limit, lambda share: share / (1 - share), "yours counts from 0"),
    (check.speed_up_limit, lambda share: 100 / (1 - share), "That is in percent"),
    (check.speed_up_limit, lambda share: 2.0, "the same number for every share"),
    (check.speed_up_limit, lambda share: 2 / (1 - share), "speed_up_limit(0.75) should be 4: yours is 8."),
]

NOT_DONE = {"resume_command": [..., "...", ["python", ...]]}
