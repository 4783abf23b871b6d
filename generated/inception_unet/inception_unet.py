# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_unet
#   spec-sha256: 5010be16b86488d6f56416d56ff5f1d74aca5d16f4e574a93de454f84ff268c1
#   regenerate:  inception-compile source inception_unet
"""A small U-Net of inception blocks.

an example, in the shape of U-Net, arXiv:1505.04597.

Input (N, 3, 128, 128); 678,085 parameters; 611.32 MMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionUnet"]


class ConvBNReLU(nn.Module):
    """Bias-free convolution, batch normalisation (eps 1e-05), ReLU."""

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
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class ConvTransposeBNReLU(nn.Module):
    """Bias-free transposed convolution, batch normalisation (eps 1e-05), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(
            in_channels, out_channels, kernel_size, stride=stride, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Down(nn.Module):
    """3x3/2 | max/2: (N, C, H, W) -> (N, n + C, H', W')."""

    def __init__(self, in_channels: int, n: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, n, 3, stride=2, padding=1)
        self.branch2 = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x)], dim=1)


class InceptionA(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1.

    (N, C, H, W) -> (N, n // 4 + n // 2 + 2 * (n // 8), H, W).
    """

    def __init__(self, in_channels: int, n: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, n // 4, 1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, n // 4, 1),
            ConvBNReLU(n // 4, n // 2, 3, padding=1),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, n // 8, 1),
            ConvBNReLU(n // 8, n // 8, 5, padding=2),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, n // 8, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class InceptionBottom(nn.Module):
    """x | {3x3/2 | max/2}-({1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1})x2-2x2/2.

    (N, C, H, W) -> (N, C + 128, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch2 = nn.Sequential(
            Down(in_channels, n=64),
            nn.Sequential(InceptionA(in_channels + 64, n=256), InceptionA(256, n=256)),
            ConvTransposeBNReLU(256, 128, 2, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.branch2(x)], dim=1)


class InceptionMiddle(nn.Module):
    """(N, C, H, W) -> (N, C + 64, H, W).

    x | {3x3/2 | max/2}-{1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1}-{x | {3x3/2 |
    max/2}-({1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1})x2-2x2/2}-{1x1 | 1x1-3x3 | 1x1-5x5 |
    max-1x1}-2x2/2.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch2 = nn.Sequential(
            Down(in_channels, n=32),
            InceptionA(in_channels + 32, n=128),
            InceptionBottom(128),
            InceptionA(256, n=128),
            ConvTransposeBNReLU(128, 64, 2, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.branch2(x)], dim=1)


class InceptionTop(nn.Module):
    """(N, C, H, W) -> (N, C + 32, H, W).

    x | {3x3/2 | max/2}-{1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1}-{x | {3x3/2 |
    max/2}-{1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1}-{x | {3x3/2 | max/2}-({1x1 | 1x1-3x3
    | 1x1-5x5 | max-1x1})x2-2x2/2}-{1x1 | 1x1-3x3 | 1x1-5x5 | max-1x1}-2x2/2}-{1x1 |
    1x1-3x3 | 1x1-5x5 | max-1x1}-2x2/2.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch2 = nn.Sequential(
            Down(in_channels, n=32),
            InceptionA(in_channels + 32, n=64),
            InceptionMiddle(64),
            InceptionA(128, n=64),
            ConvTransposeBNReLU(64, 32, 2, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.branch2(x)], dim=1)


class InceptionUnet(nn.Module):
    """A small U-Net of inception blocks."""

    def __init__(self, num_classes: int = 21, *, in_channels: int = 3) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv = ConvBNReLU(in_channels, 32, 3, padding=1)  # -> (N, 32, 128, 128)
        # body
        self.u = InceptionTop(32)  # -> (N, 64, 128, 128)
        self.mix = InceptionA(64, n=64)  # -> (N, 64, 128, 128)
        # head
        self.logits = nn.Conv2d(64, num_classes, 1)  # -> (N, 21, 128, 128)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
                module.reset_parameters()

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 128, 128) -> (N, 64, 128, 128)."""
        x = self.conv(x)
        x = self.u(x)
        y: Tensor = self.mix(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 64, 128, 128) -> (N, 21, 128, 128).

        With `pre_logits`, (N, 64, 128, 128).
        """
        if pre_logits:
            return x
        logits: Tensor = self.logits(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
