# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_v1, variant slips
#   spec-sha256: 7e7fb3b116eab52e8826b0a2d90f6a62042e34ddf302280e464b813c41f45bee
#   regenerate:  inception-compile source inception_v1 --variant slips
"""InceptionV1 with the slips of one port.

Going Deeper with Convolutions, arXiv:1409.4842.

Input (N, 3, 224, 224); 7,681,144 parameters; 1.55 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionV1Slips"]


def softmax_loss(probabilities: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of what a softmax gave, finite where a probability underflows."""
    tiny = torch.finfo(probabilities.dtype).tiny
    return F.cross_entropy(probabilities.clamp_min(tiny).log(), target)


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


class ConvBNReLU(nn.Module):
    """Convolution, batch normalisation (eps 1e-05), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionV1(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3 | max-1x1.

    (N, C, H, W) -> (N, n1 + n3 + n5 + pp, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3: int, n3: int, r5: int, n5: int, pp: int
    ) -> None:
        super().__init__()
        self.b1 = ConvBNReLU(in_channels, n1, 1)
        self.b3 = nn.Sequential(
            ConvBNReLU(in_channels, r3, 1),
            ConvBNReLU(r3, n3, 3, padding=1),
        )
        self.b5 = nn.Sequential(
            ConvBNReLU(in_channels, r5, 1),
            ConvBNReLU(r5, n5, 3, padding=1),
        )
        self.pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b3(x), self.b5(x), self.pool(x)], dim=1)


class InceptionV1Slips(nn.Module):
    """InceptionV1 with the slips of one port."""

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, dropout: float = 0.4
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 64, 112, 112)
        self.conv1 = ConvReLU(in_channels, 64, 7, stride=2, padding=3)
        self.pool1 = nn.MaxPool2d(2)  # -> (N, 64, 56, 56)
        self.conv2 = ConvReLU(64, 64, 1, padding=1)  # -> (N, 64, 58, 58)
        self.conv3 = ConvReLU(64, 192, 3, padding=1)  # -> (N, 192, 58, 58)
        self.pool2 = nn.MaxPool2d(2)  # -> (N, 192, 29, 29)
        # body
        # -> (N, 256, 29, 29)
        self.inception_3a = InceptionV1(192, n1=64, r3=96, n3=128, r5=16, n5=32, pp=32)
        # -> (N, 480, 29, 29)
        self.inception_3b = InceptionV1(
            256, n1=128, r3=128, n3=192, r5=32, n5=96, pp=64
        )
        self.pool3 = nn.MaxPool2d(2)  # -> (N, 480, 14, 14)
        # -> (N, 512, 14, 14)
        self.inception_4a = InceptionV1(480, n1=192, r3=96, n3=208, r5=16, n5=48, pp=64)
        # -> (N, 512, 14, 14)
        self.inception_4b = InceptionV1(
            512, n1=160, r3=112, n3=224, r5=24, n5=64, pp=64
        )
        # -> (N, 512, 14, 14)
        self.inception_4c = InceptionV1(
            512, n1=128, r3=128, n3=256, r5=24, n5=64, pp=64
        )
        # -> (N, 528, 14, 14)
        self.inception_4d = InceptionV1(
            512, n1=112, r3=144, n3=288, r5=32, n5=64, pp=64
        )
        # -> (N, 832, 14, 14)
        self.inception_4e = InceptionV1(
            528, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        self.pool4 = nn.MaxPool2d(2)  # -> (N, 832, 7, 7)
        # -> (N, 832, 7, 7)
        self.inception_5a = InceptionV1(
            832, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        # -> (N, 1024, 7, 7)
        self.inception_5b = InceptionV1(
            832, n1=384, r3=192, n3=384, r5=48, n5=128, pp=128
        )
        # head
        self.pool = nn.AvgPool2d(7, stride=1)  # -> (N, 1024, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1024, 1, 1)
        self.fc1 = nn.Linear(1024, 1024)  # -> (N, 1024)
        self.fc2 = nn.Linear(1024, num_classes)  # -> (N, 1000)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc2 = nn.Linear(self.fc2.in_features, num_classes)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The head ends in a softmax: cross entropy of its probabilities."""
        return softmax_loss(output, target)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 224, 224) -> (N, 1024, 7, 7)."""
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
        """The head: (N, 1024, 7, 7) -> (N, 1000), or (N, 1024) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        if pre_logits:
            return x
        x = self.fc2(x)
        return torch.softmax(x, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
