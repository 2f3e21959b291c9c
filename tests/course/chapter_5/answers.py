"""Answers to the exercises of chapter 5."""

from functools import partial

import torch

from helpers.course.chapter_5 import check
from tests.course.judge.answers import edited

# In the notebook, crossings comes from a cell at the beginning.
heard = edited("""\
from helpers.tools.crossings import crossings
n, reference = crossings(reference, now, 0.6)
events.append(torch.cat([n, -n], dim=1).clamp(min=0))""")
JOINED = "torch.cat([n, -n], dim=1).clamp(min=0)"
joined = partial(heard, JOINED)
CALL = "n, reference = crossings(reference, now, 0.6)"


def halves(up: str, down: str, dim: int = 1) -> str:
    return joined(f"torch.cat([{up}, {down}], dim={dim})")


up_beside = partial(halves, "n.clamp(min=0)")


def hearing(log, log_silence=-4.6):
    """An ear that is given whole."""
    reference = torch.full_like(log[0], log_silence + 0.3)
    events = []
    for now in log:
        n = ((now - reference) / 0.6).trunc()
        reference = reference + 0.6 * n
        events.append(torch.cat([n, -n], dim=1).clamp(min=0))
    return torch.stack(events)


binned = edited("""\
bins = x.unflatten(0, (n_bins, -1)).sum(1)
return bins.transpose(0, 1).flatten(1)""")
BIN_BY_BIN = """\
n = len(x) // n_bins
bins = [x[n * k : n * (k + 1)].sum(0) for k in range(n_bins)]
return torch.cat(bins, dim=1)"""
BY_ADDING = """\
counts = torch.zeros(n_bins, *x.shape[1:])
for t, x_t in enumerate(x):
    counts[t * n_bins // len(x)] += x_t
return counts.permute(1, 0, 2).reshape(x.shape[1], -1)"""

reversed_ = edited("""\
n = events.any(1).nonzero().max() + 1
up, down = events[:n].flip(0).chunk(2, dim=1)
result = torch.zeros_like(events)
result[:n] = torch.cat([down, up], dim=1)
return result""")
HEARD, TURNED, SILENT, FILLED, _ = reversed_().splitlines()
STEP_BY_STEP = """\
n_bands = events.shape[1] // 2
steps = [torch.cat([e[n_bands:], e[:n_bands]]) for e in events]
while len(steps) and not steps[-1].any():
    steps.pop()
steps = steps[::-1]
return torch.stack(steps + [torch.zeros_like(events[0])] * (len(events) - len(steps)))"""
BY_ROLLING = """\
n_silent = 0
while not events[len(events) - 1 - n_silent].any():
    n_silent += 1
turned = events.flip(0).roll(-n_silent, 0)
return turned.roll(events.shape[1] // 2, 1)"""

voiced = edited("""\
voices = shares.mean(1).logit()
half = t * (voices.var() * (1 + 1 / len(voices))) ** 0.5
return (voices.mean() - half).sigmoid(), (voices.mean() + half).sigmoid()""")
VOICES, HALF, ENDS = voiced().splitlines()
around = partial(voiced, HALF)


def lines(*each: str) -> str:
    return "\n".join(each)


parted = edited("""\
others = (speaker != test) & (speaker != validation)
parts = others, speaker == validation, speaker == test
return tuple(part.nonzero().flatten() for part in parts)""")
OTHERS = "(speaker != test) & (speaker != validation)"
BY_LISTS = """\
parts = [], [], []
for n, one in enumerate(speaker.tolist()):
    if one == test:
        parts[2].append(n)
    elif one == validation:
        parts[1].append(n)
    else:
        parts[0].append(n)
return [torch.tensor(part) for part in parts]"""
BY_SORTING = """\
left_out = torch.tensor([test, validation])
train = torch.where(~torch.isin(speaker, left_out))[0]
return train.flip(0), torch.where(speaker == validation)[0], torch.argwhere(speaker == test)[:, 0]"""
RANDOM = """\
order = torch.randperm(len(speaker))
return order[:12], order[12:15], order[15:]"""

