"""What a program passes where a network is wanted: the network, its spec, or where that is."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import dsl
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from dsl.models.faults import expect

Given: TypeAlias = Network | dsl.Spec | str | Path
"""A network, a spec, a path, or a name on the shelf."""


def network_of(given: Given, taker: str) -> Network:
    """The network that is meant. Raises `SpecError`, also for what is none of these.

    `taker` is what a program called.
    """
    if isinstance(given, Network):
        return given
    wanted = f"{taker} takes a Network, a Spec, a path, or a name on the shelf"
    expect(given, (dsl.Spec, str, Path), wanted)
    return lower(given if isinstance(given, dsl.Spec) else dsl.load(given))
