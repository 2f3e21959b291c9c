"""first_there(rates, images) gives the batch size that needs the shortest time."""

import torch

from helpers.course.checks import call, compare_all, exercise, number


def _first_there(rates, images):
    return min(rates.keys() & images.keys(), key=lambda batch: images[batch] / rates[batch])


@exercise("The batch that gets there first", ours=_first_there)
def first_there(answer) -> str:
    cases = [
        # 12, 8.75, 8.4 and 10 s
        ({32: 300, 64: 400, 128: 500, 256: 550}, {32: 3600, 64: 3500, 128: 4200, 256: 5500}),
        # 40, 33, 14 and 67 s
        ({64: 100, 128: 150, 512: 700, 2048: 900}, {64: 4000, 128: 5000, 512: 9900, 2048: 60000}),
        # 8.89 and 8.95 s: // rounds both to 8, as two times of the first case
        ({16: 90, 32: 100}, {16: 800, 32: 895}),
        # 10 and 11 s; three batches are in one dict only
        ({8: 50, 64: 400, 128: 500, 1024: 9000}, {64: 4000, 128: 5500, 256: 100}),
    ]
    compared = []
    for rates, images in cases:
        both = rates.keys() & images.keys()
        seconds = {batch: images[batch] / rates[batch] for batch in sorted(both)}
        hints = {
            f"{batch}": f"Batch {batch} is in one of the dicts only: take those in both."
            for batch in rates.keys() ^ images.keys()
        }
        got = number(call(answer, hints, rates=dict(rates), images=dict(images)), "The batch")
        right = _first_there(rates, images)
        mistakes = {
            f"That is the time of batch {right}: the batch is asked for.": seconds[right],
            "That is the one with the most images per second. How many images does it need?": [
                max(batches, key=rates.get) for batches in (both, rates)
            ],
            "That is the one that needs the fewest images. How fast does it see them?": [
                min(batches, key=images.get) for batches in (both, images)
            ],
            "That is the slowest: the time is images needed over images per second.": (
                max(both, key=seconds.get)
            ),
            f"Batch {got:g} is not in both dicts.": torch.nan if got in both else got,
        }
        times = ", ".join(f"{second:.3g} s for {batch}" for batch, second in seconds.items())
        name = f"With rates {rates} and images {images} it takes {times}. The batch"
        compared.append((name, torch.tensor(got), torch.tensor(float(right)), mistakes))
    compare_all(compared)
    return (
        "images needed over images per second."
        " The fastest need not win, nor the one that needs the fewest images."
    )
