# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        s3d
#   spec-sha256: cfc7ec451920a90eba534c693c76049babd42e71ce80e1f6d6930c0ea9fb2725
#   regenerate:  inception-compile source s3d
"""S3D.

Rethinking Spatiotemporal Feature Learning: Speed-Accuracy Trade-offs in Video
Classification, arXiv:1712.04851.

Input (N, 3, 64, 224, 224); 8,320,048 parameters; 71.92 GMACs per clip.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["S3D"]


class ConvBNReLU(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv3d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=False,
        )
        self.bn = nn.BatchNorm3d(out_channels, eps=0.001, momentum=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionSep(nn.Module):
    """1x1x1 | 1x1x1-1x3x3-3x1x1 | 1x1x1-1x3x3-3x1x1 | max-1x1x1.

    (N, C, T, H, W) -> (N, n1 + n3a + n3b + pp, T, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3a: int, n3a: int, r3b: int, n3b: int, pp: int
    ) -> None:
        super().__init__()
        self.b0 = ConvBNReLU(in_channels, n1, 1)
        self.b1 = nn.Sequential(
            ConvBNReLU(in_channels, r3a, 1),
            ConvBNReLU(r3a, n3a, (1, 3, 3), padding=(0, 1, 1)),
            ConvBNReLU(n3a, n3a, (3, 1, 1), padding=(1, 0, 0)),
        )
        self.b2 = nn.Sequential(
            ConvBNReLU(in_channels, r3b, 1),
            ConvBNReLU(r3b, n3b, (1, 3, 3), padding=(0, 1, 1)),
            ConvBNReLU(n3b, n3b, (3, 1, 1), padding=(1, 0, 0)),
        )
        self.b3 = nn.Sequential(
            nn.MaxPool3d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x)], dim=1)


class S3D(nn.Module):
    """S3D."""

    def __init__(
        self, num_classes: int = 400, *, in_channels: int = 3, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 64, 32, 112, 112)
        self.conv_1a = nn.Sequential(
            ConvBNReLU(in_channels, 64, (1, 7, 7), stride=(1, 2, 2), padding=(0, 3, 3)),
            ConvBNReLU(64, 64, (7, 1, 1), stride=(2, 1, 1), padding=(3, 0, 0)),
        )
        # -> (N, 64, 32, 56, 56)
        self.pool_2a = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.conv_2b = ConvBNReLU(64, 64, 1)  # -> (N, 64, 32, 56, 56)
        # -> (N, 192, 32, 56, 56)
        self.conv_2c = nn.Sequential(
            ConvBNReLU(64, 192, (1, 3, 3), padding=(0, 1, 1)),
            ConvBNReLU(192, 192, (3, 1, 1), padding=(1, 0, 0)),
        )
        # -> (N, 192, 32, 28, 28)
        self.pool_3a = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        # body
        # -> (N, 256, 32, 28, 28)
        self.mixed_3b = InceptionSep(192, n1=64, r3a=96, n3a=128, r3b=16, n3b=32, pp=32)
        # -> (N, 480, 32, 28, 28)
        self.mixed_3c = InceptionSep(
            256, n1=128, r3a=128, n3a=192, r3b=32, n3b=96, pp=64
        )
        self.pool_4a = nn.MaxPool3d(3, stride=2, padding=1)  # -> (N, 480, 16, 14, 14)
        # -> (N, 512, 16, 14, 14)
        self.mixed_4b = InceptionSep(
            480, n1=192, r3a=96, n3a=208, r3b=16, n3b=48, pp=64
        )
        # -> (N, 512, 16, 14, 14)
        self.mixed_4c = InceptionSep(
            512, n1=160, r3a=112, n3a=224, r3b=24, n3b=64, pp=64
        )
        # -> (N, 512, 16, 14, 14)
        self.mixed_4d = InceptionSep(
            512, n1=128, r3a=128, n3a=256, r3b=24, n3b=64, pp=64
        )
        # -> (N, 528, 16, 14, 14)
        self.mixed_4e = InceptionSep(
            512, n1=112, r3a=144, n3a=288, r3b=32, n3b=64, pp=64
        )
        # -> (N, 832, 16, 14, 14)
        self.mixed_4f = InceptionSep(
            528, n1=256, r3a=160, n3a=320, r3b=32, n3b=128, pp=128
        )
        self.pool_5a = nn.MaxPool3d(2)  # -> (N, 832, 8, 7, 7)
        # -> (N, 832, 8, 7, 7)
        self.mixed_5b = InceptionSep(
            832, n1=256, r3a=160, n3a=320, r3b=32, n3b=128, pp=128
        )
        # -> (N, 1024, 8, 7, 7)
        self.mixed_5c = InceptionSep(
            832, n1=384, r3a=192, n3a=384, r3b=48, n3b=128, pp=128
        )
        # head
        self.pool = nn.AvgPool3d((2, 7, 7), stride=1)  # -> (N, 1024, 7, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1024, 7, 1, 1)
        self.logits = nn.Conv3d(1024, num_classes, 1)  # -> (N, 400, 7, 1, 1)
        self.mean = nn.AdaptiveAvgPool3d(1)  # -> (N, 400, 1, 1, 1)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv3d | nn.BatchNorm3d):
                module.reset_parameters()

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 64, 224, 224) -> (N, 1024, 8, 7, 7)."""
        x = self.conv_1a(x)
        x = self.pool_2a(x)
        x = self.conv_2b(x)
        x = self.conv_2c(x)
        x = self.pool_3a(x)
        x = self.mixed_3b(x)
        x = self.mixed_3c(x)
        x = self.pool_4a(x)
        x = self.mixed_4b(x)
        x = self.mixed_4c(x)
        x = self.mixed_4d(x)
        x = self.mixed_4e(x)
        x = self.mixed_4f(x)
        x = self.pool_5a(x)
        x = self.mixed_5b(x)
        y: Tensor = self.mixed_5c(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1024, 8, 7, 7) -> (N, 400).

        With `pre_logits`, (N, 1024, 7, 1, 1).
        """
        x = self.pool(x)
        x = self.dropout(x)
        if pre_logits:
            return x
        x = self.logits(x)
        x = self.mean(x)
        return torch.flatten(x, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
