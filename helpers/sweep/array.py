"""The line that submits a sweep to SLURM as an array of tasks."""

import math
import re
from itertools import groupby
from pathlib import Path

from helpers import require
from helpers.run.slurm import ask
from helpers.sweep.number import is_done, read_result
from helpers.sweep.plan import Run

SCRIPT = Path(__file__).with_name("sweep.sbatch")
USUAL_MAX_ARRAY_SIZE = 1001  # SLURM's default: the highest number is one less
START_SECONDS = 60  # what a task may need before it trains: imports from a slow file system
WARNING_SECONDS = 90  # the script's 30, and SLURM may send its signal 60 s earlier than asked
MARGIN = 2  # times what a run took
UNKNOWN = "unknown until one run is done: try number 0 first"


def max_array_size() -> int:
    """How many tasks an array may have here; SLURM's default where there is no SLURM to ask."""
    config, _ = ask("scontrol", "show", "config")
    found = re.search(r"MaxArraySize\s*=\s*(\d+)", config)
    return int(found[1]) if found else USUAL_MAX_ARRAY_SIZE


def describe(sweep: Path, runs: list[Run], at_once: int, each: int | None) -> list[str]:
    """Say what is left to do, and how it is submitted.

    Args:
        sweep: its folder
        runs: of the plan
        at_once: how many tasks may run at a time
        each: runs of each task; None for one, or as many as the largest array here needs
    """
    require(at_once >= 1, f"--at-once is {at_once}: it must be at least 1.")
    require(each is None or each >= 1, f"--each is {each}: it must be at least 1.")
    left = [run.number for run in runs if not is_done(sweep, run.number)]
    lines = [f"{len(runs)} runs, {len(runs) - len(left)} done, {len(left)} to do"]
    if not left:
        return lines
    size = max_array_size()
    needed = math.ceil(len(runs) / size)
    each = each or needed
    require(
        each >= needed,
        f"--each is {each}: an array has at most {size} tasks here, so use at least {needed}.",
    )
    tasks = sorted({number // each for number in left})
    results = [read_result(sweep, run.number) for run in runs if run.number not in left]
    words = ["sbatch", f"--array={as_ranges(tasks)}%{at_once}"]
    if results:
        longest = max(result["seconds"] for result in results)
        largest = max(result.get("memory_mib", 0) for result in results)
        limit = math.ceil((START_SECONDS + WARNING_SECONDS + MARGIN * each * longest) / 60)
        memory = math.ceil(MARGIN * largest)
        words += [f"--time={limit}", f"--mem={memory}M"]
        lines.append(f"time            {limit} min a task: the longest run took {longest:.0f} s")
        lines.append(f"memory          {memory} MiB a task: the largest run had {largest:.0f} MiB")
    else:
        lines.append(f"time, memory    {UNKNOWN}")
    words += [str(SCRIPT), str(sweep)]
    if each > 1:
        words.append(f"--each {each}")
    return [*lines, " ".join(words)]


def as_ranges(numbers: list[int]) -> str:
    """Write ascending numbers as SLURM does: 0-5,8,10-11."""
    ranges = []
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        first, last = members[0], members[-1]
        if last > first:
            ranges.append(f"{first}-{last}")
        else:
            ranges.append(f"{first}")
    return ",".join(ranges)
