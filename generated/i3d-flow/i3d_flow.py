# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        i3d, variant flow
#   spec-sha256: 0225c4650f7cd1b87b912fbc9c50af21b6de28fbcf17cbafe4fab35a42e5e608
#   regenerate:  inception-compile source i3d --variant flow
"""I3D (optical flow).

Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset, arXiv:1705.07750.

Input (N, 2, 64, 224, 224); 12,668,032 parameters; 102.34 GMACs per clip.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["I3dFlow"]


def pad_same_3d(
    x: Tensor,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int],
    dilation: tuple[int, int, int] = (1, 1, 1),
    value: float = 0.0,
) -> Tensor:
    """Pad T, H and W as TensorFlow's SAME does: what is odd goes to the end."""
    pads: list[int] = []
    for axis in (2, 1, 0):
        span = (kernel[axis] - 1) * dilation[axis] + 1
        left_over = (x.shape[axis - 3] - 1) % stride[axis]
        total = span - 1 - left_over if span >= stride[axis] else 0
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def triple(size: int | tuple[int, int, int]) -> tuple[int, int, int]:
    """One number for each of (frames, height, width)."""
    return (size, size, size) if isinstance(size, int) else size


class Conv3dSame(nn.Conv3d):
    """A convolution padded like TensorFlow's SAME: each side -> ceil(side / stride)."""

    kernel_size: tuple[int, int, int]
    stride: tuple[int, int, int]
    dilation: tuple[int, int, int]

    def forward(self, input: Tensor) -> Tensor:
        x = pad_same_3d(input, self.kernel_size, self.stride, self.dilation)
        return F.conv3d(
            x,
            self.weight,
            self.bias,
            self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )


class MaxPool3dSame(nn.MaxPool3d):
    """A max pool padded like TensorFlow's SAME: each side -> ceil(side / stride)."""

    kernel_size: int | tuple[int, int, int]
    stride: int | tuple[int, int, int]

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = triple(self.kernel_size), triple(self.stride)
        x = pad_same_3d(input, kernel, stride, value=float("-inf"))
        return torch.max_pool3d(x, kernel, stride)


class BatchNorm3dNoGamma(nn.BatchNorm3d):
    """Batch normalisation that shifts but doesn't scale."""

    def reset_parameters(self) -> None:
        self.register_parameter("weight", None)
        self.reset_running_stats()
        nn.init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass: only maps come here, and ``torch.fx`` traces no sizes."""


class ConvSameBNReLU(nn.Module):
    """Bias-free SAME-padded convolution and what follows.

    Gamma-free batch normalisation (eps 0.001), ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = Conv3dSame(
            in_channels, out_channels, kernel_size, stride=stride, bias=False
        )
        self.bn = BatchNorm3dNoGamma(out_channels, eps=0.001, momentum=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class ConvBNReLU(nn.Module):
    """Bias-free convolution, gamma-free batch normalisation (eps 0.001), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        padding: int | tuple[int, int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv3d(
            in_channels, out_channels, kernel_size, padding=padding, bias=False
        )
        self.bn = BatchNorm3dNoGamma(out_channels, eps=0.001, momentum=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionInc(nn.Module):
    """1x1x1 | 1x1x1-3x3x3 | 1x1x1-3x3x3 | max-1x1x1.

    (N, C, T, H, W) -> (N, n1 + n3a + n3b + pp, T, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3a: int, n3a: int, r3b: int, n3b: int, pp: int
    ) -> None:
        super().__init__()
        self.b0 = ConvBNReLU(in_channels, n1, 1)
        self.b1 = nn.Sequential(
            ConvBNReLU(in_channels, r3a, 1),
            ConvBNReLU(r3a, n3a, 3, padding=1),
        )
        self.b2 = nn.Sequential(
            ConvBNReLU(in_channels, r3b, 1),
            ConvBNReLU(r3b, n3b, 3, padding=1),
        )
        self.b3 = nn.Sequential(
            nn.MaxPool3d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x)], dim=1)


class I3dFlow(nn.Module):
    """I3D (optical flow)."""

    def __init__(
        self, num_classes: int = 400, *, in_channels: int = 2, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 64, 32, 112, 112)
        self.conv_1a = ConvSameBNReLU(in_channels, 64, 7, stride=2)
        # -> (N, 64, 32, 56, 56)
        self.pool_2a = MaxPool3dSame((1, 3, 3), stride=(1, 2, 2))
        self.conv_2b = ConvBNReLU(64, 64, 1)  # -> (N, 64, 32, 56, 56)
        self.conv_2c = ConvBNReLU(64, 192, 3, padding=1)  # -> (N, 192, 32, 56, 56)
        # -> (N, 192, 32, 28, 28)
        self.pool_3a = MaxPool3dSame((1, 3, 3), stride=(1, 2, 2))
        # body
        # -> (N, 256, 32, 28, 28)
        self.mixed_3b = InceptionInc(192, n1=64, r3a=96, n3a=128, r3b=16, n3b=32, pp=32)
        # -> (N, 480, 32, 28, 28)
        self.mixed_3c = InceptionInc(
            256, n1=128, r3a=128, n3a=192, r3b=32, n3b=96, pp=64
        )
        self.pool_4a = MaxPool3dSame(3, stride=2)  # -> (N, 480, 16, 14, 14)
        # -> (N, 512, 16, 14, 14)
        self.mixed_4b = InceptionInc(
            480, n1=192, r3a=96, n3a=208, r3b=16, n3b=48, pp=64
        )
        # -> (N, 512, 16, 14, 14)
        self.mixed_4c = InceptionInc(
            512, n1=160, r3a=112, n3a=224, r3b=24, n3b=64, pp=64
        )
        # -> (N, 512, 16, 14, 14)
        self.mixed_4d = InceptionInc(
            512, n1=128, r3a=128, n3a=256, r3b=24, n3b=64, pp=64
        )
        # -> (N, 528, 16, 14, 14)
        self.mixed_4e = InceptionInc(
            512, n1=112, r3a=144, n3a=288, r3b=32, n3b=64, pp=64
        )
        # -> (N, 832, 16, 14, 14)
        self.mixed_4f = InceptionInc(
            528, n1=256, r3a=160, n3a=320, r3b=32, n3b=128, pp=128
        )
        self.pool_5a = MaxPool3dSame(2)  # -> (N, 832, 8, 7, 7)
        # -> (N, 832, 8, 7, 7)
        self.mixed_5b = InceptionInc(
            832, n1=256, r3a=160, n3a=320, r3b=32, n3b=128, pp=128
        )
        # -> (N, 1024, 8, 7, 7)
        self.mixed_5c = InceptionInc(
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
        """Stem and body: (N, 2, 64, 224, 224) -> (N, 1024, 8, 7, 7)."""
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
