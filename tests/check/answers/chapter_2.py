"""Answers to the exercises of chapter 2."""

import sys
from pathlib import Path

import torch

from helpers.check import chapter_2 as check
from tests.check.answers import edited

normalised = edited("return (pixels / 255 - 0.1307) / 0.3081")
decode = edited("return {'max': v.amax(0), 'mean': v.mean(0), 'last': v[-1]}[how]")
FIT = "python -m helpers.train fit"
RESUME = f"{FIT} --run runs/killed --resume"


RIGHT = {
    check.normalise: [
        *(normalised(), "x = pixels / 255\nreturn x.sub(0.1307).div(0.3081)"),
        "return pixels.float().div(255 * 0.3081) - 0.1307 / 0.3081",
    ],
    check.decode: [
        *(
            decode(),
            decode("v.amax(0)", "v.max(dim=0).values"),
            decode("v.mean(0)", "v.sum(0) / len(v)"),
        ),
    ],
    check.spike_rate: [
        *("return z.mean() / dt", "return z.sum().item() / (z.numel() * dt)"),
        "return z.sum(dim=0).mean() / (len(z) * dt)",
    ],
    check.resume_command: [
        RESUME,
        "!python -m helpers.train fit --resume --run=runs/killed/",
        "$ python3.12  -m helpers.train fit --resume --run ./runs/killed  # goes on",
        f"{RESUME} > log 2>&1 && echo done",
        f"{RESUME} 2>&1 | tee log; echo done",
        "cd . && python -m helpers.train fit \\\n  --run runs/killed --resume >>log",
        f"{FIT} --run '{Path('runs/killed').resolve()}' --resume",
        f"{RESUME} --data.source=embedded --trainer.max_epochs 2",
        f"{RESUME} --last.every_n_train_steps=10",
        f"{FIT} --run runs/killed --config short.yaml --resume",
        f"{sys.executable} -m helpers.train fit --run=runs/killed --resume",
        f"cd {Path.cwd()}; {RESUME}",
    ],
    check.speed_up_limit: [
        *("return 1 / (1 - share)", "rest = 1 - share\nreturn 1 / rest"),
        lambda share: torch.tensor(1 - share) ** -1,
    ],
}

