"""split(speaker, test, validation) gives indices for training, validation and test."""

from itertools import combinations

import torch

from helpers.course.judge import Solution, call, exercise, expect, expect_type, kind, parts

CASES = ((1, 3), (4, 0), (3, 2))  # test and validation
OF = "training, validation, test"
HINTS = {
    "Boolean value of Tensor": (
        "and, or, not and in take one value. & and ~ take all, with brackets round comparisons:"
        " (speaker != test) & (...)."
    ),
    "bitwise": "Put brackets round each comparison: & comes before == and !=.",
    "must match the size of tensor b": (
        "Put brackets round the whole condition before nonzero(): (... & ...).nonzero()."
    ),
    "object has no attribute 'nonzero'": (
        "nonzero is a method of tensors: compare speaker, all of it at once."
    ),
}
solution = Solution(
    """
def split(speaker, test, validation):
    others = (speaker != test) & (speaker != validation)
    parts = others, speaker == validation, speaker == test
    return tuple(part.nonzero().flatten() for part in parts)
""",
    {
        "speaker == validation, speaker == test": {
            "speaker == test, speaker == validation": (
                "test and validation are swapped: return training, validation, test."
            ),
        },
        "&": {
            "|": (
                "All recordings are in training: with |, one of the two != is enough,"
                " and one always holds. & asks for both."
            ),
        },
        " & (speaker != validation)": {
            "": "The speaker who validates is in training too: leave both out.",
        },
        "(speaker != test) & ": {"": "The speaker who tests is in training too: leave both out."},
        "speaker == validation": {
            "speaker != validation": (
                "Validation is for its speaker alone: yours has all others. That comparison is ==."
            ),
            "speaker[speaker != test] == validation": (
                "Validation counts its places among those who do not test: count in all of speaker."
            ),
        },
        "speaker == test": {
            "speaker != test": (
                "The test is for its speaker alone: yours has all others. That comparison is ==."
            ),
            "speaker[speaker != validation] == test": (
                "Test counts its places among those who do not validate: count in all of speaker."
            ),
            "torch.arange(len(speaker)) == test": (
                "test is the number of a speaker: yours takes it for the place of a recording."
            ),
        },
    },
)


@exercise("Leave a speaker out", ours=solution)
def split(answer) -> str:
    speaker = torch.randint(6, (18,))

    def sets(function):
        """Return the indices for training, validation and test, each sorted, in all cases."""
        found = []
        for test, validation in CASES:
            result = call(function, HINTS, speaker=speaker, test=test, validation=validation)
            each = parts(result, OF)
            for name, part in zip(OF.split(", "), each):
                _look_at_form(name, part, speaker)
            found.append([part.sort().values.long() for part in each])
        return found

    solution.expect_no_mistake(answer, lambda function: sum(sets(function), []))
    for case, each, right in zip(CASES, sets(answer), sets(solution)):
        parts(each, OF, right)
        _look_at_speakers(each, speaker, *case)
    return "no voice of the test was heard in training, so the test speaks about strangers."


def _look_at_form(name, part, speaker) -> None:
    """Expect the indices of some recordings, each once."""
    expect(
        not isinstance(part, tuple) or len(part) != 1,
        f"The indices for {name} are in a tuple of one tensor: take its first element, [0].",
    )
    expect_type(part, torch.Tensor, f"The indices for {name} should be one tensor: yours is")
    looks_like_mask = part.shape == speaker.shape and set(part.tolist()) <= {0, 1}
    expect(
        part.dtype != torch.bool and not looks_like_mask,
        f"Return indices: for {name}, yours is True or False for each recording."
        " nonzero().flatten() gives the places of True.",
    )
    expect(
        part.ndim == 1,
        f"The indices for {name} should have one axis, as flatten() makes it: yours is"
        f" {kind(part)}.",
    )
    is_place = (part >= 0) & (part < len(speaker))
    expect(
        not part.is_floating_point() and is_place.all(),
        f"The indices for {name} are whole numbers, from 0 to the number of recordings - 1.",
    )
    expect(
        len(part.unique()) == len(part),
        f"The indices for {name} hold one recording several times."
        " Are they numbers of speakers? Places in speaker are asked for.",
    )


def _look_at_speakers(each, speaker, test, validation) -> None:
    """Expect all recordings of the right speakers in each part."""
    case = f"For test = {test} and validation = {validation},"
    speakers = {name: speaker[part].unique().tolist() for name, part in zip(OF.split(", "), each)}
    for one, other in combinations(speakers, 2):
        for n in speakers[one]:
            expect(n not in speakers[other], f"{case} speaker {n} is in {one} and in {other}.")
    for name, wanted in (("validation", validation), ("test", test)):
        expect(
            speakers[name] == [wanted],
            f"{case} the part for {name} should have speaker {wanted}:"
            f" yours has {speakers[name] or 'nobody'}.",
        )
    missing = [n for n in range(len(speaker)) if n not in torch.cat(each)]
    expect(
        not missing,
        f"{case} recordings {missing} are in none of the three: all other speakers train.",
    )
