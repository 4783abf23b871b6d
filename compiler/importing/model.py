"""From an `nn.Module` to its spec."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

import dsl
from compiler.cost import cost
from compiler.importing.assemble import assemble
from compiler.importing.decompose import Decomposer, Head
from compiler.importing.faults import INEXPRESSIBLE, refuse
from compiler.importing.fuse import fused
from compiler.importing.intake import hold_runnable, unwrapped
from compiler.importing.keys import name_map
from compiler.importing.settings import common_defaults, shortened
from compiler.importing.trace import trace
from compiler.importing.tree import Chain, deepest
from compiler.lower import lower
from dsl.fields import name_fault, spec_name_fault
from dsl.problems import SpecError
from dsl.spec import Expect, Spec
from dsl.text import MAX_DEPTH

AUX_WEIGHT = 0.3
"""What an auxiliary head's loss counts for: modules don't say it, and two papers do."""


def import_module(
    model: nn.Module,
    size: tuple[int, int, int],
    *,
    name: str = "",
    aux_weight: float = AUX_WEIGHT,
    weights: str = "",
    source: str = "",
) -> Spec:
    """The spec of a model that takes (N, C, H, W) with a `size` of (C, H, W).

    The model runs without data and stays as it is. With `weights` the spec has a map of that
    name from its own keys to the model's, for `load_weights`; `source` is what the spec's
    notes say it is from. Raises `dsl.SpecError` that names the module where the language has
    no words.
    """
    model = unwrapped(model)
    hold_runnable(model)
    graph = trace(model, size)
    if graph.output == 0:
        refuse(INEXPRESSIBLE, "the model gives its input back, and a network has a layer at least")
    chain, found = Decomposer(graph).run()
    chains = [fused(chain), *(fused(head.chain) for head in found)]
    defaults = common_defaults(chains)
    trunk, *inner = (shortened(each, defaults) for each in chains)
    heads = [Head(head.source, each) for head, each in zip(found, inner, strict=True)]
    fields = assemble(trunk, heads, defaults, graph.kinds, aux_weight)
    called = name or identifier(type(model).__name__)
    notes: dict[str, Any] = {"from": source or type(model).__name__}
    bare = Spec(name=called, input=size, defaults=defaults, **fields)
    _hold_shallow(bare, chains)
    changes = _promises(bare, model, notes) | {"meta": {"imported": notes}}
    if weights:
        changes["weights"] = {weights: name_map(lower(bare), trunk, inner)}
    return Spec(**{key: getattr(bare, key) for key in Spec.model_fields} | changes)


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
