"""Mutants of the solutions of exercises, and what the checks say of them. Not a test: what it finds goes into answers.py.

    python -m tests.studies.mutants                 all exercises
    python -m tests.studies.mutants fit prune       the exercises with these checks

A mutant is a solution with one change: an operator, a number, an axis, a name, an argument, a line. Its lines are
filled into the learner's copy, as a learner would. A check that calls it right is printed, with the line that changed.
Either the change changes nothing, or the exercise allows it: then NAMED says so. Or the check has a hole.
"""

import ast
import contextlib
import io
import signal
import sys
import warnings
from collections.abc import Iterator
from difflib import ndiff
from textwrap import dedent

import torch

from solutions.make_chapters import BLOCK
from tests.course.judge.learners_copy import CHAPTERS, checks, fill, solutions
from tests.studies.progress import say

OTHERS = {  # what takes the place of an operator
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult, ast.FloorDiv],
    ast.FloorDiv: [ast.Div, ast.Mod],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
COMMUTE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)
MODULES = {"torch", "math", "norse", "np"}  # a call of theirs has no object before the point
SECONDS = 60  # for one mutant; it may loop for ever
NOT_NAMED = "NOT NAMED"
# Why a check may call a mutant right, and for each check the changed lines of such mutants.
NAMED = {
    "in any order": {
        "run_neuron": ["v.append(state.v)", "z.append(spike)"],
        "lif_step": ["i = i - dt * tau_syn_inv * i"],
        "fit": ["losses = []", "optimizer.zero_grad()", "losses.append(loss.item())"],
        "latest_start": ["v[start:, 0, 1] = 1"],
        "silent_share": ["return (z.sum(dim=(1, 0)) == 0).float().mean()"],
        "longest_gap": ["end = max(stop, end)"],
        "average": ["mean = {}"],
        "plan": ["factor = devices if optimizer == 'SGD' else devices ** 0.5"],
        "job_script": ["script = script.replace('/local', '/scratch')"],
        "estimate": ["work = epochs * examples * seq_length * neurons"],
        "fan_out_map": [
            "most = min(size - kernel + 1, kernel)",
            "along = torch.tensor([min(size - r, r + 1, most) for r in range(size)])",
            "along = torch.tensor([min(r + 1, most, size - r) for r in range(size)])",
        ],
        "device_hours": ["alone = math.ceil(n_runs / devices) * hours"],
        "cut_into_bins": ["return bins.transpose(1, 0).flatten(1)"],
        "backwards": ["result = torch.zeros_like(events)"],
        "halve": ["order = curves[left, epoch - 1].argsort(descending=True)"],
        "bytes_held": [
            "rows = math.ceil(n / processes)",
            "copied = 16 * n * n + 4 * seq_length * examples * n",
            "split = 16 * rows * n + 4 * seq_length * batch * rows",
        ],
        "smallest_delay": ["return max(math.ceil(latency / slack), 1)"],
    },
    "v_reset is 0": {
        "lif_step": [
            "v = (1 - z) * v",
            "v = (1 - z) * v - z * v_reset",
            "v = (1 - z) * v + v_reset",
        ]
    },
    "the first is the last one too": {
        "latest_start": [
            "logits = decode(v)[-1]",
            "v[:, -1, 0] = background",
            "v[start:, -1, 1] = 1",
        ],
        "average": ["for name in gradients[-1]:"],  # the names are the same in all
    },
    "one more example, or class, changes nothing": {
        "latest_start": ["v = torch.zeros(seq_length, 2, 2)", "v = torch.zeros(seq_length, 1, 3)"]
    },
    "the loop begins with that span": {"longest_gap": ["end, gap = (spans[0][0], (0, 0))"]},
    "nobody asks for spans without a gap": {
        "longest_gap": ["end, gap = (spans[0][1], (1, 0))", "end, gap = (spans[0][1], (0, -1))"]
    },
    "of two that are equal, either may be chosen": {
        "longest_gap": ["if start - end >= gap[1] - gap[0]:"],
        "poisson": ["return (torch.rand(seq_length, *p.shape) <= p).to(p.dtype)"],
    },
    "& takes a dict for its keys": {
        "first_there": ["both = rates & images.keys()", "both = rates.keys() & images"]
    },
    "quantile flattens": {"prune": ["limit = weight.abs().quantile(share)"]},
    "both have the same names, or the same shape": {
        "broken": ["names = again.keys() - may_change"],
        "luck": ["setting, seed = divmod(done.argmax().item(), tried.shape[1])"],
    },
    "the best accuracy is higher, in percent": {
        "luck": [f"done = torch.where(tried, scores, {low})" for low in ("1.0", "-2.0", "-0.0")]
    },
    "a tuple is as good as a list": {
        "asked": ["return total.split([len(R) for R in rows], dim=1)"]
    },
    "numbers of any type, or of the same": {
        "winner": [
            "return best * (above > 0)",
            "return best * (above > 0).to()",
            "return best * (above > 0).to(threshold.dtype)",
        ],
    },
}


