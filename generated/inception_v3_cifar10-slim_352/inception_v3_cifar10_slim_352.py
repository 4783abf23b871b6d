# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_v3_cifar10, variant slim_352
#   spec-sha256: 8cc36644ca2b493d6c81a24a6f518805fbf9529ebd912696a3d1f7a2c10ecd27
#   regenerate:  inception-compile source inception_v3_cifar10 --variant slim_352
"""Inception-v3 for CIFAR-10, slim, 3-5-2 blocks.

Rethinking the Inception Architecture for Computer Vision, arXiv:1512.00567.

Input (N, 3, 32, 32); 21,180,538 parameters; 3.69 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionV3Cifar10Slim352"]


def pad_same(
    x: Tensor,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    value: float = 0.0,
) -> Tensor:
    """Pad H and W as TensorFlow's SAME does: an odd row or column goes to the end."""
    pads: list[int] = []
    for axis in (1, 0):
        span = (kernel[axis] - 1) * dilation[axis] + 1
        left_over = (x.shape[axis - 2] - 1) % stride[axis]
        total = span - 1 - left_over if span >= stride[axis] else 0
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """One number as both halves of (height, width)."""
    return (size, size) if isinstance(size, int) else size


class Conv2dSame(nn.Conv2d):
    """A convolution padded like TensorFlow's SAME: (H, W) -> ceil((H, W) / stride)."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]

    def forward(self, input: Tensor) -> Tensor:
        x = pad_same(input, self.kernel_size, self.stride, self.dilation)
        return F.conv2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )


class MaxPool2dSame(nn.MaxPool2d):
    """A max pool padded like TensorFlow's SAME: (H, W) -> ceil((H, W) / stride)."""

    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int]

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = pair(self.kernel_size), pair(self.stride)
        x = pad_same(input, kernel, stride, value=float("-inf"))
        return torch.max_pool2d(x, kernel, stride)


class Concat(nn.Module):
    """Runs its branches on one input and concatenates their channels."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


class ConvBNReLU(nn.Module):
    """Convolution, batch normalisation (eps 1e-05), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, padding=padding, bias=bias
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class ConvSameBNReLU(nn.Module):
    """SAME-padded convolution, batch normalisation (eps 1e-05), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = Conv2dSame(in_channels, out_channels, kernel_size, stride=stride)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionA(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3-3x3 | avg-1x1: (N, C, H, W) -> (N, pool + 224, H, W)."""

    def __init__(self, in_channels: int, pool: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, 64, 1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 48, 1),
            ConvBNReLU(48, 64, 3, padding=1),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
            ConvBNReLU(96, 96, 3, padding=1),
        )
        self.branch4 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, pool, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class ReductionAToB(nn.Module):
    """3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, C + 480, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = ConvSameBNReLU(in_channels, 384, 3, stride=2)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
            ConvSameBNReLU(96, 96, 3, stride=2),
        )
        self.branch3 = MaxPool2dSame(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x)], dim=1)


class InceptionB(nn.Module):
    """1x1 | 1x1-1x7-7x1 | 1x1-7x1-1x7-7x1-1x7 | avg-1x1.

    (N, C, H, W) -> (N, 768, H, W).
    """

    def __init__(self, in_channels: int, c7: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, 192, 1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, c7, 1),
            ConvBNReLU(c7, c7, (1, 7), padding=(0, 3), bias=False),
            ConvBNReLU(c7, 192, (7, 1), padding=(3, 0), bias=False),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, c7, 1),
            ConvBNReLU(c7, c7, (7, 1), padding=(3, 0), bias=False),
            ConvBNReLU(c7, c7, (1, 7), padding=(0, 3), bias=False),
            ConvBNReLU(c7, c7, (7, 1), padding=(3, 0), bias=False),
            ConvBNReLU(c7, 192, (1, 7), padding=(0, 3), bias=False),
        )
        self.branch4 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 192, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class ReductionBToC(nn.Module):
    """1x1-3x3/2 | 1x1-1x7-7x1-3x3/2 | max/2: (N, C, H, W) -> (N, C + 512, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvSameBNReLU(192, 320, 3, stride=2),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 192, (1, 7), padding=(0, 3), bias=False),
            ConvBNReLU(192, 192, (7, 1), padding=(3, 0), bias=False),
            ConvSameBNReLU(192, 192, 3, stride=2),
        )
        self.branch3 = MaxPool2dSame(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x)], dim=1)


class InceptionC(nn.Module):
    """1x1 | 1x1-{1x3 | 3x1} | 1x1-3x3-{1x3 | 3x1} | avg-1x1.

    (N, C, H, W) -> (N, 2048, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, 320, 1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 384, 1),
            Concat(
                branch1=ConvBNReLU(384, 384, (1, 3), padding=(0, 1), bias=False),
                branch2=ConvBNReLU(384, 384, (3, 1), padding=(1, 0), bias=False),
            ),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, 448, 1),
            ConvBNReLU(448, 384, 3, padding=1),
            Concat(
                branch1=ConvBNReLU(384, 384, (1, 3), padding=(0, 1), bias=False),
                branch2=ConvBNReLU(384, 384, (3, 1), padding=(1, 0), bias=False),
            ),
        )
        self.branch4 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 192, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class InceptionV3Cifar10Slim352(nn.Module):
    """Inception-v3 for CIFAR-10, slim, 3-5-2 blocks."""

    def __init__(
        self, num_classes: int = 10, *, in_channels: int = 3, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv = nn.Conv2d(in_channels, 192, 3, padding=1)  # -> (N, 192, 32, 32)
        # body
        self.a1 = InceptionA(192, pool=64)  # -> (N, 288, 32, 32)
        self.a2 = InceptionA(288, pool=64)  # -> (N, 288, 32, 32)
        self.a3 = InceptionA(288, pool=64)  # -> (N, 288, 32, 32)
        self.to_b = ReductionAToB(288)  # -> (N, 768, 16, 16)
        # -> (N, 768, 16, 16)
        self.b = nn.Sequential(*(InceptionB(768, c7=128) for _ in range(5)))
        self.to_c = ReductionBToC(768)  # -> (N, 1280, 8, 8)
        self.c1 = InceptionC(1280)  # -> (N, 2048, 8, 8)
        self.c2 = InceptionC(2048)  # -> (N, 2048, 8, 8)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 2048, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 2048, 1, 1)
        self.fc = nn.Linear(2048, num_classes)  # -> (N, 10)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from He's normal distribution."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()
        self._init_weights()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc = nn.Linear(self.fc.in_features, num_classes)
        nn.init.kaiming_normal_(self.fc.weight, nonlinearity="relu")

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 32, 32) -> (N, 2048, 8, 8)."""
        x = self.conv(x)
        x = self.a1(x)
        x = self.a2(x)
        x = self.a3(x)
        x = self.to_b(x)
        x = self.b(x)
        x = self.to_c(x)
        x = self.c1(x)
        y: Tensor = self.c2(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 2048, 8, 8) -> (N, 10), or (N, 2048) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
