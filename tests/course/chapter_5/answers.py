"""Answers to the exercises of chapter 5."""

from functools import partial

import torch

from helpers.course.chapter_5 import check
from tests.course.checks.answers import edited

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


def hearing(log, log_silence=-4.6, reference=None, dim=0):
    """An ear that is given whole: its first reference and the axis of time may differ."""
    reference = torch.full_like(log[0], log_silence + 0.3) if reference is None else reference
    events = []
    for now in log:
        n = ((now - reference) / 0.6).trunc()
        reference = reference + 0.6 * n
        events.append(torch.cat([n, -n], dim=1).clamp(min=0))
    return torch.stack(events, dim)


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
voices = shares.mean(1)
half = t * (voices.var() * (1 + 1 / len(voices))) ** 0.5
return voices.mean() - half, voices.mean() + half""")
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
averaged = partial(shared, "mean(1)")
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
        voiced(
            "voices.mean() - half, voices.mean() + half",
            "[voices.mean() - half, voices.mean() + half]",
        ),
        around("half = t * (voices.var() + voices.var() / len(voices)).sqrt()"),
        around("half = t * voices.std() * math.sqrt(1 + 1 / voices.numel())"),
        around("n = len(voices)\nhalf = t * voices.std() * ((n + 1) / n) ** 0.5"),
        voiced(ENDS, "return tuple((voices.mean() + torch.tensor([-half, half])).tolist())"),
        voiced("shares.mean(1)", "torch.stack([share.mean() for share in shares])"),
        voiced(
            ENDS, "return voices.mean().item() - half.item(), voices.mean().item() + half.item()"
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
        "yours starts from silence every time": heard("n, reference =", "n, _ ="),
        "yours has them the other way round": heard("reference, now", "now, reference"),
        "yours jumps to now": (
            lines(heard("n, reference =", "n, _ ="), "reference = now"),
            lines(
                heard("n, reference =", "n, _ ="), "reference = torch.where(n != 0, now, reference)"
            ),
        ),
        "the numbers of events first: yours are swapped": heard("n, reference =", "reference, n ="),
        "Append one tensor per step": joined("[n, -n]"),
        "append what each step sends": heard(f"events.append({JOINED})", f"events = {JOINED}"),
        "keeps a place for each": halves("n[n > 0]", "-n[n < 0]", 0),
        "yours moves it once more": lines(heard(), "reference = reference + 0.6 * n"),
        "Up and down are swapped: up comes first": heard("[n, -n]", "[-n, n]"),
        "removes what belongs to the other half": heard(".clamp(min=0)"),
        "for down events as well: turn their sign": up_beside("n.clamp(max=0)"),
        "hold signed numbers": halves("n", "n"),
        "it counts down events, above 0": up_beside("n"),
        "turn the sign for the second one": heard("[n, -n]", "[n, n]"),
        "the first one is for up events": heard("[n, -n]", "[-n, -n]"),
        "In yours it is lost": halves("n.abs()", "n.abs()"),
        "The first half counts down events too": halves("n.abs()", "(-n).clamp(min=0)"),
        "The second half counts up events too": up_beside("n.abs()"),
        "clamps first, and then turns the sign": up_beside("-n.clamp(min=0)"),
        "Down events are missing": up_beside("-n.clamp(min=0)").replace(
            "dim=1)", "dim=1).clamp(min=0)"
        ),
        "Up events are missing": halves("n.clamp(max=0)", "-n").replace(
            "dim=1)", "dim=1).clamp(min=0)"
        ),
        "clamp -n, too": up_beside("-n"),
        "clamp n, too": halves("n", "(-n).clamp(min=0)"),
        "up comes first, and clamp both": halves("-n", "n"),
        "yours counts one at most": (
            heard("clamp(min=0)", "clamp(0, 1)"),
            halves("(n > 0).float()", "(n < 0).float()"),
        ),
        "The limit comes after listen": heard("clamp(min=0)", "clamp(0, 3)"),
        "yours is 0.3, as for the camera": heard("0.6", "0.3"),
        "The threshold is 0.6: yours is 1.": heard("0.6", "1"),
        "yours starts at silence": lambda log, silence=-4.6: hearing(log, silence - 0.3),
        "yours starts at 0.": lambda log, silence=-4.6: hearing(log, -0.3),
        "yours starts at the first loudness": lambda log, silence=-4.6: hearing(
            log, reference=log[0]
        ),
        "yours takes -4.6, whatever it is": lambda log, silence=-4.6: hearing(log),
        "Time should be the first axis: yours is the second": partial(hearing, dim=1),
        "Time should be the first axis: yours is the last": partial(hearing, dim=2),
        "as recordings: the bands are dim=1": heard(", dim=1"),
        "in time: join them in each step": heard(
            f"events.append({JOINED})", "events += [n.clamp(min=0), (-n).clamp(min=0)]"
        ),
        "have an axis of their own": (
            heard("cat([n, -n], dim=1)", "stack([n, -n])"),
            heard("cat([n, -n], dim=1)", "stack([n, -n], dim=1)"),
        ),
        "take turns in yours": heard("cat([n, -n], dim=1)", "stack([n, -n], dim=2).flatten(1)"),
        "Those are signed numbers": joined("n"),
        "those for up alone": joined("n.clamp(min=0)"),
        "those for down alone": joined("(-n).clamp(min=0)"),
        "counts both in one": joined("n.abs()"),
        "yours are those of one": (
            lines(heard(), "return events[0]"),
            lines(joined("n"), "return events[-1]"),
        ),
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
        "yours has the bins as its first axis": (
            binned("bins.transpose(0, 1).flatten(1)", "bins"),
            binned(".transpose(0, 1)"),
        ),
        "flatten the axes of bins and channels": binned(".flatten(1)"),
        "Recordings are mixed up": binned(
            "bins.transpose(0, 1).flatten(1)", "bins.reshape(x.shape[1], -1)"
        ),
        "yours goes by channels": binned("transpose(0, 1)", "permute(1, 2, 0)"),
        "yours takes every n-th step": binned("(n_bins, -1)).sum(1)", "(-1, n_bins)).sum(0)"),
        "yours is how many steps each of them has": binned("(n_bins, -1)", "(-1, n_bins)"),
        "yours adds up all time steps": "return x.sum(0)",
        "Yours still has every time step": "return x.transpose(0, 1).flatten(1)",
        "The axis of time, dim 0, becomes two": binned("(0, (n_bins, -1))", "(0, (n_bins, 2))"),
        "A bin has len(x) // n_bins time steps": binned(
            "x.unflatten(0, (n_bins, -1))", "x.view(n_bins, 4, 5, 5)"
        ),
    },
    check.backwards: {
        "Time still runs forwards": reversed_(".flip(0)"),
        "what happens to up and down": (
            reversed_("[down, up]", "[up, down]"),
            lines(HEARD, "return torch.cat([events[:n].flip(0), events[n:]])"),
        ),
        "Yours begins with the silence of the end": reversed_(
            "events[:n].flip(0)", "events.flip(0)[:n]"
        ).replace(HEARD, "n = len(events)"),
        "silent ones in between belong to the sound": reversed_(
            HEARD, "n = int(events.any(1).sum())"
        ),
        "yours turns the channels around, too": lines(
            HEARD, "return torch.cat([events[:n].flip(0, 1), events[n:]])"
        ),
        "yours turns signs": lines(HEARD, "return torch.cat([-events[:n].flip(0), events[n:]])"),
        "begins with the silence of the end: turn around what comes before it": "return events.flip(0)",
        "put silence behind the sound": (
            lines(HEARD, TURNED, "return torch.cat([down, up], dim=1)"),
            reversed_("result[:n]", "result[:]"),
        ),
        "the channels are dim=1": "up, down = events.flip(0).chunk(2, dim=1)\nreturn torch.cat([down, up])",
        "x.flip(0) turns time around": "return events[::-1]",
    },
    check.next_voice: {
        "That is the interval of the mean": around("half = t * voices.std() / len(voices) ** 0.5"),
        "add its variance to that of a voice": around("half = t * voices.std()"),
        "Yours counts each training as a voice": voiced(".mean(1)", ".flatten()"),
        "yours takes the spread between seeds": voiced("mean(1)", "mean(0)"),
        "standard deviations do not": around(
            "half = t * (voices.std() + voices.std() / len(voices) ** 0.5)"
        ),
        "The root is missing": around("half = t * (voices.var() * (1 + 1 / len(voices)))"),
        "t is missing": voiced("t * (", "("),
        "yours are swapped": voiced(
            "voices.mean() - half, voices.mean() + half",
            "voices.mean() + half, voices.mean() - half",
        ),
        "yours is twice as wide": voiced("t * (", "2 * t * ("),
        "its middle and half of its width": voiced(
            "voices.mean() - half, voices.mean() + half", "voices.mean(), half"
        ),
        "Return low, high, in this order": voiced(
            "voices.mean() - half, voices.mean() + half", "half"
        ),
    },
    check.split: {
        "The speaker who validates is in training too": parted(OTHERS, "speaker != test"),
        "The speaker who tests is in training too": parted(OTHERS, "speaker != validation"),
        "All recordings are in training": parted("&", "|"),
        "nonzero().flatten() gives the places of True": (
            parted("tuple(part.nonzero().flatten() for part in parts)", "parts"),
            parted("part.nonzero().flatten()", "part.long()"),
        ),
        "flatten() makes them one list": parted(".flatten()"),
        "take its first element, [0]": (
            parted("nonzero().flatten()", "nonzero(as_tuple=True)"),
            parted("part.nonzero().flatten()", "torch.where(part)"),
        ),
        "should be one tensor: yours is a list": parted(".flatten()", ".flatten().tolist()"),
        "test and validation are swapped": parted(
            "speaker == validation, speaker == test", "speaker == test, speaker == validation"
        ),
        "in another order than training, validation, test": parted(
            "others, speaker == validation, speaker == test",
            "speaker == test, speaker == validation, others",
        ),
        "Are they numbers of speakers": parted("part.nonzero().flatten()", "speaker[part]"),
        "count in all of speaker": (
            lines(
                "rest = speaker[speaker != test]",
                parted("speaker == validation,", "rest == validation,"),
            ),
            lines(
                "rest = speaker[speaker != validation]",
                parted("speaker == test\n", "rest == test\n"),
            ),
        ),
        "The test is for its speaker alone": parted(", speaker == test", ", speaker != test"),
        "Validation is for its speaker alone": parted(
            ", speaker == validation", ", speaker != validation"
        ),
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
        "decides: yours looks at step t alone": shared(".cumsum(0)"),
        "yours leaves out step t": (
            "means = [v[:t].mean(0) for t in range(len(v))]\n"
            "return torch.stack([(mean.argmax(1) == labels).float().mean() for mean in means])"
        ),
        "is that of steps t to the end": summed("v.flip(0).cumsum(0).flip(0)"),
        "of all steps, also of those to come": summed("v.mean(0).expand_as(v)"),
        "looks at the last step alone": summed("v[-1].expand_as(v)"),
        "yours is one over recordings": shared("cumsum(0)", "cumsum(1)"),
        "yours is one over classes": shared("cumsum(0)", "cumsum(2)"),
        "the highest voltage so far": summed("v.cummax(0).values"),
        "yours is that of probabilities": summed("v.softmax(2).cumsum(0)"),
        "how many steps were for each class": summed(
            "torch.nn.functional.one_hot(v.argmax(2), 10).cumsum(0)"
        ),
        "yours takes the lowest": shared("argmax", "argmin"),
        "yours is in percent": averaged("mean(1) * 100"),
        "looks at step t alone. A share": averaged("mean(1) * 100").replace(".cumsum(0)", ""),
        "a number of right answers": averaged("sum(1)"),
        "divides by the number of steps": averaged("sum(1) / len(v)"),
        "yours are wrong ones": shared("==", "!="),
        "Yours is one number": (
            averaged("mean()"),
            "return (v.mean(0).argmax(1) == labels).float().mean()",
        ),
        "Yours has a share for each recording": averaged("mean(0)"),
        "A step is missing": BEGINNINGS.replace("v[: t + 1]", "v[:t]").replace(
            "range(", "range(1, "
        ),
        "still has an axis of recordings": (shared(".mean(1)"), shared(".float().mean(1)")),
        "compares voltages with labels": shared("argmax", "amax"),
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
