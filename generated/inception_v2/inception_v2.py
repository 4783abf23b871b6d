# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_v2
#   spec-sha256: fc8be5dac4fb9d7e79f9eb49e7d9dbd6d3c30f8a74c0e0c8b65c449a3ac899a3
#   regenerate:  inception-compile source inception_v2
"""Inception-v2.

Rethinking the Inception Architecture for Computer Vision, arXiv:1512.00567.

Input (N, 3, 299, 299); 27,254,832 parameters, 23,928,904 without the training-only
auxiliary head; 5.77 GMACs per image.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
import torch.utils._pytree as pytree
from torch import Tensor, nn

__all__ = ["InceptionV2", "InceptionV2Output"]


class Concat(nn.Module):
    """Runs its branches on one input and concatenates their channels."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


class InceptionV2Output(NamedTuple):
    """What training gives; evaluation gives the logits alone."""

    logits: Tensor
    aux: Tensor  # its loss counts 0.4 times


# By this name torch.export saves and loads what training gives.
pytree._register_namedtuple(  # pyright: ignore[reportPrivateUsage]
    InceptionV2Output, serialized_type_name="inception_v2.InceptionV2Output"
)


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


class ConvReLU(nn.Module):
    """Convolution, ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int]
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x), inplace=True)


class InceptionA(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3-3x3 | avg-1x1: (N, C, H, W) -> (N, 288, H, W)."""

    def __init__(self, in_channels: int) -> None:
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
            ConvBNReLU(in_channels, 64, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class ReductionAToB(nn.Module):
    """3x3/2 | 1x1-3x3-3x3/2 | max/2: (N, C, H, W) -> (N, C + 480, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, 384, 3, stride=2)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 64, 1),
            ConvBNReLU(64, 96, 3, padding=1),
            ConvBNReLU(96, 96, 3, stride=2),
        )
        self.branch3 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x)], dim=1)


class InceptionB(nn.Module):
    """1x1 | 1x1-1x7-7x1 | 1x1-7x1-1x7-7x1-1x7 | avg-1x1.

    (N, C, H, W) -> (N, 768, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = ConvBNReLU(in_channels, 192, 1)
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 128, 1),
            ConvBNReLU(128, 128, (1, 7), padding=(0, 3)),
            ConvBNReLU(128, 192, (7, 1), padding=(3, 0)),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, 128, 1),
            ConvBNReLU(128, 128, (7, 1), padding=(3, 0)),
            ConvBNReLU(128, 128, (1, 7), padding=(0, 3)),
            ConvBNReLU(128, 128, (7, 1), padding=(3, 0)),
            ConvBNReLU(128, 192, (1, 7), padding=(0, 3)),
        )
        self.branch4 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ConvBNReLU(in_channels, 192, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1
        )


