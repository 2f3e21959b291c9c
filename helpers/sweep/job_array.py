"""The line that submits a sweep to SLURM as an array of tasks."""

import math
import re
import shlex
from pathlib import Path

from jsonargparse.typing import PositiveInt

from helpers import require
from helpers.run.slurm import ask
from helpers.sweep.number import read_results
from helpers.sweep.plan import read_plan

SCRIPT = Path(__file__).with_name("sweep.sbatch")
MARGIN = 2  # times what a run took


def array(folder: Path, at_once: PositiveInt = 8, each: PositiveInt | None = None) -> None:
    """Print what is left to do, and the line that submits it.

    Args:
        folder: of the sweep
        at_once: tasks that SLURM may run at a time; 8 without it
        each: runs of each task, as many at once as it has cores; without it 1, or as many as the
            largest array here needs
    """
    runs = read_plan(folder)
    results = read_results(folder, runs)
    done = [result for result in results if result]
    left = [number for number, result in enumerate(results) if not result]
    print(f"{len(runs)} runs, {len(done)} done, {len(left)} to do")
    if not left:
        return
    # How many tasks an array may have here; SLURM's default if there is no SLURM to ask. The
    # highest number is one less.
    config, _ = ask("scontrol", "show", "config")
    limits = re.findall(r"(?:MaxArraySize|max_array_tasks)\s*=\s*(\d+)", config)
    size = min(map(int, limits), default=1001)
    require(
        size > 0,
        "MaxArraySize is 0 here, so SLURM takes no arrays: submit one job that does all, with "
        f"python -m helpers.sweep run {folder}",
    )
    needed = math.ceil(len(runs) / size)
    each = each or needed
    require(
        each >= needed,
        f"--each is {each}: an array has at most {size} tasks here, so use at least {needed}.",
    )
    tasks = sorted({number // each for number in left})
    # as SLURM reads them: 0-5,8-8,10-11
    firsts = [task for task in tasks if task - 1 not in tasks]
    lasts = [task for task in tasks if task + 1 not in tasks]
    ranges = ",".join(f"{first}-{last}" for first, last in zip(firsts, lasts))
    words = ["sbatch", f"--array={ranges}%{at_once}", f"--output={folder}/task-%a.log"]
    if done:
        longest = max(result["seconds"] for result in done)
        largest = max(result.get("memory_mib", 0) for result in done)
        # A task may need 150 s beside its runs: 60 s for imports from a slow file system, the
        # script's 30 s for a warning, and SLURM may send its signal 60 s earlier than asked.
        limit = math.ceil((150 + MARGIN * each * longest) / 60)
        memory = math.ceil(MARGIN * largest)
        words += [f"--time={limit}", f"--mem-per-cpu={memory}M"]
        print(f"time            {limit} min a task: the longest run took {longest:.0f} s")
        print(f"memory          {memory} MiB a core: the largest run had {largest:.0f} MiB")
    else:
        print("time, memory    unknown until one run is done: try number 0 first")
    words += [SCRIPT, folder]
    if each > 1:
        words += ["--each", each]
    print(shlex.join(map(str, words)))
