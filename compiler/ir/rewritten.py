"""What a network that passes rewrote says of itself where it can't do what its spec's own can."""

from __future__ import annotations

from compiler.ir.network import Network

INSTEAD = "do that with the network as its spec has it, and rewrite it again afterwards"


def refusal(network: Network, wish: str) -> str:
    """Why a wish can't be granted: what the network is, and what to do instead."""
    made = f"{network.name} was rewritten for inference ({', '.join(network.rewritten)})"
    return f"{made}, so {wish}; {INSTEAD}"
