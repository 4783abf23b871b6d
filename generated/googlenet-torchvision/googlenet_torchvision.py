# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        googlenet, variant torchvision
#   spec-sha256: a019de444426780fd6fb816f33a81c029fddd007ed2c871cc7052cba04598986
#   regenerate:  inception-compile source googlenet --variant torchvision
"""GoogLeNet (torchvision).

Going Deeper with Convolutions, arXiv:1409.4842.

Input (N, 3, 224, 224); 13,004,888 parameters, 6,624,904 without the training-only
auxiliary heads; 1.50 GMACs per image.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
import torch.utils._pytree as pytree
from torch import Tensor, nn

__all__ = ["GoogLeNetTorchvision", "GoogLeNetTorchvisionOutput"]


class GoogLeNetTorchvisionOutput(NamedTuple):
    """What training gives; evaluation gives the logits alone."""

    logits: Tensor
    aux1: Tensor  # its loss counts 0.3 times
    aux2: Tensor  # its loss counts 0.3 times


# By this name torch.export saves and loads what training gives.
pytree._register_namedtuple(  # pyright: ignore[reportPrivateUsage]
    GoogLeNetTorchvisionOutput,
    serialized_type_name="googlenet.GoogLeNetTorchvisionOutput",
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


class InceptionV1(nn.Module):
    """1x1 | 1x1-3x3 | 1x1-3x3 | max-1x1.

    (N, C, H, W) -> (N, n1 + n3 + n5 + pp, H, W).
    """

    def __init__(
        self, in_channels: int, n1: int, r3: int, n3: int, r5: int, n5: int, pp: int
    ) -> None:
        super().__init__()
        self.b1 = ConvBNReLU(in_channels, n1, 1)
        self.b3 = nn.Sequential(
            ConvBNReLU(in_channels, r3, 1),
            ConvBNReLU(r3, n3, 3, padding=1),
        )
        self.b5 = nn.Sequential(
            ConvBNReLU(in_channels, r5, 1),
            ConvBNReLU(r5, n5, 3, padding=1),
        )
        self.pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            ConvBNReLU(in_channels, pp, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b1(x), self.b3(x), self.b5(x), self.pool(x)], dim=1)


class AuxHead(nn.Module):
    """avg pool, 1x1, fc, ReLU, dropout 0.7, fc: (N, C, H, W) -> (N, num_classes)."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.conv = ConvBNReLU(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        x = self.conv(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout(x)
        y: Tensor = self.fc2(x)
        return y


class GoogLeNetTorchvision(nn.Module):
    """GoogLeNet (torchvision) with 2 optional training-only auxiliary heads."""

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
        # -> (N, 64, 112, 112)
        self.conv1 = ConvBNReLU(in_channels, 64, 7, stride=2, padding=3)
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # -> (N, 64, 56, 56)
        self.conv2 = ConvBNReLU(64, 64, 1)  # -> (N, 64, 56, 56)
        self.conv3 = ConvBNReLU(64, 192, 3, padding=1)  # -> (N, 192, 56, 56)
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # -> (N, 192, 28, 28)
        # body
        # -> (N, 256, 28, 28)
        self.inception_3a = InceptionV1(192, n1=64, r3=96, n3=128, r5=16, n5=32, pp=32)
        # -> (N, 480, 28, 28)
        self.inception_3b = InceptionV1(
            256, n1=128, r3=128, n3=192, r5=32, n5=96, pp=64
        )
        self.pool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # -> (N, 480, 14, 14)
        # -> (N, 512, 14, 14)
        self.inception_4a = InceptionV1(480, n1=192, r3=96, n3=208, r5=16, n5=48, pp=64)
        self.aux1 = AuxHead(512, num_classes) if aux_logits else None  # -> (N, 1000)
        # -> (N, 512, 14, 14)
        self.inception_4b = InceptionV1(
            512, n1=160, r3=112, n3=224, r5=24, n5=64, pp=64
        )
        # -> (N, 512, 14, 14)
        self.inception_4c = InceptionV1(
            512, n1=128, r3=128, n3=256, r5=24, n5=64, pp=64
        )
        # -> (N, 528, 14, 14)
        self.inception_4d = InceptionV1(
            512, n1=112, r3=144, n3=288, r5=32, n5=64, pp=64
        )
        self.aux2 = AuxHead(528, num_classes) if aux_logits else None  # -> (N, 1000)
        # -> (N, 832, 14, 14)
        self.inception_4e = InceptionV1(
            528, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        self.pool4 = nn.MaxPool2d(2, ceil_mode=True)  # -> (N, 832, 7, 7)
        # -> (N, 832, 7, 7)
        self.inception_5a = InceptionV1(
            832, n1=256, r3=160, n3=320, r5=32, n5=128, pp=128
        )
        # -> (N, 1024, 7, 7)
        self.inception_5b = InceptionV1(
            832, n1=384, r3=192, n3=384, r5=48, n5=128, pp=128
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 1024, 1, 1)
        self.dropout = nn.Dropout(dropout)  # -> (N, 1024, 1, 1)
        self.fc = nn.Linear(1024, num_classes)  # -> (N, 1000)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from N(0, 0.01), cut at +-2."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.01)

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
        nn.init.trunc_normal_(self.fc.weight, std=0.01)
        if self.aux1 is not None:
            self.aux1.fc2 = nn.Linear(self.aux1.fc2.in_features, num_classes)
            nn.init.trunc_normal_(self.aux1.fc2.weight, std=0.01)
        if self.aux2 is not None:
            self.aux2.fc2 = nn.Linear(self.aux2.fc2.in_features, num_classes)
            nn.init.trunc_normal_(self.aux2.fc2.weight, std=0.01)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 224, 224) -> (N, 1024, 7, 7)."""
        x = self._to_aux1(x)
        x = self._to_aux2(x)
        return self._from_aux2(x)

    def _to_aux1(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.conv3(x)
        x = self.pool2(x)
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.pool3(x)
        y: Tensor = self.inception_4a(x)
        return y

    def _to_aux2(self, x: Tensor) -> Tensor:
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        y: Tensor = self.inception_4d(x)
        return y

    def _from_aux2(self, x: Tensor) -> Tensor:
        x = self.inception_4e(x)
        x = self.pool4(x)
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

    def forward(self, x: Tensor) -> Tensor | GoogLeNetTorchvisionOutput:
        x = self._to_aux1(x)
        aux1 = self.aux1(x) if self.training and self.aux1 is not None else None
        x = self._to_aux2(x)
        aux2 = self.aux2(x) if self.training and self.aux2 is not None else None
        x = self._from_aux2(x)
        logits = self.forward_head(x)
        if aux1 is None or aux2 is None:
            return logits
        return GoogLeNetTorchvisionOutput(logits, aux1, aux2)
