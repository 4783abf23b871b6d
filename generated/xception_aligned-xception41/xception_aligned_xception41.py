# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        xception_aligned, variant xception41
#   spec-sha256: 03120fc6df8ac0dc85ccc70e222fa311548b4878e434fda6976d384d9a8dbea6
#   regenerate:  inception-compile source xception_aligned --variant xception41
"""Aligned Xception-41.

Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation,
arXiv:1802.02611.

Input (N, 3, 299, 299); 26,969,560 parameters; 9.20 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["XceptionAlignedXception41"]


class ConvBNReLU(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            groups=groups,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class ConvBN(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            groups=groups,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.conv(x))
        return y


class Sep(nn.Module):
    """3x3/s, 1x1: (N, C, H, W) -> (N, w, H', W')."""

    def __init__(self, in_channels: int, w: int, s: int = 1) -> None:
        super().__init__()
        self.depthwise = ConvBN(
            in_channels, in_channels, 3, stride=s, padding=1, groups=in_channels
        )
        self.pointwise = ConvBN(in_channels, w, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)
        y: Tensor = self.pointwise(x)
        return y


class Block(nn.Module):
    """1x1/s + {ReLU-3x3-1x1-ReLU-3x3-1x1-ReLU-3x3/s-1x1}.

    (N, C, H, W) -> (N, width, H', W').
    """

    def __init__(self, in_channels: int, mid: int, width: int, s: int = 2) -> None:
        super().__init__()
        self.conv1 = Sep(in_channels, w=mid)
        self.conv2 = Sep(mid, w=width)
        self.conv3 = Sep(width, w=width, s=s)
        self.shortcut = ConvBN(in_channels, width, 1, stride=s)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = F.relu(x)
        y = self.conv1(y)
        y = F.relu(y)
        y = self.conv2(y)
        y = F.relu(y)
        y = self.conv3(y)
        out: Tensor = y + self.shortcut(x)
        return out


class InceptionMiddle(nn.Module):
    """x + {ReLU-3x3-1x1-ReLU-3x3-1x1-ReLU-3x3-1x1}: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv1 = Sep(in_channels, w=in_channels)
        self.conv2 = Sep(in_channels, w=in_channels)
        self.conv3 = Sep(in_channels, w=in_channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = F.relu(x)
        y = self.conv1(y)
        y = F.relu(y)
        y = self.conv2(y)
        y = F.relu(y)
        y = self.conv3(y)
        return x + y


class SepActRelu(nn.Module):
    """3x3/s, 1x1: (N, C, H, W) -> (N, w, H, W)."""

    def __init__(self, in_channels: int, w: int, s: int = 1) -> None:
        super().__init__()
        self.depthwise = ConvBNReLU(
            in_channels, in_channels, 3, stride=s, padding=1, groups=in_channels
        )
        self.pointwise = ConvBNReLU(in_channels, w, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)
        y: Tensor = self.pointwise(x)
        return y


class InceptionLast(nn.Module):
    """3x3-1x1, 3x3-1x1, 3x3-1x1: (N, C, H, W) -> (N, 2048, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv1 = SepActRelu(in_channels, w=1536)
        self.conv2 = SepActRelu(1536, w=1536)
        self.conv3 = SepActRelu(1536, w=2048)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.conv2(x)
        y: Tensor = self.conv3(x)
        return y


class XceptionAlignedXception41(nn.Module):
    """Aligned Xception-41."""

    def __init__(self, num_classes: int = 1000, *, in_channels: int = 3) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 32, 150, 150)
        self.conv1 = ConvBNReLU(in_channels, 32, 3, stride=2, padding=1)
        self.conv2 = ConvBNReLU(32, 64, 3, padding=1)  # -> (N, 64, 150, 150)
        # body
        self.block1 = Block(64, mid=128, width=128)  # -> (N, 128, 75, 75)
        self.block2 = Block(128, mid=256, width=256)  # -> (N, 256, 38, 38)
        self.block3 = Block(256, mid=728, width=728)  # -> (N, 728, 19, 19)
        # -> (N, 728, 19, 19)
        self.middle = nn.Sequential(*(InceptionMiddle(728) for _ in range(8)))
        self.block4 = Block(728, mid=728, width=1024)  # -> (N, 1024, 10, 10)
        self.block5 = InceptionLast(1024)  # -> (N, 2048, 10, 10)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 2048, 1, 1)
        self.fc = nn.Linear(2048, num_classes)  # -> (N, 1000)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc = nn.Linear(self.fc.in_features, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 299, 299) -> (N, 2048, 10, 10)."""
        x = self.conv1(x)
        x = self.conv2(x)
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        x = self.middle(x)
        x = self.block4(x)
        y: Tensor = self.block5(x)
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
