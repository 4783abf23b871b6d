# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        bn_inception, variant slim
#   spec-sha256: 0d525ff7b67ee0d5963e76135c1654f16feb9adf8e4f95ae1d2bc30bb5cdac03
#   regenerate:  inception-compile source bn_inception --variant slim
"""BN-Inception (TF-slim).

Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
Shift, arXiv:1502.03167.

Input (N, 3, 224, 224); 11,178,336 parameters; 1.93 GMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["BnInceptionSlim"]


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


class BatchNorm2dNoGamma(nn.BatchNorm2d):
    """Batch normalisation that shifts but doesn't scale."""

    def reset_parameters(self) -> None:
        self.register_parameter("weight", None)
        self.reset_running_stats()
        nn.init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass: only maps come here, and ``torch.fx`` traces no sizes."""


class ConvBNReLU(nn.Module):
    """Bias-free convolution, gamma-free batch normalisation (eps 0.001), ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, padding=padding, bias=False
        )
        self.bn = BatchNorm2dNoGamma(out_channels, eps=0.001, momentum=0.0003)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class ConvSameBNReLU(nn.Module):
    """Bias-free SAME-padded convolution and what follows.

    Gamma-free batch normalisation (eps 0.001), ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self.conv = Conv2dSame(
            in_channels, out_channels, kernel_size, stride=stride, bias=False
        )
        self.bn = BatchNorm2dNoGamma(out_channels, eps=0.001, momentum=0.0003)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class InceptionAvg(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3-3x3 | avg-1x1.

    (N, C, H, W) -> (N, n1 + n3 + nd + pp, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3: int, n3: int, rd: int, nd: int, pp: int
    ) -> None:
        super().__init__()
        self.b1 = ConvBNReLU(in_channels, n1, 1)
        self.b3 = nn.Sequential(
            ConvBNReLU(in_channels, r3, 1),
            ConvBNReLU(r3, n3, 3, padding=1),
        )
        self.b3x3 = nn.Sequential(
            ConvBNReLU(in_channels, rd, 1),
            ConvBNReLU(rd, nd, 3, padding=1),
            ConvBNReLU(nd, nd, 3, padding=1),
        )
        self.pool = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b3(x), self.b3x3(x), self.pool(x)], dim=1)


class ReductionDown(nn.Module):
    """1x1-3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, n3 + nd + C, H', W')."""

    def __init__(self, in_channels: int, r3: int, n3: int, rd: int, nd: int) -> None:
        super().__init__()
        self.b3 = nn.Sequential(
            ConvBNReLU(in_channels, r3, 1),
            ConvSameBNReLU(r3, n3, 3, stride=2),
        )
        self.b3x3 = nn.Sequential(
            ConvBNReLU(in_channels, rd, 1),
            ConvBNReLU(rd, nd, 3, padding=1),
            ConvSameBNReLU(nd, nd, 3, stride=2),
        )
        self.pool = MaxPool2dSame(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b3(x), self.b3x3(x), self.pool(x)], dim=1)


class InceptionMax(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3-3x3 | max-1x1.

    (N, C, H, W) -> (N, n1 + n3 + nd + pp, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3: int, n3: int, rd: int, nd: int, pp: int
    ) -> None:
        super().__init__()
        self.b1 = ConvBNReLU(in_channels, n1, 1)
        self.b3 = nn.Sequential(
            ConvBNReLU(in_channels, r3, 1),
            ConvBNReLU(r3, n3, 3, padding=1),
        )
        self.b3x3 = nn.Sequential(
            ConvBNReLU(in_channels, rd, 1),
            ConvBNReLU(rd, nd, 3, padding=1),
            ConvBNReLU(nd, nd, 3, padding=1),
        )
        self.pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b3(x), self.b3x3(x), self.pool(x)], dim=1)


class BnInceptionSlim(nn.Module):
    """BN-Inception (TF-slim)."""

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 64, 112, 112)
        self.conv1 = nn.Sequential(
            Conv2dSame(in_channels, 24, 7, stride=2, groups=in_channels, bias=False),
            ConvBNReLU(24, 64, 1),
        )
        self.pool1 = MaxPool2dSame(3, stride=2)  # -> (N, 64, 56, 56)
        self.conv2 = ConvBNReLU(64, 64, 1)  # -> (N, 64, 56, 56)
        self.conv3 = ConvBNReLU(64, 192, 3, padding=1)  # -> (N, 192, 56, 56)
        self.pool2 = MaxPool2dSame(3, stride=2)  # -> (N, 192, 28, 28)
        # body
        # -> (N, 256, 28, 28)
        self.inception_3a = InceptionAvg(192, n1=64, r3=64, n3=64, rd=64, nd=96, pp=32)
        # -> (N, 320, 28, 28)
        self.inception_3b = InceptionAvg(256, n1=64, r3=64, n3=96, rd=64, nd=96, pp=64)
        # -> (N, 576, 14, 14)
        self.inception_3c = ReductionDown(320, r3=128, n3=160, rd=64, nd=96)
        # -> (N, 576, 14, 14)
        self.inception_4a = InceptionAvg(
            576, n1=224, r3=64, n3=96, rd=96, nd=128, pp=128
        )
        # -> (N, 576, 14, 14)
        self.inception_4b = InceptionAvg(
            576, n1=192, r3=96, n3=128, rd=96, nd=128, pp=128
        )
        # -> (N, 576, 14, 14)
        self.inception_4c = InceptionAvg(
            576, n1=160, r3=128, n3=160, rd=128, nd=160, pp=96
        )
        # -> (N, 576, 14, 14)
        self.inception_4d = InceptionAvg(
            576, n1=96, r3=128, n3=192, rd=160, nd=192, pp=96
        )
        # -> (N, 1024, 7, 7)
        self.inception_4e = ReductionDown(576, r3=128, n3=192, rd=192, nd=256)
        # -> (N, 1024, 7, 7)
        self.inception_5a = InceptionAvg(
            1024, n1=352, r3=192, n3=320, rd=160, nd=224, pp=128
        )
        # -> (N, 1024, 7, 7)
        self.inception_5b = InceptionMax(
            1024, n1=352, r3=192, n3=320, rd=192, nd=224, pp=128
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1024, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1024, 1, 1)
        self.fc = nn.Linear(1024, num_classes)  # -> (N, 1000)

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
        """Stem and body: (N, 3, 224, 224) -> (N, 1024, 7, 7)."""
        x = self.conv1(x)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.conv3(x)
        x = self.pool2(x)
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.inception_3c(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.inception_5a(x)
        y: Tensor = self.inception_5b(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 1024, 7, 7) -> (N, 1000), or (N, 1024) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
