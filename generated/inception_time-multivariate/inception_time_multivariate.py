# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_time, variant multivariate
#   spec-sha256: 37f726f3d864a73e7bc7d7047b1f4c7d47dcbda9f5eab83034f767a2d7f92d6a
#   regenerate:  inception-compile source inception_time --variant multivariate
"""InceptionTime for 12 channels.

InceptionTime: Finding AlexNet for Time Series Classification, arXiv:1909.04939.

Input (N, 12, 1000); 492,421 parameters; 489.73 MMACs per series.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionTimeMultivariate"]


class Concat(nn.Module):
    """Runs its branches on one input and concatenates their channels."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def pad_same_1d(
    x: Tensor, kernel: int, stride: int, dilation: int = 1, value: float = 0.0
) -> Tensor:
    """Pad L as TensorFlow's SAME does: an odd position goes to the end."""
    span = (kernel - 1) * dilation + 1
    left_over = (x.shape[-1] - 1) % stride
    total = span - 1 - left_over if span >= stride else 0
    return F.pad(x, [total // 2, total - total // 2], value=value)


class Conv1dSame(nn.Conv1d):
    """A convolution padded like TensorFlow's SAME: L -> ceil(L / stride)."""

    kernel_size: tuple[int]
    stride: tuple[int]
    dilation: tuple[int]

    def forward(self, input: Tensor) -> Tensor:
        x = pad_same_1d(input, self.kernel_size[0], self.stride[0], self.dilation[0])
        return F.conv1d(
            x,
            self.weight,
            self.bias,
            self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )


class ConvBN(nn.Module):
    """Bias-free convolution, batch normalisation (eps 0.001)."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, bias=False)
        self.bn = nn.BatchNorm1d(out_channels, eps=0.001, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.conv(x))
        return y


class InceptionFirst(nn.Module):
    """{conv 1-{conv 40 | conv 20 | conv 10} | max-conv 1}-batch norm-ReLU.

    (N, C, L) -> (N, 128, L).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(
            OrderedDict(
                [
                    ("bottleneck", nn.Conv1d(in_channels, 32, 1, bias=False)),
                    (
                        "kernels",
                        Concat(
                            branch1=Conv1dSame(32, 32, 40, bias=False),
                            branch2=Conv1dSame(32, 32, 20, bias=False),
                            branch3=Conv1dSame(32, 32, 10, bias=False),
                        ),
                    ),
                ],
            ),
        )
        self.branch2 = nn.Sequential(
            nn.MaxPool1d(3, stride=1, padding=1),
            nn.Conv1d(in_channels, 32, 1, bias=False),
        )
        self.then = nn.Sequential(
            nn.BatchNorm1d(128, eps=0.001, momentum=0.01),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([self.branch1(x), self.branch2(x)], dim=1)
        out: Tensor = self.then(y)
        return out


class InceptionModule(nn.Module):
    """{conv 1-{conv 40 | conv 20 | conv 10} | max-conv 1}-batch norm-ReLU.

    (N, C, L) -> (N, 128, L).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(
            OrderedDict(
                [
                    ("bottleneck", nn.Conv1d(in_channels, 32, 1, bias=False)),
                    (
                        "kernels",
                        Concat(
                            branch1=Conv1dSame(32, 32, 40, bias=False),
                            branch2=Conv1dSame(32, 32, 20, bias=False),
                            branch3=Conv1dSame(32, 32, 10, bias=False),
                        ),
                    ),
                ],
            ),
        )
        self.branch2 = nn.Sequential(
            nn.MaxPool1d(3, stride=1, padding=1),
            nn.Conv1d(in_channels, 32, 1, bias=False),
        )
        self.then = nn.Sequential(
            nn.BatchNorm1d(128, eps=0.001, momentum=0.01),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([self.branch1(x), self.branch2(x)], dim=1)
        out: Tensor = self.then(y)
        return out


class Group1(nn.Module):
    """(N, C, L) -> (N, 128, L).

    {({conv 1-{conv 40 | conv 20 | conv 10} | max-conv 1}-batch norm-ReLU)x3 + conv
    1}-ReLU.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.deep = nn.Sequential(
            InceptionFirst(in_channels),
            InceptionModule(128),
            InceptionModule(128),
        )
        self.shortcut = ConvBN(in_channels, 128, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.deep(x) + self.shortcut(x)
        return F.relu(y)


class Group2(nn.Module):
    """(N, 128, L) -> (N, 128, L).

    {({conv 1-{conv 40 | conv 20 | conv 10} | max-conv 1}-batch norm-ReLU)x3 + conv
    1}-ReLU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.Sequential(*(InceptionModule(128) for _ in range(3)))
        self.shortcut = ConvBN(128, 128, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.deep(x) + self.shortcut(x)
        return F.relu(y)


class InceptionTimeMultivariate(nn.Module):
    """InceptionTime for 12 channels."""

    def __init__(self, num_classes: int = 5, *, in_channels: int = 12) -> None:
        super().__init__()
        self.num_classes = num_classes
        # body
        self.group1 = Group1(in_channels=in_channels)  # -> (N, 128, 1000)
        self.group2 = Group2()  # -> (N, 128, 1000)
        # head
        self.pool = nn.AdaptiveAvgPool1d(1)  # -> (N, 128, 1)
        self.fc = nn.Linear(128, num_classes)  # -> (N, 5)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from Glorot's uniform distribution."""
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear | nn.BatchNorm1d):
                module.reset_parameters()
        self._init_weights()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc = nn.Linear(self.fc.in_features, num_classes)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 12, 1000) -> (N, 128, 1000)."""
        x = self.group1(x)
        y: Tensor = self.group2(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 128, 1000) -> (N, 5), or (N, 128) with `pre_logits`."""
        x = self.pool(x)
        x = torch.flatten(x, 1)
        if pre_logits:
            return x
        logits: Tensor = self.fc(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
