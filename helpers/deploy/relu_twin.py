"""The network that chapter 6 compares with: that of the course, with ReLU in the place of neurons."""

from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Unflatten

from helpers.classifier import SpikingClassifier


class ReluTwin(SpikingClassifier):
    """Layers and weights like those of SpikingClassifier, without time: it sees each image once.

    Of the learning rates 1, 2, 5 and 10 thousandths, this one was its best.
    """

    def __init__(self):
        super().__init__(learning_rate=2e-3)
        self.net = Sequential()
        self.net.conv1, self.net.relu1, self.net.pool1 = Conv2d(1, 20, 5), ReLU(), MaxPool2d(2)
        self.net.conv2, self.net.relu2, self.net.pool2 = Conv2d(20, 50, 5), ReLU(), MaxPool2d(2)
        self.net.flatten, self.net.hidden, self.net.relu3 = Flatten(), Linear(800, 500), ReLU()
        self.net.out = Linear(500, 10, bias=False)
        self.net.one_step = Unflatten(0, (1, -1))  # (1, batch, 10): one time step
