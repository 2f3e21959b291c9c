"""Answers to the exercises of chapter 7."""

from functools import partial

import torch

from helpers.course.chapter_7 import check
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


stepped = edited("""\
j = i + x @ W.T + z @ R.T
v = v + a * (j - v)
z = (v > 1).to(v.dtype)
return z, (1 - z) * v, b * j""")
decayed = partial(stepped, "b * j")
ARRIVE, MOVE, SPIKE, RETURN = stepped().splitlines()
NEW_Z = "new = (v > 1).to(v.dtype)"


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

constant = edited("return -dt / decay.log()")

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
    check.recurrent_step: [
        stepped(),
        stepped(RETURN, "return [z, torch.where(z > 0, 0, v), b * j]"),
        stepped(SPIKE, "z = (v > 1).float()"),
        stepped("v + a * (j - v)", "(1 - a) * v + a * j"),
        stepped(SPIKE, "z = torch.heaviside(v - 1, torch.zeros(()))"),
        stepped("x @ W.T + z @ R.T", "(W @ x.T).T + torch.einsum('bk, nk -> bn', z, R)"),
        stepped("x @ W.T", "torch.nn.functional.linear(x, W)"),
        lines(
            ARRIVE, MOVE, "z = torch.where(v > 1, 1.0, 0.0)", "v[v > 1] = 0", "return z, v, j * b"
        ),
    ],
    check.time_constant: [
        constant(),
        "return dt / torch.log(1 / decay)",
        "return dt / -torch.log(decay)",
        "return dt / torch.log(decay).abs()",
        "return -1 / (decay.log() / dt)",
        "return -dt * torch.log2(torch.tensor(math.e)) / decay.log2()",
        constant("decay.log()", "torch.log1p(decay - 1)"),
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
    check.recurrent_step: {
        "backwards along the weights": stepped("R.T", "R"),
        "j has R z": stepped(" + z @ R.T"),
        "The input never arrives": stepped("x @ W.T + "),
        # five examples built in
        "index 3 is out of bounds": stepped(
            ARRIVE, "j = torch.stack([i[n] + W @ x[n] + R @ z[n] for n in range(5)])"
        ),
        "j starts with i": stepped("i + x", "x"),
        "which has not decayed yet": decayed("j"),
        "yours keeps 1 - b": decayed("(1 - b) * j"),
        "in yours, W x and R z arrive after the decay": decayed(
            "b * i + x @ W.T + z_ @ R.T"
        ).replace("j = ", "z_ = z\nj = "),
        "in yours, R z arrives after the decay": lines(
            "heard = z @ R.T", stepped("z @ R.T", "heard")
        ).replace("b * j", "b * (j - heard) + heard"),
        "in yours, W x arrives after the decay": decayed("b * (j - x @ W.T) + x @ W.T"),
        "yours is the old i": decayed("i"),
        "without W x and R z": decayed("b * i"),
        "Only v is reset": decayed("(1 - z) * b * j"),
        "yours takes the new ones": (
            lines("j = i + x @ W.T", MOVE, SPIKE, "j = j + z @ R.T", RETURN),
            lines(SPIKE, ARRIVE, MOVE, "return z, (1 - z) * v, b * j"),
            decayed("b * (i + x @ W.T + z @ R.T)"),
        ),
        "Return the new v": lines("old = v", stepped("(1 - z) * v", "old")),
        "yours feels the old i": stepped("(j - v)", "(i - v)"),
        "before it decays": lines(ARRIVE, "j = b * j", MOVE, SPIKE, "return z, (1 - z) * v, j"),
        "in yours, R z is missing": stepped("(j - v)", "(i + x @ W.T - v)"),
        "in yours, W x is missing": stepped("(j - v)", "(i + z @ R.T - v)"),
        "in yours, i is missing": stepped("(j - v)", "(j - i - v)"),
        "add it to the old v": stepped("v + a", "a"),
        "yours lack the - v": stepped("(j - v)", "j"),
        "yours add v": stepped("(j - v)", "(j + v)"),
        "a multiplies all of (j - v)": stepped("a * (j - v)", "a * j - v"),
        "a multiplies j, too": stepped("v + a * (j - v)", "(1 - a) * v + j"),
        "in yours, a is missing": stepped("a * (j - v)", "(j - v)"),
        "yours takes what stays, 1 - a": stepped("v + a * (j - v)", "a * v + (1 - a) * j"),
        "yours moves by b": stepped("a * (j", "b * (j"),
        "Look at the sign": stepped("v + a", "v - a"),
        "as if nothing had happened": stepped("(1 - z) * v", "v"),
        "yours takes those of the step before": (
            lines(ARRIVE, MOVE, NEW_Z, "return new, (1 - z) * v, b * j"),
            lines(ARRIVE, MOVE, "v = (1 - z) * v", NEW_Z, "return new, v, b * j"),
        ),
        "yours is reset one step later": lines(
            ARRIVE, "v = (1 - z) * v", MOVE, SPIKE, "return z, v, b * j"
        ),
        "yours resets all others": stepped("(1 - z) * v", "z * v"),
        "A neuron at 1 does not spike": stepped("> 1", ">= 1"),
        "yours come from the old one": (
            lines("old = v", stepped("(v > 1)", "(old > 1)")),
            lines("old = v", stepped("return z,", "return (old > 1).to(v.dtype),")),
        ),
        "yours looks at j": stepped("(v > 1)", "(j > 1)"),
        "The threshold is 1: yours is 0": stepped("(v > 1)", "(v > 0)"),
        "yours loses 1": stepped("(1 - z) * v", "v - z"),
        "is it computed after the reset": lines(
            ARRIVE, MOVE, "v = v * (v <= 1)", SPIKE, "return z, v, b * j"
        ),
        "yours are those of the step before": lines(
            ARRIVE, MOVE, NEW_Z, "return z, (1 - new) * v, b * j"
        ),
        "and not below: look at the comparison": stepped("return z,", "return 1 - z,"),
        "Spikes are the numbers 0 and 1: yours take other values too": (
            stepped("return z,", "return v,"),
            stepped(SPIKE, "z = (v - 1).sigmoid()"),
        ),
        "numbers of type torch.float32: yours are torch.bool": lines(
            ARRIVE, MOVE, "z = v > 1", "return z, ~z * v, b * j"
        ),
        "Spikes are floats, 0 or 1": stepped(".to(v.dtype)"),
        "at once: an if": stepped("(v > 1).to(v.dtype)", "1 if v > 1 else 0"),
        "W x is x @ W.T": (
            stepped("x @ W.T", "W @ x"),
            stepped("z @ R.T", "R * z"),
            stepped("W.T", "W"),
        ),
        "a and b may be plain numbers": (
            stepped("a * (j", "a[None] * (j"),
            stepped("a * (j", "a.unsqueeze(0) * (j"),
        ),
        "another order than z, v, i": stepped(
            "return z, (1 - z) * v, b * j", "return b * j, (1 - z) * v, z"
        ),
        "Return z, v, i, in this order: yours is a tuple of 2": stepped(
            "(1 - z) * v, b * j", "((1 - z) * v, b * j)"
        ),
        "changes v in place": stepped("v = v + a", "v += a"),
        "changes i in place": lines("i += x @ W.T", stepped("x @ W.T + ")),
        "stay with the functions of torch": stepped(
            "x @ W.T", "torch.tensor(x.numpy() @ W.numpy().T)"
        ),
    },
    check.time_constant: {
        "natural logarithm is log.": constant("log", "ln"),
        "39 % for a decay of 0.5. Return seconds": "return 1e3 * dt / (1 - decay)",
        "turn the sign": constant("-"),
        "and not log10": constant("log", "log10"),
        "gives the time after which half is left": constant("log", "log2"),
        "39 % for a decay of 0.5": "return dt / (1 - decay)",
        "Upside down": ("return -decay.log() / dt", "return decay.log() / dt"),
        "yours are milliseconds": constant("-dt", "-1e3 * dt"),
        "yours are steps": constant("dt", "1"),
        "yours is always 8 ms": constant("dt", "0.008"),
        "yours is always 1 ms": constant("dt", "0.001"),
        "yours takes 1 - decay": constant("decay", "(1 - decay)"),
        "and not log10. A time is above 0": "return dt / decay.log10()",
        "The logarithm is missing": "return dt / decay",
        "multiplied in yours": constant("/", "*"),
        "treats decay as a time constant": "return torch.exp(-dt / decay)",
        "yours has another exponential": constant("log", "exp"),
        "For 1/e it is the natural one": constant("-dt", "dt * math.log(0.5)"),
        "yours is rounded": "return dt * (-1 / decay.log()).ceil()",
        "yours is one for all": "return (-dt / decay.log()).mean()",
        "takes all decays at once": constant("decay.log()", "math.log(decay)"),
        "the logarithm is of decay alone": "return -torch.log(dt) / decay",
        "The time constant [0, 0] should be 0.01154 for decay = 0.5": "return decay",
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
        "yours counts it from then on": shared(
            "(answers == labels)", "(answers == labels).cummax(0).values"
        ),
        "they also have to stay right": shared(
            "(answers == labels)", "(answers == labels).flip(0).cummin(0).values.flip(0)"
        ),
        "yours is in percent": averaged("mean(1) * 100"),
        "looks at step t alone. A share": averaged("mean(1) * 100").replace(".cumsum(0)", ""),
        "a number of right answers": averaged("sum(1)"),
        "divides by the number of steps": averaged("sum(1) / len(v)"),
        "yours are wrong ones": shared("==", "!="),
        "yours is the mean of those up to it": averaged(
            "mean(1).cumsum(0) / torch.arange(1, len(v) + 1)"
        ),
        "yours adds them up": (
            averaged("mean(1).cumsum(0)"),
            summed("v").replace("mean(1)", "mean(1).cumsum(0)"),
        ),
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
