"""From an `nn.Module` to its spec."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from torch import nn

import dsl
from compiler.cost import cost
from compiler.importing.assemble import assemble
from compiler.importing.decompose import Decomposer
from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, refuse
from compiler.importing.fuse import fused
from compiler.importing.gathering import gathered
from compiler.importing.intake import hold_runnable, unwrapped
from compiler.importing.keys import left_over, name_map
from compiler.importing.nesting import nested
from compiler.importing.settings import common_defaults, shortened
from compiler.importing.strands import Chain, deepest
from compiler.importing.table import RANKS
from compiler.importing.trace import Trace
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.weights.slots import slots
from dsl.models.identifiers import name_fault, spec_name_fault
from dsl.models.promises import Expect
from dsl.models.spec import Spec
from dsl.text.problems import SpecError
from dsl.text.source import MAX_DEPTH

LOGITS = "logits"
OUTPUTS = "outputs"
"""Under what the notes of a spec say that its outputs have another order than the model's."""
AUX_WEIGHT = 0.3
"""What an auxiliary head's loss counts for: modules don't say it, and two papers do."""


def import_module(
    model: nn.Module,
    size: tuple[int, ...],
    *,
    name: str = "",
    aux_weight: float = AUX_WEIGHT,
    weights: str = "",
    source: str = "",
) -> Spec:
    """The spec of a model that takes (N, C, H, W) with a `size` of (C, H, W).

    For series that is (C, L), for clips (C, T, H, W).

    The model runs without data and stays as it is. With `weights` the spec has a map of that
    name from its own keys to the model's, for `load_weights`; `source` is what the spec's
    notes say it is from. Raises `dsl.SpecError` that names the module where the language has
    no words.
    """
    model = unwrapped(model)
    _hold_size(size)
    hold_runnable(model)
    traced = Trace(model, size)
    graph = traced.run()
    if graph.output == 0:
        refuse(INEXPRESSIBLE, "the model gives its input back, and a network has a layer at least")
    chain, found = Decomposer(nested(gathered(graph))).run()
    chains = [fused(chain), *(fused(head.chain) for head in found)]
    defaults = common_defaults(chains)
    trunk, *inner = (shortened(each, defaults) for each in chains)
    heads = [replace(head, chain=each) for head, each in zip(found, inner, strict=True)]
    fields = assemble(trunk, heads, defaults, graph.kinds, aux_weight)
    called = name or identifier(type(model).__name__)
    notes: dict[str, Any] = {"from": source or type(model).__name__}
    bare = Spec(name=called, input=size, defaults=defaults, **fields)
    _hold_shallow(bare, chains)
    traced.hold_alike(lower(bare))
    ends = dict(zip((head.end for head in heads), (aux.name for aux in bare.aux), strict=True))
    notes |= _orders([ends.get(end, LOGITS) for end in graph.returned], lower(bare))
    changes = _promises(bare, model, notes) | {"meta": {"imported": notes}}
    if weights:
        names = {weights: name_map(lower(bare), trunk, inner)}
        known = {slot.name for slot in slots(lower(_with(bare, {"weights": names})), weights)}
        beyond = tuple(left_over(model.state_dict(), known))
        changes["weights"] = {weights: names[weights].model_copy(update={"beyond": beyond})}
    return _with(bare, changes)


def _hold_size(size: tuple[int, ...]) -> None:
    """Refuse a size that neither series nor images nor clips have."""
    if len(size) - 1 not in RANKS:
        sides = "x".join(map(str, size)) or "nothing"
        help = "it has channels and one to three sides: 1x500, 3x224x224 or 3x16x112x112"
        refuse(UNUSABLE, f"{sides} is no size of an input", help)


def _orders(theirs: list[str], network: Network) -> dict[str, Any]:
    """In which orders both sides return what they do in training, where those differ."""
    ours = [LOGITS, *(tap.name for tap in network.taps)]
    return {} if ours == theirs else {OUTPUTS: {"model": theirs, "network": ours}}


def swapped(spec: Spec) -> str:
    """Says that the model and its spec return in training the same in another order, if so."""
    orders = spec.meta.get("imported", {}).get(OUTPUTS)
    if not orders:
        return ""
    theirs, ours = (", ".join(orders[side]) for side in ("model", "network"))
    return (
        f"in training the model returns ({theirs}) and this network ({ours}): "
        "take them by name, output.logits"
    )


def _with(spec: Spec, changes: dict[str, Any]) -> Spec:
    return Spec(**{key: getattr(spec, key) for key in Spec.model_fields} | changes)


def _hold_shallow(spec: Spec, chains: list[Chain]) -> None:
    """Refuse what nests so deep that its text could not be read."""
    try:
        lower(spec)
        dsl.loads(dsl.dump(spec))
    except SpecError as error:
        if error.problems[0].code != "E005":
            raise
        where = max(map(deepest, chains))[1] or "the model itself"
        why = f"splits in branches of branches, deeper than a spec nests ({MAX_DEPTH} levels)"
        refuse(INEXPRESSIBLE, f"{where}: {why}")


def identifier(text: str) -> str:
    """A class's or function's name as that of a spec."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return f"net_{name}" if name_fault(name) or spec_name_fault(name) else name


def _promises(spec: Spec, model: nn.Module, notes: dict[str, Any]) -> dict[str, Any]:
    """The model's own count of parameters as the spec's contract."""
    total = cost(lower(spec)).total
    unused = sum(weight.numel() for weight in model.parameters()) - total.params_with_aux
    assert unused >= 0, f"{spec.name}: has {-unused} parameters more than the model"
    expect: dict[str, Any] = {"params": total.params}
    if spec.aux:
        expect["params_with_aux"] = total.params_with_aux
        notes["aux_weight"] = "assumed, no module holds it"
    if unused:
        notes["unused_parameters"] = unused
    return {"expect": Expect(**expect)}
