"""Which run is in training, and so may be killed by the number of its process."""

import time

from helpers.sweep.number import folder_of, is_training


def test_a_run_is_in_training_from_its_first_checkpoint_until_it_ends(tmp_path):
    folder = folder_of(tmp_path, 0)
    folder.mkdir(parents=True)
    seen = [is_training(tmp_path, 0)]
    start = end = "starts.txt"
    for name in (start, "last.ckpt", end, start, "last.ckpt", "result.json"):
        time.sleep(0.02)  # the clock of a file system may be that coarse
        (folder / name).write_text("")
        seen.append(is_training(tmp_path, 0))
    # before; started; saved; ended; started, with an old checkpoint; saved; done
    assert seen == [False, False, True, False, False, True, False]
