"""runs_of_task(task, each, n_seeds, n_runs) gives (setting, seed) of each run of a task."""

from helpers.course.checks import call, exercise, expect, expect_no_mistake, kind


def _pairs(numbers, n_seeds):
    return [divmod(number, n_seeds) for number in numbers]


def _runs_of_task(task, each, n_seeds, n_runs):
    return _pairs(range(task * each, min((task + 1) * each, n_runs)), n_seeds)


NAMES = ("task", "each", "n_seeds", "n_runs")
CASES = ((0, 1, 3, 24), (7, 1, 3, 24), (1, 4, 2, 6), (2, 5, 3, 13), (3, 8, 4, 50))


@exercise("From a number to its setting", ours=_runs_of_task)
def runs_of_task(answer) -> str:
    compared = []
    for case in CASES:
        runs = call(answer, **dict(zip(NAMES, case)))
        expect(isinstance(runs, list | tuple), f"Return a list of pairs: yours is {kind(runs)}.")
        expect(
            all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in runs),
            "Each element of the list should be a pair, (setting, seed). Where there is one run,"
            " the list holds one pair.",
        )
        runs = [tuple(pair) for pair in runs]
        compared.append((runs, _runs_of_task(*case), _mistakes(*case)))
    for case, (runs, right, _) in zip(CASES, compared):
        here = ", ".join(f"{name} = {value}" for name, value in zip(NAMES, case))
        if runs != right:
            expect_no_mistake(compared, f" (Here for {here}.)")
        n_runs = len(right)
        expect(len(runs) == n_runs, f"For {here}, there are {n_runs} runs, not {len(runs)}.")
        expect(runs == right, f"For {here}, the runs are {right}: yours are {runs}.")
    return "whoever has the number has the run: no list of what is taken has to be kept anywhere."


def _mistakes(task, each, n_seeds, n_runs) -> dict:
    """Return what usual mistakes give."""
    numbers = range(task * each, min((task + 1) * each, n_runs))
    right = _pairs(numbers, n_seeds)
    return {
        "Setting and seed are swapped: the setting comes first.": [
            (seed, setting) for setting, seed in right
        ],
        "The last task has no more runs than are left: yours goes beyond n_runs.": (
            _pairs(range(task * each, (task + 1) * each), n_seeds)
        ),
        "The runs are counted from 0: yours from 1.": (
            _pairs([number + 1 for number in numbers], n_seeds)
        ),
        "A task begins at task * each: yours takes the task for its first number.": (
            _pairs(range(task, min(task + each, n_runs)), n_seeds)
        ),
        "Runs of one setting follow each other: yours have the same seed.": [
            (setting, seed) for seed, setting in _pairs(numbers, n_runs // n_seeds)
        ],
        "The seed is what n_seeds leaves of the number, by %: yours is the number.": [
            (number // n_seeds, number) for number in numbers
        ],
        "Those are numbers of runs as settings: n_seeds runs share a setting.": [
            (number, number % n_seeds) for number in numbers
        ],
        "The last run of the task is missing.": right[:-1],
    }
