"""What `runtime` has for images, for series (N, C, L) and clips (N, C, T, H, W).

Copied word for word into emitted source, as that file is, so each piece stands on its own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def pad_same_1d(
    x: Tensor, kernel: int, stride: int, dilation: int = 1, value: float = 0.0
) -> Tensor:
    """Pad L as TensorFlow's SAME does: an odd position goes to the end."""
    span = (kernel - 1) * dilation + 1
    left_over = (x.shape[-1] - 1) % stride
    total = span - 1 - left_over if span >= stride else 0
    return F.pad(x, [total // 2, total - total // 2], value=value)


def single(size: int | tuple[int]) -> int:
    """One number, as it is or in a tuple."""
    return size if isinstance(size, int) else size[0]


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


class MaxPool1dSame(nn.MaxPool1d):
    """A max pool padded like TensorFlow's SAME: L -> ceil(L / stride)."""

    kernel_size: int | tuple[int]
    stride: int | tuple[int]

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = single(self.kernel_size), single(self.stride)
        x = pad_same_1d(input, kernel, stride, value=float("-inf"))
        return torch.max_pool1d(x, kernel, stride)


class AvgPool1dSame(nn.AvgPool1d):
    """An average pool padded like TensorFlow's SAME; ``count_include_pad`` as in torch."""

    kernel_size: int | tuple[int]
    stride: int | tuple[int]

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = single(self.kernel_size), single(self.stride)
        mean = F.avg_pool1d(pad_same_1d(input, kernel, stride), kernel, stride)
        if self.count_include_pad:
            return mean
        ones = torch.ones_like(input[:1, :1])
        return mean / F.avg_pool1d(pad_same_1d(ones, kernel, stride), kernel, stride)


class BatchNorm1dNoGamma(nn.BatchNorm1d):
    """Batch normalisation that shifts but doesn't scale."""

    def reset_parameters(self) -> None:
        self.register_parameter("weight", None)
        self.reset_running_stats()
        nn.init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass: only what fits comes here, and ``torch.fx`` traces no sizes."""


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


class AvgPool3dSame(nn.AvgPool3d):
    """An average pool padded like TensorFlow's SAME; ``count_include_pad`` as in torch."""

    kernel_size: int | tuple[int, int, int]
    stride: int | tuple[int, int, int]

    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = triple(self.kernel_size), triple(self.stride)
        mean = F.avg_pool3d(pad_same_3d(input, kernel, stride), kernel, stride)
        if self.count_include_pad:
            return mean
        ones = torch.ones_like(input[:1, :1])
        return mean / F.avg_pool3d(pad_same_3d(ones, kernel, stride), kernel, stride)


class BatchNorm3dNoGamma(nn.BatchNorm3d):
    """Batch normalisation that shifts but doesn't scale."""

    def reset_parameters(self) -> None:
        self.register_parameter("weight", None)
        self.reset_running_stats()
        nn.init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        """Pass: only maps come here, and ``torch.fx`` traces no sizes."""
