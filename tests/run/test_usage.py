"""What a run says that it took of the machine."""

import subprocess
import sys
import time

import torch

from helpers.run.usage import measure_usage, usage_in_words
from tests import ROOT


def test_a_busy_process_is_told_from_one_that_waits():
    begun = time.monotonic(), time.process_time()
    while time.monotonic() < begun[0] + 0.5:
        pass
    busy = measure_usage(*begun)
    begun = time.monotonic(), time.process_time()
    time.sleep(0.5)
    waiting = measure_usage(*begun)
    assert busy["seconds"] == waiting["seconds"] == 0.5
    assert waiting["processors"] < 0.2 < busy["processors"]
    assert busy["threads"] == torch.get_num_threads()


PEAK = """
import torch
from helpers.run.usage import MIB, highest_memory
before = highest_memory()
held = torch.ones(300, MIB // 4)  # 300 MiB
del held
print((highest_memory() - before) // MIB)
"""


def test_the_highest_memory_is_that_of_this_program_and_stays():
    held = torch.ones(600, 2**20 // 4)  # of the program that starts the other one
    grown = int(subprocess.check_output([sys.executable, "-c", PEAK], cwd=ROOT))
    assert 250 < grown < 400 and held.numel() > 0


def test_a_line_for_all_of_it():
    used = {"seconds": 41.6, "processors": 1.9, "threads": 2, "memory_mib": 612, "gpu_mib": 80}
    assert (
        usage_in_words(used)
        == "42 s, 1.9 of 2 processors busy (95%), 612 MiB of memory, 80 MiB on the GPU"
    )
