"""spend(run) gives the mean that it reports, and its setting, after 24 runs at most."""

from statistics import mean

from helpers.course.chapter_6.budget import play
from helpers.course.judge import exercise, expect

GAIN = 0.2  # points, over the plan that is beaten


def _spend(run):
    first = sorted(((run(setting, 0), setting) for setting in range(16)), reverse=True)
    found = []
    for score, setting in first[:4]:
        scores = [score, run(setting, 1), run(setting, 2)]
        found.append((mean(scores), setting))
    return max(found)


def _eight_settings(run):
    means = [mean(run(setting, seed) for seed in range(3)) for setting in range(8)]
    return max(zip(means, range(8)))


@exercise("The best use of 24 runs", ours=_spend)
def spend(answer) -> str:
    report, found = play(answer)
    _, to_beat = play(_eight_settings)
    gain = found - to_beat
    expect(
        gain >= GAIN,
        f"A new seed of the setting that yours chooses gets {found:.1f} %, {gain:+.1f} points from"
        f" eight settings with three seeds. Which runs tell you least?",
    )
    return f"new seeds get {found:.1f} %, {gain:+.1f} points. You report {report:.1f} %."
