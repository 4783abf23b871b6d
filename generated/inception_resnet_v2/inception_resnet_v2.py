# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_resnet_v2
#   spec-sha256: 1d1b74923b025b2f38eaeefafdbd8f489522aef194aa8fa1019e7ab8716e2b76
#   regenerate:  inception-compile source inception_resnet_v2
"""Inception-ResNet-v2.

Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning,
arXiv:1602.07261.

Input (N, 3, 299, 299); 55,843,464 parameters; 13.16 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionResNetV2"]


class ConvBNReLU(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001), ReLU."""

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
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionA(nn.Module):
    """1x1 | 1x1-5x5 | 1x1-3x3-3x3 | avg-1x1: (N, C, H, W) -> (N, 320, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 96, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 48, 1),
            ConvBNReLU(48, 64, 5, padding=2),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
            ConvBNReLU(96, 96, 3, padding=1),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 64, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], dim=1
        )


class InceptionBlock35(nn.Module):
    """ReLU(x + 0.17 * {1x1 | 1x1-3x3 | 1x1-3x3-3x3}-1x1).

    (N, C, H, W) -> (N, C, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 32, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 32, 1),
            ConvBNReLU(32, 32, 3, padding=1),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 32, 1),
            ConvBNReLU(32, 48, 3, padding=1),
            ConvBNReLU(48, 64, 3, padding=1),
        )
        self.conv2d = nn.Conv2d(128, in_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x)], dim=1
        )
        y = self.conv2d(y)
        return F.relu(torch.add(x, y, alpha=0.17), inplace=True)


class ReductionAToB(nn.Module):
    """3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, C + 768, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 384, 3, stride=2)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 256, 3, padding=1),
            ConvBNReLU(256, 384, 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch0(x), self.branch1(x), self.branch2(x)], dim=1)


class InceptionBlock17(nn.Module):
    """ReLU(x + 0.1 * {1x1 | 1x1-1x7-7x1}-1x1): (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 192, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 128, 1),
            ConvBNReLU(128, 160, (1, 7), padding=(0, 3)),
            ConvBNReLU(160, 192, (7, 1), padding=(3, 0)),
        )
        self.conv2d = nn.Conv2d(384, in_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        y = self.conv2d(y)
        return F.relu(torch.add(x, y, alpha=0.1), inplace=True)


class ReductionBToC(nn.Module):
    """1x1-3x3/2 | 1x1-3x3/2 | 1x1-3x3-3x3/2 | max/2.

    (N, C, H, W) -> (N, C + 992, H', W').
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 384, 3, stride=2),
        )
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 288, 3, stride=2),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 288, 3, padding=1),
            ConvBNReLU(288, 320, 3, stride=2),
        )
        self.branch3 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], dim=1
        )


class InceptionBlock8(nn.Module):
    """x + scale * {1x1 | 1x1-1x3-3x1}-1x1, ReLU if act.

    (N, C, H, W) -> (N, C, H, W).
    """

    def __init__(self, in_channels: int, scale: float = 0.2, act: bool = True) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 192, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 224, (1, 3), padding=(0, 1)),
            ConvBNReLU(224, 256, (3, 1), padding=(1, 0)),
        )
        self.conv2d = nn.Conv2d(448, in_channels, 1)
        self.scale = scale
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        y = self.conv2d(y)
        y = torch.add(x, y, alpha=self.scale)
        return F.relu(y, inplace=True) if self.act else y


class InceptionResNetV2(nn.Module):
    """Inception-ResNet-v2."""

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 32, 149, 149)
        self.conv2d_1a = ConvBNReLU(in_channels, 32, 3, stride=2)
        self.conv2d_2a = ConvBNReLU(32, 32, 3)  # -> (N, 32, 147, 147)
        self.conv2d_2b = ConvBNReLU(32, 64, 3, padding=1)  # -> (N, 64, 147, 147)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)  # -> (N, 64, 73, 73)
        self.conv2d_3b = ConvBNReLU(64, 80, 1)  # -> (N, 80, 73, 73)
        self.conv2d_4a = ConvBNReLU(80, 192, 3)  # -> (N, 192, 71, 71)
        self.maxpool_5a = nn.MaxPool2d(3, stride=2)  # -> (N, 192, 35, 35)
        # body
        self.mixed_5b = InceptionA(192)  # -> (N, 320, 35, 35)
        # -> (N, 320, 35, 35)
        self.repeat = nn.Sequential(*(InceptionBlock35(320) for _ in range(10)))
        self.mixed_6a = ReductionAToB(320)  # -> (N, 1088, 17, 17)
        # -> (N, 1088, 17, 17)
        self.repeat_1 = nn.Sequential(*(InceptionBlock17(1088) for _ in range(20)))
        self.mixed_7a = ReductionBToC(1088)  # -> (N, 2080, 8, 8)
        # -> (N, 2080, 8, 8)
        self.repeat_2 = nn.Sequential(*(InceptionBlock8(2080) for _ in range(9)))
        self.block8 = InceptionBlock8(2080, scale=1.0, act=False)  # -> (N, 2080, 8, 8)
        self.conv2d_7b = ConvBNReLU(2080, 1536, 1)  # -> (N, 1536, 8, 8)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1536, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1536, 1, 1)
        self.classif = nn.Linear(1536, num_classes)  # -> (N, 1000)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.classif = nn.Linear(self.classif.in_features, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 299, 299) -> (N, 1536, 8, 8)."""
        x = self.conv2d_1a(x)
        x = self.conv2d_2a(x)
        x = self.conv2d_2b(x)
        x = self.maxpool_3a(x)
        x = self.conv2d_3b(x)
        x = self.conv2d_4a(x)
        x = self.maxpool_5a(x)
        x = self.mixed_5b(x)
        x = self.repeat(x)
        x = self.mixed_6a(x)
        x = self.repeat_1(x)
        x = self.mixed_7a(x)
        x = self.repeat_2(x)
        x = self.block8(x)
        y: Tensor = self.conv2d_7b(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1536, 8, 8) -> (N, 1000), or (N, 1536) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.classif(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
