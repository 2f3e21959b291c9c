"""array_line(n_runs, at_once, max_size) gives the option of sbatch, and the runs of each task."""

import math
import re

from helpers.course.checks.judge import call, exercise, expect, kind
from helpers.course.checks.values import number, parts


def _array_line(n_runs, at_once, max_size=1001):
    each = math.ceil(n_runs / max_size)
    n_tasks = math.ceil(n_runs / each)
    return f"--array=0-{n_tasks - 1}%{at_once}", each


CASES = ((24, 8, 1001), (1001, 50, 1001), (1002, 50, 1001), (10, 2, 4), (7, 3, 3), (2500, 9, 1000))


@exercise("The line of the array", ours=_array_line)
def array_line(answer) -> str:
    for n_runs, at_once, max_size in CASES:
        got = call(answer, n_runs=n_runs, at_once=at_once, max_size=max_size)
        line, each = parts(got, "the option, the runs of each task")
        expect(isinstance(line, str), f"The option should be a text: yours is {kind(line)}.")
        case = f"for {n_runs} runs with max_size = {max_size}"
        right_line, right_each = _array_line(n_runs, at_once, max_size)
        _look_at_each(number(each, "The runs of each task"), n_runs, max_size, right_each, case)
        _look_at_line(line, at_once, right_line, n_runs, case)
    return "one line, and SLURM keeps the queue, starts each task and looks after it."


def _look_at_each(each: float, n_runs: int, max_size: int, right: int, case: str) -> None:
    exact = n_runs / max_size
    expect(each == int(each) or each != exact, "A task does whole runs: round up.")
    mistakes = {
        "Rounded down, or to the nearest, some runs are in no task": math.floor(exact),
        "An array may have max_size tasks, task 0 included: one more than is needed": right + 1,
    }
    for sentence, wrong in mistakes.items():
        expect(
            each == right or each != wrong,
            f"{sentence}: {case}, each task does {right}, and yours {each:g}.",
        )
    expect(each == right, f"The runs of each task {case} should be {right}: yours are {each:g}.")


def _look_at_line(line: str, at_once: int, right: str, n_runs: int, case: str) -> None:
    last, right_last = (re.search(r"-(\d+)%", text) for text in (f"{line}%", right))
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
    found = int(last[1]) if last else -1
    wanted = int(right_last[1])
    expect(
        found != wanted + 1, f"The last task is included, and the first one is 0: {case}, {right}."
    )
    expect(
        found != n_runs - 1 or wanted == n_runs - 1,
        f"There are fewer tasks than runs, as each does several: {case}, {right}.",
    )
    expect(line == right, f"The option {case} should be {right}: yours is {line}.")