WRONG = {
    check.normalise: {
        "divide them by 255": "from torchvision.transforms import Normalize\nreturn Normalize(0.13, 0.31)(pixels)",
        "yours are 0 to 255": normalised(" / 255"),
        "x.to(torch.float32) converts it": "return pixels.astype(float) / 255",
        "yours stays as it was": normalised(" / 0.3081"),
        "yours gets smaller still": normalised("/ 0.3081", "* 0.3081"),
        "The mean should become 0": normalised(" - 0.1307"),
        "before you divide by the deviation": "return pixels / 255 / 0.3081 - 0.1307",
        "look at the order": "return (pixels - 0.1307) / 255 / 0.3081",
        "look at the brackets": "return pixels / 255 - 0.1307 / 0.3081",
        "The result[0, 0, 0, 0] should be": "return torch.nn.functional.normalize(pixels / 255)",
        "changes with the batch": "x = pixels / 255\nreturn (x - x.mean()) / x.std()",
        "shaped (3, 1, 28, 28) here: yours is (3, 784)": "return pixels.flatten(1) / 255",
        "type torch.float32: yours are torch.float64": normalised("pixels", "pixels.double()"),
        "should be": normalised("255", "pixels.max()"),
        "the other way round": "return (pixels / 255 - 0.3081) / 0.1307",
        "The brightest byte is 255": normalised("255", "256"),
        "yours are rounded down": normalised("/ 255", "// 255"),
        "make a new tensor": "pixels /= 255\nreturn (pixels - 0.1307) / 0.3081",
        "for pixels = ": "return pixels / 0.3081",
    },
    check.decode: {
        "The result for max": decode("v.amax", "v.relu().amax"),
        "should be": decode("v.amax", "v[1:].amax"),
        "For max, yours goes over the batch": decode("(0)", "(1)"),
        "For max, yours goes over the classes": decode("(0)", "(2)"),
        "Yours is a pair": decode("amax", "max"),
        "whatever its sign": decode("v.amax", "v.abs().amax"),
        "For mean, yours is a sum": decode("v.mean", "v.sum"),
        "For mean, yours gives the max": decode("v.mean", "v.amax"),
        "the voltage of the first step": decode("-1", "0"),
        "For last, yours goes over the batch": decode("-1", ":, -1"),
        "no gradient gets through": decode("v[-1]", "v[-1].detach()"),
        "changes v in place": "v -= v.mean()\nreturn v[-1]",
        "the logit is the voltage itself": "return v.argmax(dim=0)",
        "returns None for how = 'max'": "if how == 'mean':\n    return v.mean(dim=0)",
    },
    check.spike_rate: {
        "That is spikes per step": "return z.mean()",
        "That is the number of all spikes": "return z.sum()",
        "yours is higher": "return z.mean() * dt",
        "x.numel() is the number": "return z.sum() / z.size / dt",
        "it should depend on dt": "return z.mean() * 1000",
        "should be one number: yours is a tensor shaped (3, 2, 5)": "return z.mean(0) / dt",
        "the rate of all neurons together": "return z.sum() / (len(z) * dt)",
        "divide by their number, too": "return z.sum() / (z.shape[0] * z.shape[1] * dt)",
        "is it divided by that twice?": "return z.mean() / (len(z) * dt)",
        "of how many neurons, and in how many steps?": "return z.sum() / dt",
        "from one spike to the next": "return dt / z.mean()",
    },
    check.resume_command: {
        "would start anew": f"{FIT} --run runs/killed",
        "where a run is already, and is refused": f"{FIT}\n--run runs/killed --resume",
        "stays so": f"{RESUME} --model.n_hidden=9",
        "goes on with the newest numbered run": f"{FIT} --resume",
        "the folder follows --run": f"{FIT} --resume runs/killed",
        "one moment": f"{FIT} --run runs/killed --ckpt_path best.ckpt",
        "-run runs/killed -resume belongs to no option": f"{FIT} -run runs/killed -resume",
        "yours with one long dash": (
            f"{FIT} --run runs/killed —resume",
            f"{FIT} –run runs/killed --resume",
        ),
        "After cd .. there is no runs/killed": f"cd .. && {RESUME}",
        "as one string, as in a terminal: this is a list of 6": [
            *FIT.split(),
            "--run=runs/killed",
            "--resume",
        ],
        "-- is no option": f"{FIT} --run runs/killed -- resume",
        "--Resume is no option": f"{FIT} --run runs/killed --Resume",
        "yours says runs/killed resume": f"{FIT} --run runs/killed resume",
        "yours says none": f"{FIT} --resume --run",
        "yours says runs/killed --resume.": f"{FIT} --run 'runs/killed --resume'",
        "takes no value": f"{RESUME} True",
        "--resume is a switch": "fit --resume=runs/killed --run=runs/killed",
        "yours says runs/killed/last.ckpt": f"{FIT} --resume --run runs/killed/last.ckpt",
        "runs/killed belongs to no option": f"{FIT} runs/killed --resume",
        "a quote that is never closed": f"{FIT} --resume --run 'runs/killed",
        "python -m helpers.train: yours by nothing": "fit --run runs/killed --resume",
        "yours by pyhton -m helpers.train": RESUME.replace("python", "pyhton"),
        "yours by echo python": f"echo {RESUME}",
        "python -m helpers.train:": "python helpers/train.py fit --run runs/killed --resume",
        "yours starts no training": RESUME.replace("fit", "test"),
        "The subcommand comes first": "python -m helpers.train --resume --run runs/killed fit",
    },
    check.speed_up_limit: {
        "yours promises less": "return 1 / share",
        "That is the share itself": "return share",
        "That is the time that is left": "return 1 - share",
        "more than twice as fast": "return 1 + share",
        "yours takes it for percent": "return 1 / (1 - share / 100)",
        "yours counts from 0": "return share / (1 - share)",
        "That is in percent": "return 100 / (1 - share)",
        "the same number for every share": "return 2.0",
        "speed_up_limit(0.75) should be 4: yours is 8.": "return 2 / (1 - share)",
    },
}

NOT_DONE = {check.resume_command: [..., "...", ["python", ...]]}
