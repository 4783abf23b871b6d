"""What a plugin gives for a layer, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import isabstract
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.ir.op import Op, Shape
from dsl.models.identifiers import name_fault
from dsl.models.model import Layer, Spelled
from dsl.models.plugins import GIVEN, fault, taken
from dsl.models.reserved import RESERVED
from dsl.reading.opstring import read_as
from dsl.text.problems import SpecError

if TYPE_CHECKING:
    from compiler.lowering.scope import Scope

Lower = Callable[[Any, Shape, "Scope"], Op]
"""From the layer as it is written, the shape that comes in and the scope of its names to its op."""
Reference = Callable[..., Any]
"""What the layer gives, computed a second time: `reference(x, weights, values, training)`."""
HEX = re.compile(r"#[0-9a-f]{6}")
OURS = ("pointwise", "conv", "factorised", "depthwise", "pool", "norm", "act", "linear", "other",
        "join", "product", "input", "plain")  # fmt: skip
"""Families that drawings have a colour for already."""


class Family(NamedTuple):
    """A colour of drawings: the name that ops give as their `family`, and `#rrggbb` each.

    `fill` and `line` are by day, the other two where a screen is dark.
    """

    name: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


@dataclass(frozen=True, eq=False)
class LayerKind:
    """A layer of a user's own. Raises `PluginError` where it isn't whole.

    `module` says where the torch classes are that the op's `call` names: a module by its dotted
    name, a file beside the plugin's (`gate_torch.py`), or the source text itself. It is loaded when
    a network is built, and not before. Emitted source holds a copy of what it needs from there;
    with `copied=False` it imports the class from the module instead.

    `reference(x, weights, values, training)` computes what the layer gives from a batch, the
    layer's own tensors by name and its fields by name, or that and the buffers that training moves.
    It should share no code with the class: the proof of a compile holds the two side by side.

    `operators` tells the check of costs about aten operators that it doesn't know, by the category
    whose behaviour they have (`{"aten::erfinv": "pointwise"}`). Where `exact_memory` is false, what
    the op says of memory is an estimate, and is compared with nothing.
    """

    model: type[Layer]
    op: type[Op]
    lower: Lower
    module: str = ""
    copied: bool = True
    reference: Reference | None = None
    family: Family | None = None
    operators: Mapping[str, str] = field(default_factory=dict)
    exact_memory: bool = True

    def __post_init__(self) -> None:
        _check_model(self.model)
        _check_op(self.word, self.op)
        _check_code(self.word, self)
        if self.family is not None:
            _check_family(self.word, self.family)

    @property
    def word(self) -> str:
        """How it is written in a spec."""
        return self.model.keyword

    @property
    def whose(self) -> str:
        """What errors call it."""
        return f"the layer {self.word} of {self.origin}"

    @property
    def origin(self) -> str:
        """Who gives it: a file, a package with its version, a module."""
        known = GIVEN.get(self.word)
        return known.origin if known and known.kind is self else self.model.__module__


NOT_FROZEN = SimpleNamespace(frozen=False)
DATACLASS = "write `@dataclass(frozen=True)` above it"


def _check_model(model: Any) -> None:
    """Raise `PluginError` for a model that can't be written or read."""
    if not (isinstance(model, type) and issubclass(model, Layer) and model is not Layer):
        raise fault(f"`model` is a subclass of Layer, not {model!r}")
    name = model.__name__
    for key in ("keyword", "example", "auto"):
        if not isinstance(getattr(model, key, None), str):
            raise fault(f'{name} has no `{key}`, as in `{key} = "gate"`')
    if why := taken(model.keyword):
        raise fault(f"{name} can't be called {model.keyword}: {why}", code="E171")
    if name_fault(model.auto) or model.auto in RESERVED or model.auto[-1:].isdigit():
        raise fault(f"{name}: unnamed steps can't be called {model.auto}")
    for key, each in model.model_fields.items():
        if key != "name" and not any(isinstance(mark, Spelled) for mark in each.metadata):
            help = f'write `{key}: Annotated[…, Spelled(key="{key}")]`'
            raise fault(f"{name}: nothing says how its field {key} is written", help)
    try:
        read_as(model, model.example)
    except SpecError as error:
        first = error.problems[0]
        message = f"{name}: its example `{model.example}` can't be read: {first.message}"
        raise fault(message, first.help) from None


def _check_op(word: str, op: Any) -> None:
    if not (isinstance(op, type) and issubclass(op, Op)):
        raise fault(f"{word}: `op` is a subclass of Op, not {op!r}")
    if op.__module__.startswith("compiler.ops."):
        # Whose layer an op is, its class alone says.
        help = f"give a frozen dataclass of your own, which may be a subclass of {op.__name__}"
        raise fault(f"{word}: {op.__name__} is the language's own op", help)
    if isabstract(op):
        lacks = ", ".join(sorted(op.__abstractmethods__))
        raise fault(f"{word}: {op.__name__} doesn't say its {lacks}")
    if not vars(op).get("__dataclass_params__", NOT_FROZEN).frozen:
        raise fault(f"{word}: {op.__name__} is a frozen dataclass", DATACLASS)


def _check_code(word: str, kind: Any) -> None:
    """What runs: given as it is, or by the name of where it is."""
    if not callable(kind.lower):
        raise fault(f"{word}: `lower` is a function of the layer, its input's shape and scope")
    if not isinstance(kind.module, str):
        raise fault(f"{word}: `module` is the name of a module, so that it can be loaded later")
    dotted = re.fullmatch(r"\w+(\.\w+)*", kind.module) and not kind.module.endswith(".py")
    if not kind.copied and not dotted:
        help = "what isn't a module of an installed package can only be copied"
        raise fault(f"{word}: emitted source can't import from {kind.module!r}", help)
    if kind.reference is not None and not callable(kind.reference):
        raise fault(f"{word}: `reference` is a function")


def _check_family(word: str, family: Family) -> None:
    if family.name in OURS:
        raise fault(f"{word}: the family {family.name} has a colour already")
    if odd := next((each for each in family[1:] if not HEX.fullmatch(each)), ""):
        raise fault(f"{word}: a colour is like #dce9f6, not {odd}")