def places(tree: ast.AST) -> Iterator[tuple]:
    """Each node of a tree as what holds it, a list or the fields of its parent, and its key there."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST):
                yield vars(parent), field
            elif isinstance(value, list):
                yield from ((value, n) for n, each in enumerate(value) if isinstance(each, ast.AST))


def changes(node: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """What may take the place of a node; names: the arguments of the function."""
    for other in OTHERS.get(type(node), []):
        yield other()
    if isinstance(node, ast.BinOp):
        if not isinstance(node.op, COMMUTE):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Call):
        for n in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:n] + node.keywords[n + 1 :])
        for n in range(len(node.args)):
            yield ast.Call(node.func, node.args[:n] + node.args[n + 1 :], node.keywords)
            if n > 0:
                swapped = [*node.args[: n - 1], node.args[n], node.args[n - 1], *node.args[n + 1 :]]
                yield ast.Call(node.func, swapped, node.keywords)
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) not in MODULES:
            yield node.func.value
        elif len(node.args) == 1:
            yield node.args[0]
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        for n in range(1, len(node.elts)):
            swapped = [*node.elts[: n - 1], node.elts[n], node.elts[n - 1], *node.elts[n + 1 :]]
            yield ast.Tuple(swapped, node.ctx)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield from (ast.Name(name, node.ctx) for name in sorted(names - {node.id}))
    elif isinstance(node, ast.Slice):
        yield ast.Slice(None, node.upper, node.step)
        yield ast.Slice(node.lower, None, node.step)


def mutants(lines: str, names: set[str]) -> Iterator[str]:
    """Each mutant of some lines, once."""
    tree = ast.parse(lines)
    seen = {ast.unparse(tree)}
    for holder, key in list(places(tree)):
        node = holder[key]
        for new in changes(node, names):
            holder[key] = new
            yield from _new(tree, seen)
        holder[key] = node
    for holder, n in list(places(tree)):
        if not isinstance(holder, list) or not isinstance(holder[n], ast.stmt):
            continue
        before = list(holder)
        for others in (before[:n] + before[n + 1 :], _swapped(before, n)):
            holder[:] = others or [ast.Pass()]
            yield from _new(tree, seen)
        holder[:] = before


def _swapped(items: list, n: int) -> list:
    return [*items[:n], *reversed(items[n : n + 2]), *items[n + 2 :]]


def _new(tree: ast.AST, seen: set[str]) -> Iterator[str]:
    text = ast.unparse(tree)
    if text not in seen:
        seen.add(text)
        yield text


def said_of(check, lines: str) -> str:
    """What the check says of these lines in the learner's copy."""
    printed = io.StringIO()
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(printed):
            fill(check, lines)
    except BaseException as error:  # the lines themselves cannot be run
        return f"{type(error).__name__} before the check"
    finally:
        signal.alarm(0)
    return " ".join(printed.getvalue().split())


def reason(check: str, changed: str) -> str:
    """Why this check may call a mutant with this changed line right."""
    for why, lines_of in NAMED.items():
        if changed in lines_of.get(check, []):
            return why
    return NOT_NAMED


def stop(*signal):
    raise TimeoutError("too long")


def main(wanted: list[str]) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, stop)
    n_mutants = n_right = n_unnamed = 0
    for chapter in CHAPTERS:
        starters = solutions(chapter)
        for check in checks(chapter):
            starter = starters.get(check.exercise)
            if not starter or wanted and check.__name__ not in wanted:
                continue
            lines = dedent(BLOCK.search(starter)[2])
            names = {node.arg for node in ast.walk(ast.parse(starter)) if isinstance(node, ast.arg)}
            say(f"{chapter}: {check.exercise}")
            for mutant in mutants(lines, names):
                said = said_of(check, mutant)
                n_mutants += 1
                if not said.startswith("Right: ") and "cannot be checked" not in said:
                    continue
                diff = ndiff(ast.unparse(ast.parse(lines)).splitlines(), mutant.splitlines())
                changed = " ".join(line[2:].strip() for line in diff if line[0] in "+")
                why = reason(check.__name__, changed)
                n_right += said.startswith("Right: ")
                n_unnamed += why == NOT_NAMED
                print(f"{check.__name__}: {changed or mutant!r}: {why}, {said[:60]}", flush=True)
    print(f"{n_mutants} mutants, {n_right} called right, {n_unnamed} without a name")


if __name__ == "__main__":
    main(sys.argv[1:])
