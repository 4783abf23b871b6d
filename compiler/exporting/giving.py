"""What is exported: a network and its weights, from whatever a caller has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from compiler.exporting.arrays import arrays
from compiler.exporting.wishes import ExportFault
from compiler.ir.network import Network
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork, build
from compiler.oracle.emitted import randomise
from compiler.weights.match import Advice, Wishes
from compiler.weights.transfer import load_as_wished
from dsl.models.spec import Spec

if TYPE_CHECKING:
    from compiler.passes.passing import Weights

Source = nn.Module | Network | Spec | str | Path
"""A model that `compile_spec` made, a network, a spec, its file, or its name on the shelf."""
ADVICE = Advice(
    other_classes="say how many classes the checkpoint tells (--classes)",
    over_aux="take the variant of the spec that has it (--variant)",
    no_heads="export without auxiliary heads: leave out aux (--aux)",
)
DRAWN = "random, since none were given: good for timing, the outputs mean nothing"


@dataclass(frozen=True)
class Given:
    """A network with its weights; `origin` says where these are from, `notes` what to know."""

    network: Network
    weights: Weights
    origin: str
    notes: tuple[str, ...] = ()


def holds(what: Source) -> bool:
    """Whether it has weights of its own."""
    return isinstance(what, nn.Module)


def network_of(what: Source) -> Network:
    """The network alone. Raises `ExportFault` for a module of another kind, `dsl.SpecError`."""
    if isinstance(what, CompiledNetwork):
        return what.network
    if isinstance(what, nn.Module):
        kind = type(what).__name__
        help = "import it first: `inception-compile import`"
        raise ExportFault(f"a model that compile_spec made is needed, not a {kind}", help)
    return what if isinstance(what, Network) else prepare(what).network


def taken(what: Source, weights: Any, source: str, *, aux: bool, folded: bool = False) -> Given:
    """The network and its weights; without `aux` those of auxiliary heads may be missing.

    Raises `ExportFault`, and `dsl.SpecError` for a spec or weights that won't do.
    """
    if isinstance(what, nn.Module):
        if weights is not None:
            raise ExportFault("a model has weights, and others are given too", "load them first")
        return _of_model(what, aux=aux)
    network = network_of(what)
    if weights is None:
        return Given(network, _drawn(network, aux=aux), DRAWN)
    with torch.device("meta"):
        model = build(network, aux=aux)
    model.to_empty(device="cpu")
    wishes = Wishes(advice=ADVICE)
    report = load_as_wished(model, weights, source, wishes, transform_input=folded)
    origin = f"{report.origin} ({report.source}): {report.summary}"
    return Given(network, model.state_dict(), origin, report.notes)


def _of_model(model: nn.Module, *, aux: bool) -> Given:
    network = network_of(model)
    weights = {key: value.detach().cpu() for key, value in model.state_dict().items()}
    arrays(network.nodes if aux else network.trunk, network.taps, weights)
    return Given(network, weights, "the model's own")


def _drawn(network: Network, *, aux: bool) -> Weights:
    """Random weights and statistics, always the same, through which signals keep their size.

    With those of a new network a deep one's logits would be little more than its last bias, and a
    comparison blind.
    """
    with torch.device("meta"):
        model = build(network, aux=aux)
    randomise(model)
    return model.state_dict()
