"""array_line(n_runs, at_once, max_size) gives the option of sbatch, and the runs of each task."""

import math

from helpers.course.checks import (
    Look,
    call,
    exercise,
    expect,
    expect_no_mistake,
    kind,
    number,
    parts,
)


def _option(last, at_once):
    return f"--array=0-{last}%{at_once}"


def _array_line(n_runs, at_once, max_size=1001):
    each = math.ceil(n_runs / max_size)
    n_tasks = math.ceil(n_runs / each)
    return _option(n_tasks - 1, at_once), each


CASES = ((24, 8, 1001), (1001, 50, 1001), (1002, 50, 1001), (10, 2, 4), (7, 3, 3), (2500, 9, 1000))


@exercise("The line of the array", ours=_array_line)
def array_line(answer) -> str:
    lines = []
    all_each = []
    for n_runs, at_once, max_size in CASES:
        got = call(answer, n_runs=n_runs, at_once=at_once, max_size=max_size)
        line, each = parts(got, "the option, the runs of each task")
        expect(isinstance(line, str), f"The option should be a text: yours is {kind(line)}.")
        lines.append(line)
        all_each.append(number(each, "The runs of each task"))
    right_lines, right_each = zip(*[_array_line(*case) for case in CASES])
    _look_at_each(all_each, list(right_each))
    _look_at_lines(lines, list(right_lines), list(right_each))
    return "one line, and SLURM keeps the queue, starts each task and looks after it."


def _case(n_runs: int, max_size: int) -> str:
    return f"for {n_runs} runs with max_size = {max_size}"


def _look_at_each(got: list[float], right: list[int]) -> None:
    """Expect the right number of runs of each task."""
    exact = [n_runs / max_size for n_runs, _, max_size in CASES]
    not_whole = [{"A task does whole runs: round up.": runs} for runs in exact]
    expect_no_mistake(got, right, not_whole)
    mistakes = [
        {
            "Rounded down, or to the nearest, some runs are in no task": math.floor(runs),
            "An array may have max_size tasks, task 0 included: one more than is needed": most + 1,
        }
        for runs, most in zip(exact, right)
    ]
    for (n_runs, _, max_size), each, right_each in zip(CASES, got, right):
        case = _case(n_runs, max_size)
        if each != right_each:
            where = f": {case}, each task does {right_each}, and yours {each:g}."
            expect_no_mistake(got, right, mistakes, where)
            raise Look(f"The runs of each task {case} should be {right_each}: yours are {each:g}.")


def _look_at_lines(got: list[str], right: list[str], right_each: list[int]) -> None:
    """Expect the right options."""
    for (_, at_once, _), line in zip(CASES, got):
        expect("--array=" in line, f"The option is called --array=...: yours is {line!r}.")
        expect(
            "%" in line,
            f"After % stands how many tasks may run at a time: yours is {line!r}.",
        )
        expect(
            line.endswith(f"%{at_once}"),
            f"At most {at_once} tasks run at a time, so it ends in %{at_once}: yours is {line!r}.",
        )
        expect("=0-" in line, f"The tasks are counted from 0: yours is {line!r}.")
    mistakes = [
        {
            "The last task is included, and the first one is 0": _option(
                math.ceil(n_runs / each), at_once
            ),
            "There are fewer tasks than runs, as each does several": _option(n_runs - 1, at_once),
        }
        for (n_runs, at_once, _), each in zip(CASES, right_each)
    ]
    for (n_runs, _, max_size), line, right_line in zip(CASES, got, right):
        case = _case(n_runs, max_size)
        if line != right_line:
            expect_no_mistake(got, right, mistakes, f": {case}, {right_line}.")
            raise Look(f"The option {case} should be {right_line}: yours is {line}.")
