"""Images are drawn from their darkest pixel to their brightest, whatever data set they are of."""

import pytest
import torch

from helpers.assets.digits import PIXELS
from helpers.run.answers import plot_answers


class Same(torch.nn.Module):
    """Answers 0, whatever it sees."""

    device = "cpu"

    def forward(self, images):
        return torch.eye(10)[:1].expand(len(images), 10)


@pytest.mark.parametrize("name", PIXELS)
def test_answers_show_each_data_set_in_its_own_brightness(name):
    pixels = PIXELS[name]
    bytes_ = (torch.arange(784) % 256).to(torch.uint8).view(1, 1, 28, 28)
    images = pixels.normalise(torch.cat([bytes_, 255 - bytes_]))
    axes = plot_answers(Same(), images, torch.tensor([0, 1]))
    for ax, expected in zip(axes.flat, (bytes_, 255 - bytes_)):
        drawn = torch.as_tensor(ax.images[0].get_array())
        darkest, brightest = ax.images[0].get_clim()
        shown = (drawn - darkest) / (brightest - darkest)
        assert torch.allclose(shown, expected[0, 0] / 255, atol=1e-6)
