"""pays_from(first, slow, fast) gives the images after which the compiled network has caught up."""

from helpers.course.checks import call_briefly, compare, exercise, results


@exercise("When does compiling pay?", ours=lambda first, slow, fast: first / (1 / slow - 1 / fast))
def pays_from(answer) -> str:
    cases = [(20, 100, 200), (30, 250, 400), (5, 4000, 64000), (0, 10, 30)]
    got, (first, slow, fast) = results(answer, "first slow fast", cases, call=call_briefly)
    gain = 1 / slow - 1 / fast

    def images(paid=first, gained=gain, unit=1):
        return paid / gained / unit

    if ((got - images()).abs() <= 1).all():  # rounded up, or the first image ahead
        got = images()
    mistakes = {
        "Those are the seconds that an image gains: in how many images are they first?": gain,
        "Divide first by the seconds that an image gains: yours adds or multiplies.": [
            first + gain,
            first * gain,
        ],
        "first is missing: the longer it compiles, the more images.": {"paid": 1},
        "Compiling is paid once: yours pays it twice.": {"paid": 2 * first},
        "What does an image gain? Yours multiplies slow by fast, whatever lies between.": {
            "gained": 1 / slow / fast
        },
        "The gain is a difference, 1 / slow - 1 / fast: yours is a ratio.": {
            "gained": [slow / fast, fast / slow]
        },
        "Fast takes fewer seconds per image: yours has the two swapped.": {"gained": -gain},
        "n / slow = first + n / fast: yours has a wrong sign.": {"gained": 1 / slow + 1 / fast},
        "The {} network does that in the seconds of compiling: where are the two level?": {
            "gained": {"slow": 1 / slow, "fast": 1 / fast}
        },
        "That divides seconds by images per second, and gives no images.": {
            "gained": [fast - slow, slow, fast]
        },
        "fast - slow is gained per second after compiling: yours begins too early.": {
            "gained": 1 / (fast - slow)
        },
        "1 / (slow - fast) is not 1 / slow - 1 / fast: look at the brackets.": {
            "gained": 1 / (slow - fast)
        },
        "Fast does more images per second: slow - fast is negative, and no seconds.": {
            "gained": slow - fast
        },
        "That is in seconds{}: how many images does a network do in that time?": {
            "unit": {"": slow, " after compiling": fast}
        },
    }
    compare("pays_from", got, images, mistakes, cases)
    return "n / slow = first + n / fast. For fewer images than that, go without the compiler."
