# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        xception, variant timm
#   spec-sha256: 4df9a7b4f311669f99a6863f887ccd9718d01bb1fec1f77dc5dc4f20eaff3cbd
#   regenerate:  inception-compile source xception --variant timm
"""Xception (timm).

Xception: Deep Learning with Depthwise Separable Convolutions, arXiv:1610.02357.

Input (N, 3, 299, 299); 22,855,952 parameters; 8.36 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["XceptionTimm"]


class ConvBNReLU(nn.Module):
    """Bias-free convolution, batch normalisation (eps 1e-05), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class SepConvBNReLU(nn.Module):
    """Bias-free depthwise convolution and what follows.

    Bias-free pointwise convolution, batch normalisation (eps 1e-05), ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            padding=padding,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.pointwise(self.depthwise(x))), inplace=True)


class SepConvBN(nn.Module):
    """Bias-free depthwise convolution and what follows.

    Bias-free pointwise convolution, batch normalisation (eps 1e-05).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            padding=padding,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.pointwise(self.depthwise(x)))
        return y


class ConvBN(nn.Module):
    """Bias-free convolution, batch normalisation (eps 1e-05)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.conv(x))
        return y


class ReductionFirst(nn.Module):
    """sep 3x3-sep 3x3-max/2 + 1x1/2: (N, C, H, W) -> (N, 128, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.rep = nn.Sequential(
            SepConvBNReLU(in_channels, 128, 3, padding=1),
            SepConvBN(128, 128, 3, padding=1),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.skip = ConvBN(in_channels, 128, 1, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rep(x) + self.skip(x)
        return y


class ReductionDown(nn.Module):
    """ReLU-sep 3x3-sep 3x3-max/2 + 1x1/2: (N, C, H, W) -> (N, width, H', W')."""

    def __init__(self, in_channels: int, mid: int, width: int) -> None:
        super().__init__()
        self.rep = nn.Sequential(
            nn.ReLU(),
            SepConvBNReLU(in_channels, mid, 3, padding=1),
            SepConvBN(mid, width, 3, padding=1),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.skip = ConvBN(in_channels, width, 1, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rep(x) + self.skip(x)
        return y


class InceptionMiddle(nn.Module):
    """ReLU-sep 3x3-sep 3x3-sep 3x3 + x: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.rep = nn.Sequential(
            nn.ReLU(),
            SepConvBNReLU(in_channels, in_channels, 3, padding=1),
            SepConvBNReLU(in_channels, in_channels, 3, padding=1),
            SepConvBN(in_channels, in_channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rep(x) + x
        return y


class XceptionTimm(nn.Module):
    """Xception (timm)."""

    def __init__(self, num_classes: int = 1000, *, in_channels: int = 3) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv1 = ConvBNReLU(in_channels, 32, 3, stride=2)  # -> (N, 32, 149, 149)
        self.conv2 = ConvBNReLU(32, 64, 3)  # -> (N, 64, 147, 147)
        # body
        self.block1 = ReductionFirst(64)  # -> (N, 128, 74, 74)
        self.block2 = ReductionDown(128, mid=256, width=256)  # -> (N, 256, 37, 37)
        self.block3 = ReductionDown(256, mid=728, width=728)  # -> (N, 728, 19, 19)
        # -> (N, 728, 19, 19)
        self.middle = nn.Sequential(*(InceptionMiddle(728) for _ in range(8)))
        self.block12 = ReductionDown(728, mid=728, width=1024)  # -> (N, 1024, 10, 10)
        self.conv3 = SepConvBNReLU(1024, 1536, 3, padding=1)  # -> (N, 1536, 10, 10)
        self.conv4 = SepConvBNReLU(1536, 2048, 3, padding=1)  # -> (N, 2048, 10, 10)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 2048, 1, 1)
        self.fc = nn.Linear(2048, num_classes)  # -> (N, 1000)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from Glorot's uniform distribution."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)

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
        nn.init.xavier_uniform_(self.fc.weight)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 299, 299) -> (N, 2048, 10, 10)."""
        x = self.conv1(x)
        x = self.conv2(x)
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        x = self.middle(x)
        x = self.block12(x)
        x = self.conv3(x)
        y: Tensor = self.conv4(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 2048, 10, 10) -> (N, 1000), or (N, 2048) with `pre_logits`."""
        x = self.pool(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
