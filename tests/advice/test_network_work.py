"""Arithmetic of known networks: the published count, and sums by hand from the layers' sizes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from benchmarks.families.network_work import network_work  # noqa: E402


def work_of(module, *shape):
    module, given = module.eval(), torch.zeros(2, *shape)

    def call(rows):
        with torch.inference_mode():
            return module(given[:rows])

    found = network_work(call)
    assert found is not None
    return found


def lenet():
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


class Residual(nn.Module):
    def __init__(self, inner, outer, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outer),
        )
        self.stride, self.extra = stride, outer - inner

    def forward(self, x):
        short = x[:, :, :: self.stride, :: self.stride]
        short = nn.functional.pad(short, (0, 0, 0, 0, 0, self.extra))
        return nn.functional.relu(self.body(x) + short)


def resnet20():
    blocks, width = [], 16
    for outer in (16, 32, 64):
        for number in range(3):
            blocks.append(Residual(width, outer, 2 if outer > 16 and number == 0 else 1))
            width = outer
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False),
        *(nn.BatchNorm2d(16), nn.ReLU(), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(64, 10),
    )


def vgg11(places):
    layers, width = [], 3
    for size in (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0):
        if size:
            layers += [nn.Conv2d(width, size, 3, padding=1), nn.ReLU()]
            width = size
        else:
            layers.append(nn.MaxPool2d(2))
    hidden = [nn.Linear(512 * places, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), *hidden, nn.Linear(4096, 1000))


# Published multiply-adds, or the sum over the layers where none is published; x 2 is FLOP.
CASES = {
    # LeNet-5 on 28 x 28: 28^2*25*6 + 10^2*150*16 + 48,000 + 10,080 + 840 = 416,520
    "LeNet-5": (lenet, (1, 28, 28), 416_520),
    # He and others 2016: ResNet-20 on CIFAR-10, 40.8 million multiply-adds, 0.27 million weights
    "ResNet-20": (resnet20, (3, 32, 32), 40.8e6),
    # Simonyan and Zisserman 2015: VGG-11 on 224 x 224, 7.6 billion (7.61 with its dense layers)
    "VGG-11": (lambda: vgg11(49), (3, 224, 224), 7.61e9),
    # 784-128-64-10: 784*128 + 128*64 + 64*10
    "MLP": (
        lambda: nn.Sequential(
            *(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
        ),
        (784,),
        109_184,
    ),
    # Two blocks of width 64 over 128 tokens, feed-forward 128: a token takes 4*64^2 for the
    # projections, 2*64*128 for the layers and 2*128*64 for the scores and the mixture.
    "transformer": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), 2, enable_nested_tensor=False
        ),
        (128, 64),
        2 * 128 * (4 * 64**2 + 2 * 64 * 128 + 2 * 128 * 64),
    ),
    # 20 steps of four gates, each of (32 + 64) x 64 weights
    "LSTM": (lambda: nn.LSTM(32, 64, batch_first=True), (20, 32), 20 * 4 * 64 * (32 + 64)),
    "GRU": (lambda: nn.GRU(32, 64, batch_first=True), (20, 32), 20 * 3 * 64 * (32 + 64)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_arithmetic_of_a_known_network_is_what_was_published(name):
    make, shape, multiply_adds = CASES[name]

    assert work_of(make(), *shape).flop_per_row == pytest.approx(2 * multiply_adds, rel=0.05)


def test_a_call_reads_the_weights_once_and_each_row_moves_its_own_activations():
    found = work_of(nn.Sequential(nn.Linear(100, 50, bias=False)), 100)

    assert found.bytes_per_call == 4 * 100 * 50
    assert found.bytes_per_row == 4 * (100 + 50)
    assert found.kernel_count == 1


def test_what_is_no_network_has_no_count():
    assert network_work(np.zeros) is None