class AuxHead(nn.Module):
    """avg/3, 1x1, 5x5, global avg, fc: (N, C, H, W) -> (N, num_classes)."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.pool1 = nn.AvgPool2d(5, stride=3)
        self.conv1 = ConvBNReLU(in_channels, 128, 1)
        self.conv2 = ConvReLU(128, 768, 5)
        self.pool2 = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(768, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(x)
        x = self.conv1(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = torch.flatten(x, 1)
        y: Tensor = self.fc(x)
        return y


class ReductionBToC(nn.Module):
    """1x1-3x3/2 | 1x1-1x7-7x1-3x3/2 | max/2: (N, C, H, W) -> (N, C + 512, H', W')."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 320, 3, stride=2),
        )
        self.branch2 = nn.Sequential(
            ConvBNReLU(in_channels, 192, 1),
            ConvBNReLU(192, 192, (1, 7), padding=(0, 3)),
            ConvBNReLU(192, 192, (7, 1), padding=(3, 0)),
            ConvBNReLU(192, 192, 3, stride=2),
        )
        self.branch3 = nn.MaxPool2d(3, stride=2)

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
                a=ConvBNReLU(384, 384, (1, 3), padding=(0, 1)),
                b=ConvBNReLU(384, 384, (3, 1), padding=(1, 0)),
            ),
        )
        self.branch3 = nn.Sequential(
            ConvBNReLU(in_channels, 448, 1),
            ConvBNReLU(448, 384, 3, padding=1),
            Concat(
                a=ConvBNReLU(384, 384, (1, 3), padding=(0, 1)),
                b=ConvBNReLU(384, 384, (3, 1), padding=(1, 0)),
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


class InceptionV2(nn.Module):
    """Inception-v2 with an optional training-only auxiliary head."""

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        aux_logits: bool = True,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        self.conv_1a = ConvBNReLU(in_channels, 32, 3, stride=2)  # -> (N, 32, 149, 149)
        self.conv_2a = ConvBNReLU(32, 32, 3)  # -> (N, 32, 147, 147)
        self.conv_2b = ConvBNReLU(32, 64, 3, padding=1)  # -> (N, 64, 147, 147)
        self.pool_3a = nn.MaxPool2d(3, stride=2)  # -> (N, 64, 73, 73)
        self.conv_3b = ConvBNReLU(64, 80, 3)  # -> (N, 80, 71, 71)
        self.conv_4a = ConvBNReLU(80, 192, 3, stride=2)  # -> (N, 192, 35, 35)
        self.conv_4b = ConvBNReLU(192, 288, 3, padding=1)  # -> (N, 288, 35, 35)
        # body
        # -> (N, 288, 35, 35)
        self.inception_a = nn.Sequential(*(InceptionA(288) for _ in range(3)))
        self.reduction_a = ReductionAToB(288)  # -> (N, 768, 17, 17)
        # -> (N, 768, 17, 17)
        self.inception_b = nn.Sequential(*(InceptionB(768) for _ in range(5)))
        self.aux = AuxHead(768, num_classes) if aux_logits else None  # -> (N, 1000)
        self.reduction_b = ReductionBToC(768)  # -> (N, 1280, 8, 8)
        # -> (N, 2048, 8, 8)
        self.inception_c = nn.Sequential(InceptionC(1280), InceptionC(2048))
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 2048, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 2048, 1, 1)
        self.fc = nn.Linear(2048, num_classes)  # -> (N, 1000)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from N(0, 0.1), cut at +-2."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.1)
        if self.aux is not None:
            nn.init.trunc_normal_(self.get_parameter("aux.conv2.conv.weight"), std=0.01)
            nn.init.trunc_normal_(self.get_parameter("aux.fc.weight"), std=0.001)

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
        nn.init.trunc_normal_(self.fc.weight, std=0.1)
        if self.aux is not None:
            self.aux.fc = nn.Linear(self.aux.fc.in_features, num_classes)
            nn.init.trunc_normal_(self.aux.fc.weight, std=0.001)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 299, 299) -> (N, 2048, 8, 8)."""
        x = self._to_aux(x)
        return self._from_aux(x)

    def _to_aux(self, x: Tensor) -> Tensor:
        x = self.conv_1a(x)
        x = self.conv_2a(x)
        x = self.conv_2b(x)
        x = self.pool_3a(x)
        x = self.conv_3b(x)
        x = self.conv_4a(x)
        x = self.conv_4b(x)
        x = self.inception_a(x)
        x = self.reduction_a(x)
        y: Tensor = self.inception_b(x)
        return y

    def _from_aux(self, x: Tensor) -> Tensor:
        x = self.reduction_b(x)
        y: Tensor = self.inception_c(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 2048, 8, 8) -> (N, 1000), or (N, 2048) with `pre_logits`."""
        x = self.pool(x)
        x = self.dropout(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor | InceptionV2Output:
        x = self._to_aux(x)
        aux = self.aux(x) if self.training and self.aux is not None else None
        x = self._from_aux(x)
        logits = self.forward_head(x)
        if aux is None:
            return logits
        return InceptionV2Output(logits, aux)
