"""What a run says that it took of the machine."""

import time

import torch

from helpers.run.usage import Usage, describe


def test_a_busy_process_is_told_from_one_that_waits():
    usage = Usage()
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        pass
    busy = usage.measure()
    usage = Usage()
    time.sleep(0.5)
    waiting = usage.measure()
    assert busy["seconds"] == waiting["seconds"] == 0.5
    assert waiting["processors"] < 0.2 < busy["processors"]
    assert busy["threads"] == torch.get_num_threads()


def test_the_highest_memory_stays(monkeypatch):
    before = Usage().measure()["memory_mib"]
    held = torch.ones(300, 2**20 // 4)  # 300 MiB
    del held
    assert Usage().measure()["memory_mib"] >= before + 250


def test_a_line_for_all_of_it():
    used = {"seconds": 41.6, "processors": 1.9, "threads": 2, "memory_mib": 612, "gpu_mib": 80}
    assert (
        describe(used)
        == "42 s, 1.9 of 2 processors busy (95%), 612 MiB of memory, 80 MiB on the GPU"
    )
