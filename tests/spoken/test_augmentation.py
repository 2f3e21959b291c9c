"""Augmentation: each change against a slow or an evident one, on real recordings."""

import pytest
import torch

from helpers.spoken import augmentation


@pytest.fixture
def batch(spoken_digits) -> torch.Tensor:
    """Events of seven training recordings, (7, 100, 80)."""
    return spoken_digits.train[[0, 300, 600, 900, 1200, 1500, 1800]][0]


def test_augmented_examples_keep_shape_type_and_range(batch):
    torch.manual_seed(0)
    changed = augmentation.augment(batch)
    assert changed.shape == batch.shape and changed.dtype == batch.dtype
    assert changed.min() >= 0 and changed.max() <= 3 and torch.equal(changed, changed.round())
    assert all(not torch.equal(one, other) for one, other in zip(changed, batch))
    kept = changed.sum((1, 2)) / batch.sum((1, 2))
    assert (kept > 0.6).all() and (kept <= 1).all()


def test_events_move_in_time_as_a_loop_moves_them(batch):
    factor = torch.tensor([0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15])
    shift = torch.tensor([-6, 6, 3, 0, -3, 2, 6])
    expected = torch.zeros_like(batch)
    for n in range(7):
        for t in range(100):
            target = int(t * factor[n]) + int(shift[n])
            if 0 <= target < 100:
                expected[n, target] += batch[n, t]
    moved = augmentation.move_in_time(batch, factor, shift)
    assert torch.equal(moved, expected.clamp(max=3))
    assert torch.equal(moved[3], batch[3])


@pytest.mark.parametrize("pitch", [-2, -1, 0, 1, 2])
def test_up_and_down_channels_move_alike_in_pitch(batch, pitch):
    moved = augmentation.move_in_pitch(batch, torch.full((7,), pitch)).unflatten(2, (2, 40))
    lowest, highest = max(-pitch, 0), 40 - max(pitch, 0)  # of the bands that stay within
    kept = batch.unflatten(2, (2, 40))[..., lowest:highest]
    assert torch.equal(moved[..., lowest + pitch : highest + pitch], kept)
    assert moved.sum() == kept.sum()


def test_neighbouring_bands_are_silent_up_and_down(batch):
    lowest, width = torch.tensor([0, 5, 10, 20, 36, 38, 39]), torch.tensor([4, 0, 1, 3, 4, 2, 1])
    expected = batch.clone()
    for n, (first, end) in enumerate(zip(lowest, lowest + width)):
        expected[n].unflatten(1, (2, 40))[..., first:end] = 0
    assert torch.equal(augmentation.silence(batch, lowest, width), expected)


def test_all_changes_are_drawn_from_end_to_end(monkeypatch):
    drawn = {}
    for name in ("move_in_time", "move_in_pitch", "silence"):

        def keep(events, *numbers, name=name):
            drawn[name] = numbers
            return events

        monkeypatch.setattr(augmentation, name, keep)
    torch.manual_seed(0)
    augmentation.augment(torch.zeros(5000, 1, 80))
    factor, shift = drawn["move_in_time"]
    assert 0.85 <= factor.min() < 0.852 and 1.148 < factor.max() <= 1.15
    assert shift.unique().tolist() == list(range(-6, 7))
    assert drawn["move_in_pitch"][0].unique().tolist() == [-2, -1, 0, 1, 2]
    lowest, width = drawn["silence"]
    assert width.unique().tolist() == [0, 1, 2, 3, 4]
    assert lowest.min() == 0 and (lowest + width).max() == 40


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_gpu_changes_examples_as_the_cpu_does(batch):
    torch.manual_seed(0)
    expected = augmentation.augment(batch)
    torch.manual_seed(0)
    assert torch.equal(augmentation.augment(batch.cuda()).cpu(), expected)
