"""runs_of_task(task, each, n_seeds, n_runs) gives (setting, seed) of each run of a task."""

from helpers.course.checks.judge import call, exercise, expect, kind


def _runs_of_task(task, each, n_seeds, n_runs):
    first = task * each
    numbers = range(first, min(first + each, n_runs))
    return [divmod(number, n_seeds) for number in numbers]


CASES = ((0, 1, 3, 24), (7, 1, 3, 24), (1, 4, 2, 6), (2, 5, 3, 13), (3, 8, 4, 50))


@exercise("From a number to its setting", ours=_runs_of_task)
def runs_of_task(answer) -> str:
    for task, each, n_seeds, n_runs in CASES:
        given = {"task": task, "each": each, "n_seeds": n_seeds, "n_runs": n_runs}
        got = call(answer, **given)
        case = ", ".join(f"{name} = {value}" for name, value in given.items())
        expect(
            isinstance(got, list | tuple),
            f"Return a list of pairs: yours is {kind(got)}.",
        )
        is_pairs = all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in got)
        expect(
            is_pairs,
            "Each element of the list should be a pair, (setting, seed). Where there is one run,"
            " the list holds one pair.",
        )
        got = [tuple(pair) for pair in got]
        right = _runs_of_task(**given)
        numbers = range(task * each, min((task + 1) * each, n_runs))
        whole = range(task * each, (task + 1) * each)
        mistakes = {
            "Setting and seed are swapped: the setting comes first.": [
                (seed, setting) for setting, seed in right
            ],
            "The last task has no more runs than are left: yours goes beyond n_runs.": [
                divmod(number, n_seeds) for number in whole
            ],
            "A task begins at task * each: yours takes the task for its first number.": [
                divmod(number, n_seeds) for number in range(task, min(task + each, n_runs))
            ],
            "Runs of one setting follow each other: yours have the same seed.": [
                (number % (n_runs // n_seeds), number // (n_runs // n_seeds)) for number in numbers
            ],
            "The seed is what n_seeds leaves of the number, by %: yours is the number.": [
                (number // n_seeds, number) for number in numbers
            ],
            "Those are numbers of runs as settings: n_seeds runs share a setting.": [
                (number, number % n_seeds) for number in numbers
            ],
            "The last run of the task is missing.": right[:-1],
        }
        for sentence, wrong in mistakes.items():
            expect(got == right or got != wrong, f"{sentence} (Here for {case}.)")
        expect(len(got) == len(right), f"For {case}, there are {len(right)} runs, not {len(got)}.")
        expect(got == right, f"For {case}, the runs are {right}: yours are {got}.")
    return "whoever has the number has the run: no list of what is taken has to be kept anywhere."
