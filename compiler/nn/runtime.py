"""The few layers and losses that torch lacks, for compiled modules and emitted source alike.

The source emitter copies what it needs from this file word for word, so each piece
stands on its own, at 88 columns, with nothing but torch in reach.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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


class AvgPool2dSame(nn.AvgPool2d):
    """An average pool padded like TensorFlow's SAME; ``count_include_pad`` as in torch."""

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = pair(self.kernel_size), pair(self.stride)
        mean = F.avg_pool2d(pad_same(input, kernel, stride), kernel, stride)
        if self.count_include_pad:
            return mean
        ones = torch.ones_like(input[:1, :1])
        return mean / F.avg_pool2d(pad_same(ones, kernel, stride), kernel, stride)


class BatchNorm2dNoGamma(nn.BatchNorm2d):
    """Batch normalisation that shifts but doesn't scale."""

    def reset_parameters(self) -> None:
        self.register_parameter("weight", None)
        self.reset_running_stats()
        nn.init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass: only maps come here, and ``torch.fx`` traces no sizes."""


class DropPath(nn.Module):
    """While training, zeroes samples with probability `p` and rescales the rest."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.p > 0.0:
            keep = 1.0 - self.p
            kept = x.new_empty([x.size(0)] + [1] * (x.dim() - 1)).bernoulli_(keep)
            if keep > 0.0:
                kept.div_(keep)
            x = x * kept
        return x


class L2Norm(nn.Module):
    """Scales the channels of each position to a vector of length 1."""

    def __init__(self, eps: float = 1e-12) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1, eps=self.eps)


class LayerScale(nn.Module):
    """Multiplies each channel by a factor of its own, which is learned."""

    def __init__(self, channels: int, init_value: float) -> None:
        super().__init__()
        self.init_value = init_value
        self.gamma = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.gamma, self.init_value)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view([-1] + [1] * (x.dim() - 2))


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels at each place of a map."""

    def forward(self, input: Tensor) -> Tensor:
        x = input.movedim(1, -1)
        y = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return y.movedim(-1, 1).contiguous()


class Concat(nn.Module):
    """Runs its branches on one input and concatenates their channels."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)


class Add(nn.Module):
    """Runs its branches on one input and adds what they give."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        total = x
        for place, branch in enumerate(self.children()):
            total = total + branch(x) if place else branch(x)
        return total


class Mul(nn.Module):
    """Runs its branches on one input and multiplies what they give."""

    def __init__(self, /, **branches: nn.Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        product = x
        for place, branch in enumerate(self.children()):
            product = product * branch(x) if place else branch(x)
        return product


def softmax_loss(probabilities: Tensor, target: Tensor) -> Tensor:
    """Cross entropy of what a softmax gave, finite where a probability underflows."""
    tiny = torch.finfo(probabilities.dtype).tiny
    return F.cross_entropy(probabilities.clamp_min(tiny).log(), target)


def sigmoid_loss(probabilities: Tensor, target: Tensor) -> Tensor:
    """Binary cross entropy of what a sigmoid gave; `target` has its shape."""
    return F.binary_cross_entropy(probabilities, target.to(probabilities.dtype))
