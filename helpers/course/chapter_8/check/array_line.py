"""array_line(n_runs, at_once, max_size) gives the option of sbatch, and the runs of each task."""

import math

from helpers.course.checks import call, exercise, expect, expect_no_mistake, kind, number, parts


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
    runs = []
    not_whole = []
    for n_runs, at_once, max_size in CASES:
        got = call(answer, n_runs=n_runs, at_once=at_once, max_size=max_size)
        line, each = parts(got, "the option, the runs of each task")
        expect(isinstance(line, str), f"The option should be a text: yours is {kind(line)}.")
        right_line, right_each = _array_line(n_runs, at_once, max_size)
        each = number(each, "The runs of each task")
        exact = n_runs / max_size
        not_whole.append((each, right_each, {"A task does whole runs: round up.": exact}))
        wrong_runs = {
            "Rounded down, or to the nearest, some runs are in no task": math.floor(exact),
            "An array may have max_size tasks, task 0 included: one more than is needed": (
                right_each + 1
            ),
        }
        runs.append((each, right_each, wrong_runs))
        wrong_lines = {
            "The last task is included, and the first one is 0": (
                _option(math.ceil(n_runs / right_each), at_once)
            ),
            "There are fewer tasks than runs, as each does several": _option(n_runs - 1, at_once),
        }
        lines.append((line, right_line, wrong_lines))
    expect_no_mistake(not_whole)
    for (n_runs, _, max_size), (each, right, _) in zip(CASES, runs):
        case = f"for {n_runs} runs with max_size = {max_size}"
        if each != right:
            expect_no_mistake(runs, f": {case}, each task does {right}, and yours {each:g}.")
        expect(
            each == right, f"The runs of each task {case} should be {right}: yours are {each:g}."
        )
    for (n_runs, at_once, max_size), (line, right, _) in zip(CASES, lines):
        case = f"for {n_runs} runs with max_size = {max_size}"
        expect("--array=" in line, f"The option is called --array=...: yours is {line!r}.")
        expect("%" in line, f"After % stands how many tasks may run at a time: yours is {line!r}.")
        expect(
            line.endswith(f"%{at_once}"),
            f"At most {at_once} tasks run at a time, so it ends in %{at_once}: yours is {line!r}.",
        )
        expect("=0-" in line, f"The tasks are counted from 0: yours is {line!r}.")
        if line != right:
            expect_no_mistake(lines, f": {case}, {right}.")
        expect(line == right, f"The option {case} should be {right}: yours is {line}.")
    return "one line, and SLURM keeps the queue, starts each task and looks after it."
