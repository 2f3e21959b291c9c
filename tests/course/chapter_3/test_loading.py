"""Images on a disk: the same in both ways, and the files that are opened are counted."""

import pickle

import pytest
import torch

from helpers.course.chapter_3.loading import OneFile, SmallFiles, measure_loading

IMAGES = (torch.arange(20 * 784) % 251).to(torch.uint8).view(20, 1, 28, 28)


@pytest.fixture(params=[SmallFiles, OneFile])
def data(request, tmp_path):
    data = request.param(tmp_path)
    data.write(IMAGES)
    return data


def test_images_come_back_as_they_were(data):
    assert len(data) == 20 and torch.equal(data.__getitems__([3, 19, 3]), IMAGES[[3, 19, 3]])


def test_a_worker_does_not_get_the_mapped_file_but_opens_it(data):
    data.__getitems__([1])
    assert len(pickle.dumps(data.__getstate__() | {"n_opened": None})) < 1000


def test_files_that_are_opened_are_counted(tmp_path):
    small = SmallFiles(tmp_path)
    small.write(IMAGES)
    assert measure_loading(small, batch_size=4).opened == 20
    assert measure_loading(small, batch_size=4, num_workers=2).opened == 20
    one = OneFile(tmp_path)
    one.write(IMAGES)
    loading = measure_loading(one, batch_size=4)
    assert loading.opened == 1 and loading.images_per_second > 0
