# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_v4
#   spec-sha256: 6cd787c3f3bf42b08ce21bdf0ffafe3064f7b7d51a1cfb081d2950354269ec0a
#   regenerate:  inception-compile source inception_v4
"""Inception-v4.

Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning,
arXiv:1602.07261.

Input (N, 3, 299, 299); 42,679,816 parameters; 12.25 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionV4"]


class Concat(nn.Module):
    """Runs its branches on one input and concatenates their channels."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


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
    """1x1 | 1x1-3x3 | 1x1-3x3-3x3 | avg-1x1: (N, C, H, W) -> (N, 384, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 96, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
            ConvBNReLU(96, 96, 3, padding=1),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 96, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], dim=1
        )


class ReductionAToB(nn.Module):
    """3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, C + 640, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 384, 3, stride=2)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 224, 3, padding=1),
            ConvBNReLU(224, 256, 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch0(x), self.branch1(x), self.branch2(x)], dim=1)


class InceptionB(nn.Module):
    """1x1 | 1x1-1x7-7x1 | 1x1-7x1-1x7-7x1-1x7 | avg-1x1.

    (N, C, H, W) -> (N, 1024, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 384, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 224, (1, 7), padding=(0, 3)),
            ConvBNReLU(224, 256, (7, 1), padding=(3, 0)),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 192, (7, 1), padding=(3, 0)),
            ConvBNReLU(192, 224, (1, 7), padding=(0, 3)),
            ConvBNReLU(224, 224, (7, 1), padding=(3, 0)),
            ConvBNReLU(224, 256, (1, 7), padding=(0, 3)),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 128, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], dim=1
        )


class ReductionBToC(nn.Module):
    """1x1-3x3/2 | 1x1-1x7-7x1-3x3/2 | max/2: (N, C, H, W) -> (N, C + 512, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 192, 3, stride=2),
        )
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 256, 1),
            ConvBNReLU(256, 256, (1, 7), padding=(0, 3)),
            ConvBNReLU(256, 320, (7, 1), padding=(3, 0)),
            ConvBNReLU(320, 320, 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch0(x), self.branch1(x), self.branch2(x)], dim=1)


class InceptionC(nn.Module):
    """1x1 | 1x1-{1x3 | 3x1} | 1x1-3x1-1x3-{1x3 | 3x1} | avg-1x1.

    (N, C, H, W) -> (N, 1536, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = ConvBNReLU(in_channels, 256, 1)
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 384, 1),
            Concat(
                a=ConvBNReLU(384, 256, (1, 3), padding=(0, 1)),
                b=ConvBNReLU(384, 256, (3, 1), padding=(1, 0)),
            ),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 384, 1),
            ConvBNReLU(384, 448, (3, 1), padding=(1, 0)),
            ConvBNReLU(448, 512, (1, 3), padding=(0, 1)),
            Concat(
                a=ConvBNReLU(512, 256, (1, 3), padding=(0, 1)),
                b=ConvBNReLU(512, 256, (3, 1), padding=(1, 0)),
            ),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 256, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)], dim=1
        )


class InceptionV4(nn.Module):
    """Inception-v4."""

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv_1a = ConvBNReLU(in_channels, 32, 3, stride=2)  # -> (N, 32, 149, 149)
        self.conv_2a = ConvBNReLU(32, 32, 3)  # -> (N, 32, 147, 147)
        self.conv_2b = ConvBNReLU(32, 64, 3, padding=1)  # -> (N, 64, 147, 147)
        # -> (N, 160, 73, 73)
        self.mixed_3a = Concat(
            maxpool=nn.MaxPool2d(3, stride=2),
            conv=ConvBNReLU(64, 96, 3, stride=2),
        )
        # -> (N, 192, 71, 71)
        self.mixed_4a = Concat(
            branch0=nn.Sequential(ConvBNReLU(160, 64, 1), ConvBNReLU(64, 96, 3)),
            branch1=nn.Sequential(
                ConvBNReLU(160, 64, 1),
                ConvBNReLU(64, 64, (1, 7), padding=(0, 3)),
                ConvBNReLU(64, 64, (7, 1), padding=(3, 0)),
                ConvBNReLU(64, 96, 3),
            ),
        )
        # -> (N, 384, 35, 35)
        self.mixed_5a = Concat(
            conv=ConvBNReLU(192, 192, 3, stride=2),
            maxpool=nn.MaxPool2d(3, stride=2),
        )
        # body
        # -> (N, 384, 35, 35)
        self.inception_a = nn.Sequential(*(InceptionA(384) for _ in range(4)))
        self.reduction_a = ReductionAToB(384)  # -> (N, 1024, 17, 17)
        # -> (N, 1024, 17, 17)
        self.inception_b = nn.Sequential(*(InceptionB(1024) for _ in range(7)))
        self.reduction_b = ReductionBToC(1024)  # -> (N, 1536, 8, 8)
        # -> (N, 1536, 8, 8)
        self.inception_c = nn.Sequential(*(InceptionC(1536) for _ in range(3)))
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1536, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1536, 1, 1)
        self.fc = nn.Linear(1536, num_classes)  # -> (N, 1000)

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
        """Stem and body: (N, 3, 299, 299) -> (N, 1536, 8, 8)."""
        x = self.conv_1a(x)
        x = self.conv_2a(x)
        x = self.conv_2b(x)
        x = self.mixed_3a(x)
        x = self.mixed_4a(x)
        x = self.mixed_5a(x)
        x = self.inception_a(x)
        x = self.reduction_a(x)
        x = self.inception_b(x)
        x = self.reduction_b(x)
        y: Tensor = self.inception_c(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1536, 8, 8) -> (N, 1000), or (N, 1536) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
