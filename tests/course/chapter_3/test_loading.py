"""Images on a disk: the same in both ways, and the files that are opened are counted."""

import pickle

import pytest
import torch

from helpers.course.chapter_3.loading import OneFile, SmallFiles, measure_loading

IMAGES = (torch.arange(100 * 784) % 251).to(torch.uint8).view(100, 1, 28, 28)


@pytest.fixture(params=[SmallFiles, OneFile])
def data(request, tmp_path):
    data = request.param(tmp_path)
    data.write(IMAGES)
    return data


def test_images_come_back_as_they_were(data):
    assert len(data) == 100 and torch.equal(data.__getitems__([3, 99, 3]), IMAGES[[3, 99, 3]])


def test_a_worker_does_not_get_the_mapped_file_but_opens_it(data):
    data.__getitems__([1])
    assert len(pickle.dumps(data.__reduce_ex__(2)[2] | {"n_opened": None})) < 1000


@pytest.mark.parametrize("num_workers, maps", [(0, 1), (2, 2)])
def test_files_that_are_opened_are_counted(num_workers, maps, data):
    n_opened, images_per_second = measure_loading(data, num_workers)
    assert n_opened == (maps if isinstance(data, OneFile) else 100) and images_per_second > 0
