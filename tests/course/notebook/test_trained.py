"""A trained network is trained once, and read from its file afterwards."""

import torch

from helpers.course.chapter_8.networks import ReluTwin
from helpers.course.notebook import trained as module
from helpers.course.notebook.trained import trained


def test_a_network_is_trained_once_and_then_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fits = []

    def fit(model, data, max_epochs):
        fits.append(max_epochs)
        with torch.no_grad():
            model.net.out.weight.fill_(len(fits))

    monkeypatch.setattr(module, "fit", fit)
    first, again, twin = trained("digits.pt"), trained("digits.pt"), trained("relu.pt", ReluTwin)
    assert fits == [2, 2]
    torch.testing.assert_close(list(first.parameters()), list(again.parameters()))
    assert (again.net.out.weight == 1).all() and (twin.net.out.weight == 2).all()
    assert not (first.training or again.training or twin.training)