shared = edited("""\
answers = v.cumsum(0).argmax(2)
return (answers == labels).float().mean(1)""")
summed = partial(shared, "v.cumsum(0)")
BEGINNINGS = """\
means = [v[: t + 1].mean(0) for t in range(len(v))]
return torch.stack([(mean.argmax(1) == labels).float().mean() for mean in means])"""
RUNNING = """\
total, shares = 0, []
for v_t in v:
    total = total + v_t
    shares.append((total.argmax(-1) == labels).sum().item() / len(labels))
return torch.tensor(shares)"""

RIGHT = {
    check.listen: [
        heard(),
        up_beside("(-n).clamp(min=0)"),
        halves("n.relu()", "(-n).relu()", -1),
        halves("n * (n > 0)", "-n * (n < 0)"),
        up_beside("n.clamp(max=0).abs()"),
        halves("torch.where(n > 0, n, 0)", "torch.where(n < 0, -n, 0)"),
        lines(heard(), "continue"),
        hearing,
    ],
    check.cut_into_bins: [
        binned(),
        BIN_BY_BIN,
        BY_ADDING,
        binned("x.unflatten(0, (n_bins, -1))", "x.reshape(n_bins, -1, *x.shape[1:])"),
        binned("bins.transpose(0, 1).flatten(1)", "torch.cat(list(bins), dim=1)"),
        binned("bins.transpose(0, 1).flatten(1)", "torch.cat(bins.unbind(), dim=-1)"),
        "return torch.cat([part.sum(0) for part in x.chunk(n_bins)], dim=1)",
        "return torch.stack([part.sum(0) for part in x.tensor_split(n_bins)], 1).flatten(1)",
        "return torch.einsum('nsbc -> bnc', x.unflatten(0, (n_bins, -1))).flatten(1)",
    ],
    check.backwards: [
        reversed_(),
        STEP_BY_STEP,
        BY_ROLLING,
        reversed_(HEARD, "n = int((events.sum(1) > 0).nonzero()[-1]) + 1"),
        reversed_(HEARD, "n = len(events) - int(events.flip(0).any(1).int().argmax())"),
        reversed_("torch.cat([down, up], dim=1)", "torch.hstack([down, up])"),
        lines(
            HEARD,
            "up, down = events[:n, : events.shape[1] // 2], events[:n, events.shape[1] // 2 :]",
            "heard = torch.cat([down, up], dim=1).flip(0)",
            "return torch.nn.functional.pad(heard, (0, 0, 0, len(events) - len(heard)))",
        ),
        lines(
            HEARD,
            "heard = events[:n].flip(0).unflatten(1, (2, -1)).flip(1).flatten(1)",
            "return torch.cat([heard, events[n:]])",
        ),
    ],
    check.next_voice: [
        voiced(),
        voiced(ENDS, "return [(voices.mean() - half).sigmoid(), (voices.mean() + half).sigmoid()]"),
        around("half = t * (voices.var() + voices.var() / len(voices)).sqrt()"),
        around("half = t * voices.std() * math.sqrt(1 + 1 / voices.numel())"),
        around("n = len(voices)\nhalf = t * voices.std() * ((n + 1) / n) ** 0.5"),
        voiced(ENDS, "return (voices.mean() + torch.tensor([-half, half])).sigmoid().tolist()"),
        voiced("shares.mean(1)", "torch.stack([share.mean() for share in shares])"),
        voiced(
            VOICES,
            "p = shares.mean(1)\nvoices = (p / (1 - p)).log()",
        ),
        voiced(
            ENDS,
            "return [1 / (1 + math.exp(-x)) for x in (voices.mean() - half, voices.mean() + half)]",
        ),
        lines(
            VOICES,
            "errors = torch.stack([voices.std(), voices.std() / len(voices) ** 0.5])",
            "half = t * errors.norm()",
            ENDS,
        ),
    ],
    check.split: [
        parted(),
        BY_LISTS,
        BY_SORTING,
        parted(OTHERS, "~((speaker == test) | (speaker == validation))"),
        parted(
            "tuple(part.nonzero().flatten() for part in parts)",
            "[p.nonzero()[:, 0] for p in parts]",
        ),
        parted(".flatten()", "(as_tuple=True)[0]").replace("()(", "("),
    ],
    check.share_over_time: [
        shared(),
        BEGINNINGS,
        RUNNING,
        summed("(v.cumsum(0) / torch.arange(1, len(v) + 1)[:, None, None])"),
        shared(".argmax(2)", ".max(-1).indices"),
        shared(".float().mean(1)", ".sum(1) / len(labels)"),
        summed("v.log_softmax(2).cumsum(0)"),
        shared(".float()", ".double()"),
    ],
}

