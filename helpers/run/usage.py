"""What a run takes of the machine: time, processors, memory. `fit` says it at its end."""

import platform
import re
import time
from pathlib import Path

import torch

from helpers.run.exact import name_of_processor
from helpers.tools.plural import plural

MIB = 2**20


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
