"""Answers to the exercises of chapter 6."""

import math
from statistics import mean

import numpy as np
import torch

from helpers.course.chapter_6 import check
from tests.course.judge.answers import edited

hours = edited("""\
shared = n_runs * hours / (devices * efficiency)
alone = math.ceil(n_runs / devices) * hours
return (shared, shared * devices), (alone, n_runs * hours)""")
RETURN = "return (shared, shared * devices), (alone, n_runs * hours)"

kept_names = edited("""\
may_change = {"seconds", "processors", "memory_mib", "gpu_mib"}
names = result.keys() - may_change
return sorted(n for n in names if str(result[n]) != str(again[n]))""")
DIFFER = "str(result[n]) != str(again[n])"
SORTED = f"sorted(n for n in names if {DIFFER})"
ALL = f"return {SORTED}"
BY_LOOP = """\
found = []
for name, value in result.items():
    if name in ("seconds", "memory_mib", "processors", "gpu_mib"):
        continue
    is_nan = value != value and again[name] != again[name]
    if again[name] != value and not is_nan:
        found.append(name)
found.sort()
return found"""

lucky = edited("""\
done = torch.where(tried, scores, -1.0)
setting, seed = divmod(done.argmax().item(), scores.shape[1])
new = scores[setting][~tried[setting]]
return scores[setting, seed] - new.mean()""")
NEW = "scores[setting][~tried[setting]]"
LOST = "return scores[setting, seed] - new.mean()"
BY_PYTHON = """\
best, place = max(
    (scores[i, k].item(), (i, k))
    for i in range(len(scores))
    for k in range(scores.shape[1])
    if tried[i, k]
)
new = [x.item() for x, t in zip(scores[place[0]], tried[place[0]]) if not t]
return best - sum(new) / len(new) if new else float("nan")"""

spent = edited("""\
from statistics import mean
first = sorted([(run(s, 0), s) for s in range(16)], reverse=True)
found = []
for score, setting in first[:4]:
    scores = [score, run(setting, 1), run(setting, 2)]
    found.append((mean(scores), setting))
return max(found)""")


def grid(n_settings: int, n_seeds: int, best=max):
    """So many settings, each with so many seeds."""

    def spend(run):
        means = [mean(run(s, seed) for seed in range(n_seeds)) for s in range(n_settings)]
        return best(zip(means, range(n_settings)))

    return spend


def in_two_steps(n_settings: int, n_again: int, n_seeds: int):
    """One seed of each setting, then more seeds of the best ones."""

    def spend(run):
        first = {s: run(s, 0) for s in range(n_settings)}
        best = sorted(first, key=first.get)[-n_again:]
        means = {s: mean([first[s], *(run(s, seed) for seed in range(1, n_seeds))]) for s in best}
        chosen = max(means, key=means.get)
        return means[chosen], chosen

    return spend


def until_it_is_worse(run):
    """The best so far gets another seed, until all runs are spent."""
    scores = {setting: [run(setting, 0)] for setting in range(20)}
    for _ in range(4):
        best = max((s for s in scores if len(scores[s]) < 3), key=lambda s: mean(scores[s]))
        scores[best].append(run(best, len(scores[best])))
    return max((mean(values), setting) for setting, values in scores.items())


halved = edited("""\
n_epochs += len(left) * (epoch - before)
order = curves[left, epoch - 1].argsort(descending=True)
left = left[order[: len(left) // 2]]""")
COUNT = "n_epochs += len(left) * (epoch - before)"
KEEP = "left = left[order[: len(left) // 2]]"

BY_MEDIAN = halved(KEEP, "left = left[scores > scores.median()]").replace(
    "order = curves[left, epoch - 1].argsort(descending=True)", "scores = curves[left, epoch - 1]"
)


