"""The network that an export writes: rewritten for inference, its images' normalisation too."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.exporting.entering import numbers, scaling
from compiler.exporting.giving import Given
from compiler.exporting.place import HALVES
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, nodes
from compiler.passes.dropping import DROP_HEADS
from compiler.passes.folding_inputs import fold_input, refusal
from compiler.passes.passing import Held, Weights
from compiler.passes.pipeline import EXACT
from compiler.passes.run import run


@dataclass(frozen=True)
class Ready:
    """What a format is made of; `notes` say what optimising couldn't do."""

    network: Network
    weights: Weights
    wishes: Wishes
    notes: tuple[str, ...] = ()


def optimized(given: Given, wishes: Wishes) -> Ready:
    """The network after the exact passes, with the normalisation of bytes in its weights if it can.

    Raises `ExportFault` for a tap that the passes did away with, and where they leave nothing.
    """
    network, weights = _exact(given, wishes)
    assert weights is not None
    return _normalised(Ready(network, weights, wishes))


def _normalised(ready: Ready) -> Ready:
    """The same where images are bytes: scaled in the first layer, not before it."""
    asked, network = ready.wishes.preprocess, ready.network
    if asked is None or len(network.input.grid) != 2:
        return ready
    factors, shifts = scaling(network, asked)
    if why := refusal(network, shifts) or _coarse(ready.wishes):
        return replace(ready, notes=(f"images are normalised by steps of their own: {why}",))
    network, weights = run((fold_input(factors, shifts),), network, ready.weights)
    assert weights is not None
    mean, std = numbers(network, asked)
    asked = replace(asked, mean=mean, std=std, in_weights=True)
    return Ready(network, weights, replace(ready.wishes, preprocess=asked))


def _coarse(wishes: Wishes) -> str:
    """Why a graph in few digits keeps its steps; empty for others.

    Weights for bytes are rounded as finely as others, but bytes have a mean: where there is little
    contrast, the first layer's error in halves was measured to be 3 to 8 times as large, and in
    int8 that of the outputs 1.4 times.
    """
    kind = "int8" if wishes.calibrate else wishes.dtype
    return f"{kind} would lose digits of low contrasts" if kind in (*HALVES, "int8") else ""


def _exact(given: Given, wishes: Wishes) -> Held:
    """The network after the exact passes; that which drops heads not where they are wanted."""
    network, weights = given.network, given.weights
    if not wishes.aux:  # The heads' weights may be missing.
        heads = {tap.name for tap in network.taps}
        weights = {key: weights[key] for key in weights if key.split(".")[0] not in heads}
        network = replace(network, nodes=network.trunk)
    passes = tuple(each for each in EXACT if each is not DROP_HEADS)
    try:
        network, fresh = run(passes, network, weights)
    except ValueError as error:
        raise ExportFault(str(error), "leave it as it is (--no-optimize)") from None
    before, after = dict(nodes(given.network.nodes)), dict(nodes(network.nodes))
    for path in wishes.taps:
        old, new = before[path], after.get(path)
        if new is None or (isinstance(old, Leaf) and new != old):
            said = f"{path} is another layer, or none, once the network is optimised"
            raise ExportFault(said, "leave it as it is (--no-optimize)")
    return network, fresh
