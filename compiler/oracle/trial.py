"""The images on which the check of the source runs a network: few and small, but real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod

from compiler.cost import cost
from compiler.ir.facts import Axes
from compiler.ir.fit import least, misfit
from compiler.ir.network import Network
from compiler.ir.nodes import Tap

BATCH = 2
"""One image would do for all but batch norm, which needs two values a channel to train."""
FEWEST = (5, 9, 11)
"""Pixels each way, of images the last two, where the spec has as many: most filters have room."""
MOST_BYTES = 6 * 2**30
"""Memory that a check may take; it is left out where it would take more."""
MOST_MACS = 5 * 10**10
"""Multiply-accumulates of one pass that a check may take; a quarter of a minute in all."""


@dataclass(frozen=True)
class Trial:
    """What a network is run on: `apart` are the auxiliary heads that need larger images."""

    grid: Axes
    apart: tuple[Tap, ...]
    left_out: str = ""
    """Why the network can't be run here at all; empty where it can."""


def trial(network: Network) -> Trial:
    """Images a little larger than the least, and no squares where the network takes others.

    At the least size itself most filters would see nothing but padding.
    """
    fitting = (grid for grid in _grids(network) if not _misfit(network, grid, training=False))
    grid = next(fitting, network.input.grid)
    apart = network.taps if _misfit(network, grid, training=True) else ()
    return Trial(grid, apart, _too_much(network, grid))


def _grids(network: Network) -> Iterator[Axes]:
    """Sizes to try; the spec's own, the last, fits unless the compiler is wrong."""
    own = network.input.grid
    small, field = least(network).evaluating, cost(network).total.field
    steps = field.stride if field else (1,) * len(own)
    last = len(own) - 1
    grid = tuple(
        min(size, max(least + ceil(step if axis == last else step // 2), few))
        for axis, (size, least, step, few) in enumerate(
            zip(own, small, steps, FEWEST[-len(own) :], strict=True)
        )
    )
    yield grid
    yield from ((side,) * len(own) for side in dict.fromkeys(grid))
    yield tuple(min(size, 2 * least) for size, least in zip(own, small, strict=True))
    yield own


def _misfit(network: Network, grid: Axes, training: bool) -> str:
    return misfit(network, (BATCH, int(network.input.channels), *grid), training)


def _too_much(network: Network, grid: Axes) -> str:
    """Why the pass would take too long or too much memory: a rough estimate by the area."""
    total = cost(network, batch=BATCH, training=True).total
    own = network.input.grid
    share = prod(grid) / prod(own)
    macs = int(total.macs * share)
    if macs > MOST_MACS:
        return f"one pass takes {macs:,} MACs, more than {MOST_MACS:,}"
    # Weights, twice their gradients, and all again in float64; activations of two models.
    size = int(6 * total.weight_bytes + 3 * share * (total.saved_for_backward_bytes or 0))
    if size > MOST_BYTES:
        return f"it takes about {size / 2**30:.1f} GiB, more than {MOST_BYTES / 2**30:.0f} GiB"
    return ""
