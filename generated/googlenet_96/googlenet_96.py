# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        googlenet_96
#   spec-sha256: 14b7259f1fa7fdcc061ba046bf74026368a1e8b33669dbe8b46412023c2768e2
#   regenerate:  inception-compile source googlenet_96
"""GoogLeNet without norm, 1×96×96.

Going Deeper with Convolutions, arXiv:1409.4842.

Input (N, 1, 96, 96); 5,977,530 parameters; 276.07 MMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Googlenet96"]


class ConvReLU(nn.Module):
    """Convolution, ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x), inplace=True)


class InceptionV1(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1.

    (N, C, H, W) -> (N, n1 + n3 + n5 + pp, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3: int, n3: int, r5: int, n5: int, pp: int
    ) -> None:
        super().__init__()
        self.b1 = ConvReLU(in_channels, n1, 1)
        self.b3 = nn.Sequential(
            ConvReLU(in_channels, r3, 1),
            ConvReLU(r3, n3, 3, padding=1),
        )
        self.b5 = nn.Sequential(
            ConvReLU(in_channels, r5, 1),
            ConvReLU(r5, n5, 5, padding=2),
        )
        self.pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b3(x), self.b5(x), self.pool(x)], dim=1)


class Googlenet96(nn.Module):
    """GoogLeNet without norm, 1×96×96."""

    def __init__(self, num_classes: int = 10, *, in_channels: int = 1) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 64, 48, 48)
        self.conv1 = ConvReLU(in_channels, 64, 7, stride=2, padding=3)
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)  # -> (N, 64, 24, 24)
        self.conv2 = ConvReLU(64, 64, 1)  # -> (N, 64, 24, 24)
        self.conv3 = ConvReLU(64, 192, 3, padding=1)  # -> (N, 192, 24, 24)
        self.pool2 = nn.MaxPool2d(3, stride=2, padding=1)  # -> (N, 192, 12, 12)
        # body
        # -> (N, 256, 12, 12)
        self.inception_3a = InceptionV1(192, n1=64, r3=96, n3=128, r5=16, n5=32, pp=32)
        # -> (N, 480, 12, 12)
        self.inception_3b = InceptionV1(
            256, n1=128, r3=128, n3=192, r5=32, n5=96, pp=64
        )
        self.pool3 = nn.MaxPool2d(3, stride=2, padding=1)  # -> (N, 480, 6, 6)
        # -> (N, 512, 6, 6)
        self.inception_4a = InceptionV1(480, n1=192, r3=96, n3=208, r5=16, n5=48, pp=64)
        # -> (N, 512, 6, 6)
        self.inception_4b = InceptionV1(
            512, n1=160, r3=112, n3=224, r5=24, n5=64, pp=64
        )
        # -> (N, 512, 6, 6)
        self.inception_4c = InceptionV1(
            512, n1=128, r3=128, n3=256, r5=24, n5=64, pp=64
        )
        # -> (N, 528, 6, 6)
        self.inception_4d = InceptionV1(
            512, n1=112, r3=144, n3=288, r5=32, n5=64, pp=64
        )
        # -> (N, 832, 6, 6)
        self.inception_4e = InceptionV1(
            528, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        self.pool4 = nn.MaxPool2d(3, stride=2, padding=1)  # -> (N, 832, 3, 3)
        # -> (N, 832, 3, 3)
        self.inception_5a = InceptionV1(
            832, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        # -> (N, 1024, 3, 3)
        self.inception_5b = InceptionV1(
            832, n1=384, r3=192, n3=384, r5=48, n5=128, pp=128
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1024, 1, 1)
        self.fc = nn.Linear(1024, num_classes)  # -> (N, 10)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from Glorot's uniform distribution."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.reset_parameters()
        self._init_weights()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc = nn.Linear(self.fc.in_features, num_classes)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 1, 96, 96) -> (N, 1024, 3, 3)."""
        x = self.conv1(x)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.conv3(x)
        x = self.pool2(x)
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.pool3(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.pool4(x)
        x = self.inception_5a(x)
        y: Tensor = self.inception_5b(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1024, 3, 3) -> (N, 10), or (N, 1024) with `pre_logits`."""
        x = self.pool(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
