"""What a run takes of the machine: time, processors, memory. `fit` says it at its end."""

import platform
import re
import sys
import time
from pathlib import Path

import torch
from pytorch_lightning import Trainer

from helpers.engine.scores import TEST_ACC, VAL_ACC, read_scores
from helpers.run.exact import name_of_processor
from helpers.tools.plural import plural

MIB = 2**20


def report(run: Path, trainer: Trainer, accuracy: float, used: dict[str, float]) -> dict:
    """Say what a run took and how well it did, and return that for result.json.

    The last line is the accuracy of the test.

    Args:
        run: its folder
        trainer: has trained
        accuracy: of the test
        used: as `measure_usage` returns it
    """
    n_processes = trainer.world_size
    if n_processes > 1:
        print(f"processes       {n_processes}, of which this one took:")
    print(f"took            {usage_in_words(used)}")
    print(f"{TEST_ACC} {accuracy:.4f}")
    steps = trainer.global_step
    if not steps:
        print("no optimizer has done a step: the network is as it began", file=sys.stderr)
    result = {TEST_ACC: accuracy, "steps": steps}
    logged = read_scores(run / "metrics")
    if VAL_ACC in logged:  # a short run may have no validation
        result[VAL_ACC] = logged[VAL_ACC][1][-1]
    return result | {"processes": n_processes, **used}


def measure_usage(begun: float, processor_begun: float) -> dict[str, float]:
    """What this process has taken since it began.

    Args:
        begun: s, by time.monotonic()
        processor_begun: s, by time.process_time()

    Returns:
        seconds; processors, how many were busy on average; threads, how many PyTorch may use;
        memory_mib, the highest of the process; and gpu_mib, that of PyTorch on a GPU, if there
        is one
    """
    seconds = time.monotonic() - begun
    used = {
        "seconds": round(seconds, 1),
        "processors": round((time.process_time() - processor_begun) / seconds, 2),
        "threads": torch.get_num_threads(),
    }
    memory = highest_memory()
    if memory:
        used["memory_mib"] = round(memory / MIB)
    if torch.cuda.is_available():
        used["gpu_mib"] = round(torch.cuda.max_memory_reserved() / MIB)
    return used


def highest_memory() -> int:
    """The most memory that this program has had, in bytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss would count what the program had that started this one, such as a notebook
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return 1024 * int(found[1]) if found else 0
    try:
        import resource  # here, as Windows has none
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts in bytes


def usage_in_words(used: dict[str, float]) -> str:
    """One line for what `measure_usage` returns."""
    share = used["processors"] / used["threads"]
    parts = [
        f"{used['seconds']:.0f} s",
        f"{used['processors']:.1f} of {used['threads']} processors busy ({share:.0%})",
    ]
    if "memory_mib" in used:
        parts.append(f"{used['memory_mib']} MiB of memory")
    if "gpu_mib" in used:
        parts.append(f"{used['gpu_mib']} MiB on the GPU")
    return ", ".join(parts)


def name_device(device: torch.device, threads: int) -> str:
    """Name the device of one process, in words."""
    name = name_of_processor(device) or platform.machine()
    if device.type == "cuda":
        return name
    return f"{name} CPU, {plural(threads, 'thread')} per process"
