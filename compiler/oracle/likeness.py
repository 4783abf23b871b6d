"""Whether tensors are the same: to the last bit, or but for rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan

import torch
from torch import Tensor

Outs = dict[str, Tensor]
Same = Callable[[Tensor, Tensor], bool]
Finding = tuple[str, str, str]
"""Where two parted, and what either had there."""


def same(ours: Tensor, theirs: Tensor) -> bool:
    """Whether two tensors are equal to the last bit; what is no number equals itself."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return False
    return torch.equal(ours, theirs) or bool(_alike(ours, theirs).all())


def _alike(ours: Tensor, theirs: Tensor) -> Tensor:
    return (ours == theirs) | (ours.isnan() & theirs.isnan())


TOLERANCE = 1e-9
"""Of the largest element: far above what float64 rounds, far below any mistake."""


def close(ours: Tensor, theirs: Tensor) -> bool:
    """Whether two tensors are equal but for rounding in float64."""
    if ours.shape != theirs.shape:
        return False
    finite = theirs[theirs.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    return torch.allclose(ours, theirs.to(ours), 0.0, TOLERANCE * scale, equal_nan=True)


AMPLIFIED = 1e-4
"""The most of the largest element that is taken for rounding, however it is amplified."""


def rounding(ours: Tensor, theirs: Tensor, jolted: Tensor) -> bool:
    """Whether two tensors differ by no more than weights that are a little off make of one."""
    if ours.shape != theirs.shape or not bool(ours.isfinite().all()):
        return False
    gap, scale = float((ours - theirs).abs().max()), float(theirs.abs().max())
    return gap <= min(10 * float((ours - jolted).abs().max()), AMPLIFIED * scale)


def share_apart(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference as a share of the largest element of the second.

    Infinite where they have other shapes, and not a number where one of them has none.
    """
    if ours.shape != theirs.shape:
        return torch.inf
    if not theirs.numel():
        return 0.0
    apart: float = (ours.double() - theirs.double()).abs().max().item()
    most: float = theirs.double().abs().max().item()
    return apart / most if most else (torch.inf if apart else 0.0)


def worst(gaps: Iterable[float]) -> float:
    """The largest, and what is not a number before any."""
    return max(gaps, key=lambda gap: (isnan(gap), gap))


def shown(ours: Tensor, theirs: Tensor) -> tuple[str, str]:
    """Two tensors that differ in a few words: where they do so most, if their kinds are one."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        kinds = [f"{tuple(out.shape)} {out.dtype}" for out in (ours, theirs)]
        return kinds[0], kinds[1]
    gaps = (ours.double() - theirs.double()).abs().masked_fill(_alike(ours, theirs), -1).detach()
    most = int(gaps.nan_to_num(torch.inf).argmax())
    count = f"{int((gaps != -1).sum()):,} of {gaps.numel():,} elements differ"
    mine, others = (f"{out.flatten()[most].item():.9g}" for out in (ours, theirs))
    return mine, f"{others} ({count})"


def first(ours: Outs, theirs: Outs, alike: Same) -> Finding | None:
    """The first name whose tensors differ."""
    for key in dict.fromkeys((*ours, *theirs)):
        if key not in ours or key not in theirs:
            had = ["a tensor" if key in outs else "nothing" for outs in (ours, theirs)]
            return key, had[0], had[1]
        if not alike(ours[key], theirs[key]):
            return key, *shown(ours[key], theirs[key])
    return None
