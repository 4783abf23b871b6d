"""A network on its way through the pipeline, to tell what each pass did."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.network import Network
from compiler.passes.pipeline import EXACT
from compiler.passes.run import run


def stages(network: Network) -> Iterator[Network]:
    """The network as it is, then as each pass that changes something leaves it.

    The last is what `compiler.passes.pipeline.optimized` gives. What a pass did is the last of
    its network's `rewritten`.
    """
    yield network
    for each in EXACT:
        made, _ = run((each,), network)
        if made is not network:
            yield made
        network = made
