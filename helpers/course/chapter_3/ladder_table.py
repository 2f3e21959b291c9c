"""The recorded ladders of chapter 3, device by device, beside the one that was measured here."""

from helpers.course.chapter_3.ladder import LIMIT


def ladder_table(ladders: dict) -> str:
    """Return a Markdown table, device by rung: images/s, and lowest to highest over the runs.

    In brackets: how many times as fast as the ReLU control.

    ladders: as `read_ladders` of notebook/ladder_speeds.py returns them
    """
    rows = [["images/s (times ReLU)", *ladders], ["---"] * (1 + len(ladders))]
    # sorted, the numbers of the rungs come before the control
    for name in sorted(set().union(*ladders.values())):
        cells = [_cell(speeds, name) for speeds in ladders.values()]
        rows.append([name, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(speeds: dict, name: str) -> str:
    if name not in speeds:
        return "-"
    speed = speeds[name]
    text = f"{speed.median:,.0f}"
    if speed.low < speed.high:
        text += f", {speed.low:,.0f} to {speed.high:,.0f}"
    return f"{text} ({speed.median / speeds[LIMIT].median:.2f})"