WRONG = {
    check.listen: {
        "yours jumps to now": lines(
            heard("n, reference =", "n, _ ="), "reference = torch.where(n != 0, now, reference)"
        ),
        "Append one tensor per step": joined("[n, -n]"),
        "append what each step sends": heard(f"events.append({JOINED})", f"events = {JOINED}"),
        "keeps a place for each": halves("n[n > 0]", "-n[n < 0]", 0),
        "yours counts one at most": halves("(n > 0).float()", "(n < 0).float()"),
        "yours starts at silence": lambda log, silence=-4.6: hearing(log, silence - 0.3),
        "yours takes -4.6, whatever it is": lambda log, silence=-4.6: hearing(log),
        "in time: join them in each step": heard(
            f"events.append({JOINED})", "events += [n.clamp(min=0), (-n).clamp(min=0)]"
        ),
        "yours are those of one": lines(heard(), "return events[0]"),
        "a pair: the numbers of events, and the new": (
            heard("n, reference =", "n ="),
            lines(
                "from helpers.tools.crossings import crossings",
                "events.append(crossings(reference, now, 0.6))",
            ),
        ),
        "the axis of the bands is dim=1": heard("dim=1", "dim=2"),
        "append the events of each step": lines(heard().splitlines()[0], CALL),
        "it imports crossings": CALL,
        "Keep the first line as it is": lambda log: hearing(log),
        "takes one list": heard("[n, -n], dim=1", "n, -n"),
        "numbers of type torch.float32: yours are torch.int8": heard(
            "(min=0)", "(min=0).to(torch.int8)"
        ),
    },
    check.cut_into_bins: {
        "yours has the bins as its first axis": BIN_BY_BIN.replace(
            "cat(bins, dim=1)", "stack(bins)"
        ),
        "yours takes every n-th step": "return torch.cat([x[k::n_bins].sum(0) for k in range(n_bins)], dim=1)",
        "yours adds up all time steps": "return x.sum(0)",
        "The axis of time, dim 0, becomes two": binned("(0, (n_bins, -1))", "(0, (n_bins, 2))"),
        "A bin has len(x) // n_bins time steps": binned(
            "x.unflatten(0, (n_bins, -1))", "x.view(n_bins, 4, 5, 5)"
        ),
    },
    check.backwards: {
        "The event at": (
            reversed_("= events.any", "= events[:, :4].any"),
            reversed_("= events.any", "= events[:, 4:].any"),
        ),
        "unless there is none": reversed_(
            "events[:n].flip(0)", "events[: n - len(events)].flip(0)"
        ),
        "what happens to up and down": lines(
            HEARD, "return torch.cat([events[:n].flip(0), events[n:]])"
        ),
        "yours turns the channels around, too": lines(
            HEARD, "return torch.cat([events[:n].flip(0, 1), events[n:]])"
        ),
        "begins with the silence of the end: turn around what comes before it": "return events.flip(0)",
        "put silence behind the sound": (
            lines(HEARD, TURNED, "return torch.cat([down, up], dim=1)"),
            reversed_("result[:n]", "result[:]"),
        ),
        "the channels are dim=1": "up, down = events.flip(0).chunk(2, dim=1)\nreturn torch.cat([down, up])",
        "should be shaped (10, 8) here: yours is (12, 8)": reversed_(
            "(events)", "(events[:1].expand(12, -1))"
        ),
        "x.flip(0) turns time around": "return events[::-1]",
    },
    check.next_voice: {
        "That is the interval of the mean": around("half = t * voices.std() / len(voices) ** 0.5"),
        "divided by n - 1": around(
            "half = t * (((voices - voices.mean()) ** 2).mean() * (1 + 1 / len(voices))) ** 0.5"
        ),
        "an interval of shares may pass 1": voiced(
            ENDS, "return voices.mean() - half, voices.mean() + half"
        ).replace(".logit()", ""),
        "Yours counts each training as a voice": lines(
            "voices = shares.logit()",
            "half = t * voices.std() * (1 + 1 / voices.numel()) ** 0.5",
            ENDS,
        ),
        "The root is missing": around("half = t * (voices.var() + voices.var() / len(voices))"),
        "Return low, high, in this order": voiced(ENDS, "return half"),
    },
    check.split: {
        "nonzero().flatten() gives the places of True": (
            parted("tuple(part.nonzero().flatten() for part in parts)", "parts"),
            parted("part.nonzero().flatten()", "part.long()"),
        ),
        "one axis, as flatten() makes it: yours is a tensor shaped (": parted(".flatten()"),
        "take its first element, [0]": (
            parted("nonzero().flatten()", "nonzero(as_tuple=True)"),
            parted("part.nonzero().flatten()", "torch.where(part)"),
        ),
        "should be one tensor: yours is a list": parted(".flatten()", ".flatten().tolist()"),
        "in another order than training, validation, test": parted(
            "others, speaker == validation, speaker == test",
            "speaker == test, speaker == validation, others",
        ),
        "Are they numbers of speakers": parted("part.nonzero().flatten()", "speaker[part]"),
        "for the place of a recording": lines(
            f"others = ({OTHERS}).nonzero().flatten()",
            "return others, (speaker == validation).nonzero().flatten(), torch.tensor([test])",
        ),
        "is in training and in": RANDOM,
        "should have speaker 3": parted("speaker == validation,", "speaker == (validation + 99),"),
        "are in none of the three": parted(OTHERS, "(speaker > 4)"),
        "before nonzero()": "return (speaker != test) & (speaker != validation).nonzero().flatten()",
        "& and ~ take all": (
            parted("&", "and"),
            parted(OTHERS, "speaker != test & speaker != validation"),
            parted(OTHERS, "speaker not in (test, validation)"),
        ),
        "Return training, validation, test, in this order": parted(
            "others, speaker == validation, speaker == test", "others, speaker == test"
        ),
    },
    check.share_over_time: {
        "yours leaves out step t": "means = [v[:t].mean(0) for t in range(len(v))]\n"
        "return torch.stack([(mean.argmax(1) == labels).float().mean() for mean in means])",
        "looks at step t alone. A share": shared("mean(1)", "mean(1) * 100").replace(
            ".cumsum(0)", ""
        ),
        "The share [": shared(".mean(1)", ".sum(1) / 13"),
        "Yours is one number": "return (v.mean(0).argmax(1) == labels).float().mean()",
        "A step is missing": BEGINNINGS.replace("v[: t + 1]", "v[:t]").replace(
            "range(", "range(1, "
        ),
        "still has an axis of recordings": shared(".mean(1)"),
        "over the last axis leaves": (
            shared("argmax(2)", "argmax(1)"),
            shared("argmax(2)", "argmax(0)"),
        ),
        "its axes are 0, 1 and 2": (
            shared("argmax(2)", "argmax(3)"),
            shared("argmax(2)", "argmax()"),
        ),
        ".float() makes numbers of them": shared(".float()"),
        "cumsum will do": shared("cumsum", "cummean"),
        "a list, or the pair that max gives": shared("argmax(2)", "max(2)"),
        "over time is mean(0)": BEGINNINGS.replace("t + 1].mean(0)", "t + 1].mean(1)").replace(
            "return torch.stack([(mean.argmax(1) == labels).float().mean() for mean in means])",
            "return torch.stack(means)",
        ),
        "needs an axis: that of time": shared("cumsum(0)", "cumsum()"),
        "should be one tensor: yours is a list of 16": RUNNING.replace(
            "torch.tensor(shares)", "shares"
        ),
    },
}
