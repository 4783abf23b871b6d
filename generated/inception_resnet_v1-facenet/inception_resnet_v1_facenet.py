# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_resnet_v1, variant facenet
#   spec-sha256: 57c4979f9d3d386ce49db028634e9c21b591f396d4ebb2570a394a11e2b29c4e
#   regenerate:  inception-compile source inception_resnet_v1 --variant facenet
"""Inception-ResNet-v1 (FaceNet).

Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning,
arXiv:1602.07261.

Input (N, 3, 160, 160); 23,482,624 parameters; 1.42 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionResNetV1FaceNet"]


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


class ConvBN(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001)."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int]
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.conv(x))
        return y


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
            ConvBNReLU(32, 32, 3, padding=1),
            ConvBNReLU(32, 32, 3, padding=1),
        )
        self.conv2d = nn.Conv2d(96, in_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x)], dim=1
        )
        y = self.conv2d(y)
        return F.relu(torch.add(x, y, alpha=0.17), inplace=True)


class ReductionAToB(nn.Module):
    """3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, C + 640, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 384, 3, stride=2)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 192, 3, padding=1),
            ConvBNReLU(192, 256, 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch0(x), self.branch1(x), self.branch2(x)], dim=1)


class InceptionBlock17(nn.Module):
    """ReLU(x + 0.1 * {1x1 | 1x1-1x7-7x1}-1x1): (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 128, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 128, 1),
            ConvBNReLU(128, 128, (1, 7), padding=(0, 3)),
            ConvBNReLU(128, 128, (7, 1), padding=(3, 0)),
        )
        self.conv2d = nn.Conv2d(256, in_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        y = self.conv2d(y)
        return F.relu(torch.add(x, y, alpha=0.1), inplace=True)


class ReductionBToC(nn.Module):
    """1x1-3x3/2 | 1x1-3x3/2 | 1x1-3x3-3x3/2 | max/2.

    (N, C, H, W) -> (N, C + 896, H', W').
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 384, 3, stride=2),
        )
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 256, 3, stride=2),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 256, 3, padding=1),
            ConvBNReLU(256, 256, 3, stride=2),
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
            ConvBNReLU(192, 192, (1, 3), padding=(0, 1)),
            ConvBNReLU(192, 192, (3, 1), padding=(1, 0)),
        )
        self.conv2d = nn.Conv2d(384, in_channels, 1)
        self.scale = scale
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.cat([self.branch0(x), self.branch1(x)], dim=1)
        y = self.conv2d(y)
        y = torch.add(x, y, alpha=self.scale)
        return F.relu(y, inplace=True) if self.act else y


class InceptionResNetV1FaceNet(nn.Module):
    """Inception-ResNet-v1 (FaceNet)."""

    def __init__(
        self, num_classes: int = 512, *, in_channels: int = 3, dropout: float = 0.6
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv2d_1a = ConvBNReLU(in_channels, 32, 3, stride=2)  # -> (N, 32, 79, 79)
        self.conv2d_2a = ConvBNReLU(32, 32, 3)  # -> (N, 32, 77, 77)
        self.conv2d_2b = ConvBNReLU(32, 64, 3, padding=1)  # -> (N, 64, 77, 77)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)  # -> (N, 64, 38, 38)
        self.conv2d_3b = ConvBNReLU(64, 80, 1)  # -> (N, 80, 38, 38)
        self.conv2d_4a = ConvBNReLU(80, 192, 3)  # -> (N, 192, 36, 36)
        self.conv2d_4b = ConvBNReLU(192, 256, 3, stride=2)  # -> (N, 256, 17, 17)
        # body
        # -> (N, 256, 17, 17)
        self.repeat_1 = nn.Sequential(*(InceptionBlock35(256) for _ in range(5)))
        self.mixed_6a = ReductionAToB(256)  # -> (N, 896, 8, 8)
        # -> (N, 896, 8, 8)
        self.repeat_2 = nn.Sequential(*(InceptionBlock17(896) for _ in range(10)))
        self.mixed_7a = ReductionBToC(896)  # -> (N, 1792, 3, 3)
        # -> (N, 1792, 3, 3)
        self.repeat_3 = nn.Sequential(*(InceptionBlock8(1792) for _ in range(5)))
        self.block8 = InceptionBlock8(1792, scale=1.0, act=False)  # -> (N, 1792, 3, 3)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1792, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1792, 1, 1)
        self.last = ConvBN(1792, num_classes, 1)  # -> (N, 512, 1, 1)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
                module.reset_parameters()

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 160, 160) -> (N, 1792, 3, 3)."""
        x = self.conv2d_1a(x)
        x = self.conv2d_2a(x)
        x = self.conv2d_2b(x)
        x = self.maxpool_3a(x)
        x = self.conv2d_3b(x)
        x = self.conv2d_4a(x)
        x = self.conv2d_4b(x)
        x = self.repeat_1(x)
        x = self.mixed_6a(x)
        x = self.repeat_2(x)
        x = self.mixed_7a(x)
        x = self.repeat_3(x)
        y: Tensor = self.block8(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1792, 3, 3) -> (N, 512).

        With `pre_logits`, (N, 1792, 1, 1).
        """
        x = self.pool(x)
        x = self.dropout(x)
        if pre_logits:
            return x
        x = self.last(x)
        return torch.flatten(x, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
