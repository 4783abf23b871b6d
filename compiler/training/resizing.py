"""Images cut and brought to a size: bytes or floats (N, C, H, W), which they stay."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

Size = tuple[int, int]
"""Height and width."""
Box = tuple[int, int, int, int]
"""Top and left, height and width."""


def cut(images: Tensor, box: Box) -> Tensor:
    """The part of images in a box."""
    top, left, height, width = box
    return images[..., top : top + height, left : left + width]


def resized(images: Tensor, size: Size) -> Tensor:
    """Images at another size: bilinear, with all that becomes one pixel averaged for it."""
    if images.shape[-2:] == size:
        return images
    return F.interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)


def middle(sides: Size, size: Size, share: float) -> Box:
    """The largest box in the middle that has the shape of `size`, with `share` of its sides."""
    (height, width), (rows, columns) = sides, size
    tall = max(round(share * min(height, width * rows / columns)), 1)
    wide = max(round(share * min(width, height * columns / rows)), 1)
    return (height - tall) // 2, (width - wide) // 2, tall, wide
