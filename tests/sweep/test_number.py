"""Which run is in training, and so may be killed by the number of its process."""

import time

from helpers.sweep.number import STARTS, is_training


def test_a_run_is_in_training_from_its_first_checkpoint_until_it_ends(tmp_path):
    seen = [is_training(tmp_path)]
    start = end = STARTS
    for name in (start, "last.ckpt", end, start, "last.ckpt", "result.json"):
        time.sleep(0.02)  # the clock of a file system may be that coarse
        (tmp_path / name).write_text("")
        seen.append(is_training(tmp_path))
    # before; started; saved; ended; started, with an old checkpoint; saved; done
    assert seen == [False, False, True, False, False, True, False]
