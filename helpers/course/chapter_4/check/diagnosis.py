"""A dict with the cause and the cure of each log from A to E, as in 1a."""

import re

from helpers.course.judge import exercise, expect, expect_type

CAUSES_AND_CURES = {"A": "3b", "B": "5d", "C": "1e", "D": "6a", "E": "2f"}
# What to look at in each log, or where somebody takes it for another cause.
CLUES = {
    "A": "In A two processes are expected: how many came, and what did that one do until the end?",
    "B": "B has no error: something is waited for. Of which step did one process print nothing?",
    "C": "C says what could not listen, and that an address was already in use.",
    "D": "D says what one process asked for and did not get: look for the number of bytes.",
    "E": "In E no program made a mistake: what does SLURM say about one of the machines?",
    "A4": "A was stopped when its time was up. But how far had it come: what did it wait for?",
    "E3": (
        "In E both processes were there, and then one was not: what does SLURM say about its node?"
    ),
}


@exercise("Cause and cure")
def diagnosis(answer: dict) -> str:
    expect_type(answer, dict, "The answer is a dict, from A to E: this is")
    answer = {str(letter).upper(): said for letter, said in answer.items()}
    for letter, right in CAUSES_AND_CURES.items():
        expect(letter in answer, f"Log {letter} has no answer yet.")
        said = str(answer[letter]).replace(" ", "").lower()
        expect(
            re.fullmatch("[1-6][a-f]", said), f"For {letter} write a number and a letter, as in 1a."
        )
        expect(said[0] == right[0], CLUES.get(letter + said[0], CLUES[letter]))
        expect(said != "5b", "Look at the beginning of each line of B: srun is there already.")
        expect(
            said == right,
            f"The cause of {letter} is right. Would that cure help? It leaves the cause as it is.",
        )
    return (
        "five logs read. In other logs, too,"
        " look for the first line that a healthy job would not have."
    )