def by_sorting(curves, halve_after=(1, 2, 4)):
    left, epochs, before = list(range(len(curves))), 0, 0
    for epoch in [*halve_after, curves.shape[1]]:
        epochs += len(left) * (epoch - before)
        before = epoch
        if epoch != curves.shape[1]:
            left.sort(key=lambda n: -curves[n, epoch - 1].item())
            del left[len(left) // 2 :]
    return left, epochs


RIGHT = {
    check.device_hours: [
        hours(),
        hours("math.ceil(n_runs / devices)", "-(-n_runs // devices)"),
        hours("(shared, shared * devices)", "[shared, n_runs * hours / efficiency]"),
        lambda n, h, d, e: torch.tensor(
            [[n * h / d / e, n * h / e], [math.ceil(n / d) * h, n * h]]
        ),
    ],
    check.broken: [
        kept_names(),
        kept_names(DIFFER, "repr(result[n]) != repr(again[n])"),
        BY_LOOP,
        kept_names("result.keys() - may_change", "set(result).difference(may_change)"),
        kept_names(ALL, f"return tuple({SORTED})"),
        kept_names(
            DIFFER, "not (result[n] == again[n] or result[n] != result[n] and again[n] != again[n])"
        ),
        kept_names(
            "names = result.keys() - may_change",
            "names = [n for n in result if n not in may_change]",
        ),
        "import json\nreturn sorted(n for n in result if n not in 'seconds processors memory_mib gpu_mib'"
        " and json.dumps(result[n]) != json.dumps(again[n]))",
    ],
    check.luck: [
        lucky(),
        BY_PYTHON,
        lucky("torch.where(tried, scores, -1.0)", "scores.masked_fill(~tried, 0)"),
        lucky(NEW, "scores[setting, ~tried[setting]]"),
        lucky("divmod(done.argmax().item(), scores.shape[1])", "(done == done.max()).nonzero()[0]"),
        lucky(LOST, "return done.max() - new.mean()"),
        lucky(LOST, "return (scores[setting, seed] - new).mean().item()"),
        lucky(LOST, "return scores[setting, seed] - new.sum() / len(new)"),
    ],
    check.spend: [
        spent(),
        in_two_steps(16, 4, 3),
        in_two_steps(18, 3, 3),
        in_two_steps(14, 5, 3),
        in_two_steps(16, 8, 2),
        in_two_steps(20, 2, 3),
        until_it_is_worse,
    ],
    check.halve: [
        halved(),
        by_sorting,
        lambda curves, halve_after=(1, 2, 4): [
            np.array(part) for part in by_sorting(curves, halve_after)
        ],
        halved(
            "curves[left, epoch - 1].argsort(descending=True)",
            "(-curves[left][:, epoch - 1]).argsort()",
        ),
        halved(KEEP, KEEP.replace("order[: len(left) // 2]", "order][: len(left) // 2")),
        halved(
            KEEP, "best = curves[left, epoch - 1].topk(len(left) // 2)\nleft = left[best.indices]"
        ),
    ],
}

WRONG = {
    check.device_hours: {
        "for (3, 0.5, 8, 0.9) should be 0.2083: yours is 0.5": hours(
            "shared = n_runs * hours / (devices * efficiency)",
            "shared = max(hours, n_runs * hours / (devices * efficiency))",
        ),
        "for (7, 10.0, 2, 0.4) should be 87.5: yours is 70": hours(
            "(devices * efficiency)", "max(1, devices * efficiency)"
        ),
        "Return hours, device-hours": hours(RETURN, "return shared, alone"),
        "Return one after another, side by side": hours(RETURN, "return shared"),
    },
    check.broken: {
        "seconds may differ": kept_names('"seconds", ', ""),
        "processors may differ": kept_names('"processors", ', ""),
        "memory_mib may differ": kept_names(', "memory_mib"', ""),
        "gpu_mib may differ": kept_names(', "gpu_mib"', ""),
        "ends at the very same score": (
            kept_names("result.keys() - may_change", '["steps"]'),
            kept_names(DIFFER, "again[n] > result[n]"),
        ),
        "repeats a step": kept_names("result.keys() - may_change", '["val_acc"]'),
        "adds up in another order": kept_names('"seconds"', '"seconds", "threads"'),
        "batches are parted": kept_names('"seconds"', '"seconds", "processes"'),
        "name what may change": (
            kept_names(
                "result.keys() - may_change", '["steps", "val_acc", "threads", "processes"]'
            ),
            kept_names(
                "result.keys() - may_change",
                '[n for n in result if "acc" in n or n in ("steps", "threads", "processes")]',
            ),
        ),
        "changes result in place": kept_names(
            "names =", "for name in may_change:\n    result.pop(name, 0)\nnames ="
        ),
        "Without a GPU there is no gpu_mib": kept_names(
            "names =",
            "result = dict(result)\nfor name in may_change:\n    result.pop(name)\nnames =",
        ),
        "No difference is too small": (
            kept_names(DIFFER, "abs(result[n] - again[n]) > 1e-6"),
            kept_names(DIFFER, "not math.isclose(result[n], again[n], rel_tol=1e-12)"),
        ),
        "A score that was nan before": kept_names(
            DIFFER, "result[n] == result[n] and str(result[n]) != str(again[n])"
        ),
        "But nan == nan is False": kept_names(DIFFER, "result[n] != again[n]"),
        "is another one: yours is not told": kept_names(DIFFER, "abs(result[n] - again[n]) > 0"),
        "differ, sorted": kept_names(ALL, f"return {SORTED}[::-1]"),
        "no name belongs": kept_names(DIFFER, "str(result[n]) == str(again[n])"),
        "Return the names in a list": kept_names(ALL, f"return any({DIFFER} for n in names)"),
        "Return all names that differ": kept_names(ALL, f"return {SORTED}[:1]"),
    },
    check.luck: {
        "yours is any run": BY_PYTHON.replace("    if tried[i, k]\n", ""),
        "Where no seed is left, return nan": lucky(LOST, "return LOST if len(new) else 0").replace(
            "LOST", LOST.removeprefix("return ")
        ),
        "should be -": lucky(LOST, "return (scores[setting, seed] - new.mean()).clamp(min=0)"),
        "as the mean of nothing is": BY_PYTHON.replace(' if new else float("nan")', ""),
        "should be": (
            lucky("new.mean()", "new.median()"),
            lucky(LOST, "return scores[setting, seed]"),
            lucky(NEW, "scores[tried]"),
            lucky(LOST, "return scores.max() - new.mean()"),
            lucky(
                "divmod(done.argmax().item(), scores.shape[1])",
                "(scores == done.max()).nonzero()[0]",
            ),
        ),
    },
    check.spend: {
        "points from eight settings": (
            grid(8, 3),
            grid(6, 3),
            grid(24, 1),
            grid(24, 1, min),
            lambda run: (run(5, 0), 5),
        ),
        "asks for more than 24 runs": (grid(25, 1), in_two_steps(24, 1, 3)),
        "Settings are 0 to": lambda run: (run(64, 0), 64),
        "seeds 0 to": spent("run(setting, 2)", "run(setting, 3)"),
        "report the mean of all runs": (
            spent("mean(scores)", "max(scores)"),
            spent("return max(found)", "return first[0]"),
            spent("mean(scores)", "mean(scores) / 100"),
        ),
        "of which it has done no run": lambda run: (run(1, 0), 2),
        "Return the mean that you report, the setting": spent("max(found)", "max(found)[1]"),
    },
    check.halve: {
        "count before halving": halved(COUNT, "pass").replace(KEEP, KEEP + "\n" + COUNT),
        "it is 40 in all: yours is 72": halved("(epoch - before)", "(epoch + before)"),
        "Of 24 equally good runs": BY_MEDIAN,
        "halve_after=(1, 2, 4) of the first line": lambda curves, halve_after=(1, 2, 3): by_sorting(
            curves, halve_after
        ),
        "leaves 3, after 60 epochs in all. Yours has 6 after 84": lambda curves, halve_after=(1, 4): (
            by_sorting(curves, halve_after)
        ),
        "tensor of whole numbers": lambda curves, halve_after=(1, 2, 4): (torch.rand(2), 60),
        "Return indices, epochs": lambda curves, halve_after=(1, 2, 4): 60,
    },
}
