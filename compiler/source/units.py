"""Units in the emitted source: convolution, norm and activation as one small class.

Units of one structure share one class. What differs between them in size is always an
argument; a setting (bias, eps, momentum) is one only where the network mixes it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from compiler.ir.nodes import Leaf, Node, Series, children
from compiler.ir.symbols import SymFloat
from compiler.ops.act import Activation
from compiler.ops.conv import CONV, DEPTHWISE, POINTWISE, Conv
from compiler.ops.deconv import Deconv
from compiler.ops.norm import BatchNorm, Norm
from compiler.source.expr import (
    WIDTH,
    Expr,
    call,
    construct,
    lay_out,
    literal,
    literals,
    signature,
)
from compiler.source.expr import text as source_text
from compiler.source.unitnames import leaves_of, unit_name

SIZES = {"stride": "1", "padding": "0", "output_padding": "0", "dilation": "1", "groups": "1"}
"""Optional arguments of a convolution, with torch's defaults."""
SLOPE = "negative_slope"
SETTINGS = {
    "bias": "bool",
    "num_groups": "int",
    "eps": "float",
    "momentum": "float",
    "affine": "bool",
    "elementwise_affine": "bool",
    SLOPE: "float",
}


@dataclass
class UnitClass:
    """One emitted unit class and the units that it serves."""

    name: str
    example: Series
    sizes: set[str] = field(default_factory=set)
    settings: dict[str, Counter[Any]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, unit: Series) -> None:
        """Take one more unit into account."""
        self.sizes |= set(_window(unit)) & set(SIZES)
        for name, value in _settings(unit).items():
            self.settings[name][float(value) if isinstance(value, float) else value] += 1

    @property
    def mixed(self) -> dict[str, Any]:
        """Settings that differ between the units, with the commonest value."""
        counts = {name: count for name, count in self.settings.items() if len(count) > 1}
        return {name: count.most_common(1)[0][0] for name, count in counts.items()}

    def use(self, unit: Series) -> Expr:
        """The constructor call of one unit."""
        conv = _conv(unit)
        args = (unit.inp.channels, unit.out.channels, construct(conv.call))
        kernel = args[2].items[2] if args[2].items else args[2]
        sizes = {key: value for key, value in _window(unit).items() if key in self.sizes}
        usual = self.mixed
        given = {
            key: value
            for key, value in _settings(unit).items()
            if key in usual and (isinstance(value, SymFloat) or value != usual[key])
        }
        return call(
            self.name, literal(args[0]), literal(args[1]), kernel, **literals(sizes | given)
        )

    def init(self) -> Iterator[str]:
        """The lines of `__init__`."""
        side = _side(len(_conv(self.example).inp.grid))
        kinds = {key: "int" if key == "groups" else side for key in SIZES}
        sizes = [f"{key}: {kinds[key]} = {SIZES[key]}" for key in SIZES if key in self.sizes]
        given = [f"{k}: {SETTINGS[k]} = {source_text(v)}" for k, v in self.mixed.items()]
        params = ["self", "in_channels: int", "out_channels: int", f"kernel_size: {side}"]
        marker = ["*"] if given else []
        yield from signature("__init__", [*params, *sizes, *marker, *given], "None", 1)
        yield "        super().__init__()"
        for leaf in leaves_of(self.example):
            if not is_function(leaf):
                yield from lay_out(f"self.{leaf.name} = ", self._construct(leaf), depth=2)
        if SLOPE in self.mixed:
            yield f"        self.{SLOPE} = {SLOPE}"

    def _construct(self, leaf: Leaf) -> Expr:
        """One layer of the unit, in terms of the class's arguments."""
        made = leaf.call
        if isinstance(leaf.op, Norm):
            first = (self._setting(name) for name in leaf.op.leading)
            return call(made.name, *first, Expr("out_channels"), **self._constant(leaf.op))
        if isinstance(leaf.op, Activation):
            return call(made.name, *[Expr("out_channels")][: len(made.args)])
        settings = self._bias()
        if leaf.name == POINTWISE:
            args = (Expr("in_channels"), Expr("out_channels"), Expr("1"))
            return call(made.name, *args, **settings)
        sizes = {key: Expr(key) for key in SIZES if key in self.sizes}
        outputs = Expr("out_channels")
        if leaf.name == DEPTHWISE:
            outputs, sizes["groups"] = Expr("in_channels"), Expr("in_channels")
            settings = {"bias": Expr("False")}
        args = (Expr("in_channels"), outputs, Expr("kernel_size"))
        return call(made.name, *args, **sizes, **settings)

    def _bias(self) -> dict[str, Expr]:
        """Whether the convolution has a bias, unless it goes without saying."""
        return {"bias": self._setting("bias")} if self._differs("bias", usual=True) else {}

    def _constant(self, norm: Norm) -> dict[str, Expr]:
        """The settings of a norm that stand behind its channels."""
        names = [name for name in norm.settings if name not in norm.leading]
        return {n: self._setting(n) for n in names if self._differs(n, norm.usual[n])}

    def _differs(self, name: str, usual: Any) -> bool:
        """Whether a setting is another than torch's in some unit."""
        return set(self.settings[name]) != {usual}

    def _setting(self, name: str) -> Expr:
        """A setting by its name where the units differ in it, else as it is."""
        return Expr(name) if name in self.mixed else literal(next(iter(self.settings[name])))

    def forward(self) -> list[str]:
        """The body of `forward`."""
        made = Expr("x")
        slope = f"self.{SLOPE}" if SLOPE in self.mixed else None
        *_, last = leaves_of(self.example)
        for leaf in leaves_of(self.example):
            made = applied(leaf, made.flat, slope)
        if is_function(last):
            return lay_out("return ", made, depth=2)
        return [f"        y: Tensor = {made.flat}", "        return y"]

    def doc(self) -> list[str]:
        """One sentence; two with a gap where that is too long for a line."""
        first, *rest = (_described(leaf, self) for leaf in leaves_of(self.example))
        whole = _sentence(", ".join([first, *rest]))
        if len(whole) <= WIDTH - 10:
            return [whole]
        return [_sentence(f"{first} and what follows"), "", *wrap(_sentence(", ".join(rest)), 78)]


def _side(rank: int) -> str:
    """The type of what is one number for all axes, or one for each."""
    return f"int | tuple[{', '.join(['int'] * rank)}]" if rank > 1 else "int"


def _sentence(words: str) -> str:
    return f"{_capital(words)}."


def applied(leaf: Leaf, inner: str, slope: str | None = None) -> Expr:
    """A layer of a class applied to an expression; most activations are functions.

    `slope` is what the class calls that of its activation, where its units differ in it.
    """
    if isinstance(leaf.op, Activation) and is_function(leaf):
        settings = [literal(value) for value in leaf.op.settings]
        settings = [Expr(slope)] if slope and leaf.op.slope is not None else settings
        inplace = {"inplace": Expr("True")} if leaf.op.inplace else {}
        return call(leaf.op.function, Expr(inner), *settings, **inplace)
    return Expr(f"self.{leaf.name}({inner})")


def is_function(leaf: Leaf) -> bool:
    """Whether it is an activation that needs no module.

    Then a type checker knows what applying it gives, where modules give `Any`.
    """
    return isinstance(leaf.op, Activation) and bool(leaf.op.function)


def _described(leaf: Leaf, unit: UnitClass) -> str:
    match leaf.op:
        case Activation() if SLOPE in unit.mixed:
            return leaf.op.facts.label
        case Norm():
            return _described_norm(leaf.op, unit)
        case Conv(bias=bias) | Deconv(bias=bias):
            plain = {CONV: "convolution"}.get(leaf.name, f"{leaf.name} convolution")
            plain = f"transposed {plain}" if isinstance(leaf.op, Deconv) else plain
            same = "SAME-padded " if leaf.op.slide.tf_same else ""
            free = "bias-free " if not bias and "bias" not in unit.mixed else ""
            return f"{free}{same}{plain}"
    return leaf.op.label


def _described_norm(norm: Norm, unit: UnitClass) -> str:
    """`batch normalisation (eps 0.001)`, `group normalisation (32 groups, eps 1e-05)`."""
    fixed = [name for name in norm.settings if name not in unit.mixed]
    groups = norm.settings.get("num_groups")
    more = [f"{groups} group{'s' * (groups != 1)}"] if groups and "num_groups" in fixed else []
    more += [f"eps {norm.settings['eps']:g}"] if "eps" in fixed else []
    mixed = unit.mixed.keys() & {"affine", "elementwise_affine"}
    free = "gamma-free " if isinstance(norm, BatchNorm) else "weight-free "
    free = "" if norm.gamma or mixed else free
    return f"{free}{norm.word}alisation" + (f" ({', '.join(more)})" if more else "")


def _conv(unit: Series) -> Leaf:
    """The layer that slides."""
    return next(leaves_of(unit))


def _window(unit: Series) -> dict[str, Any]:
    conv = _conv(unit)
    kwargs = dict(conv.call.kwargs)
    if conv.name == DEPTHWISE:
        kwargs.pop("groups", None)
    return {key: value for key, value in kwargs.items() if key in SIZES}


def _settings(unit: Series) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for leaf in leaves_of(unit):
        if isinstance(leaf.op, Conv | Deconv) and leaf.name != DEPTHWISE:
            found["bias"] = leaf.op.bias
        elif isinstance(leaf.op, Norm):
            found |= leaf.op.settings
        elif isinstance(leaf.op, Activation) and leaf.op.slope is not None:
            found[SLOPE] = leaf.op.slope
    return found


def structure(unit: Series) -> tuple[str, ...]:
    """What units of one class have in common."""
    return tuple(_kind(leaf) for leaf in leaves_of(unit))


def _kind(leaf: Leaf) -> str:
    each = isinstance(leaf.op, Activation) and leaf.op.channelwise
    return f"{leaf.name}:{leaf.call.name}" + ":each" * each


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def collect(nodes: Iterable[Node]) -> dict[tuple[str, ...], UnitClass]:
    """Every unit class that the nodes need, in order of first use."""
    every = list(_units(nodes))
    shared = Counter(unit_name(unit) for unit in {structure(unit): unit for unit in every}.values())
    found: dict[tuple[str, ...], UnitClass] = {}
    for unit in every:
        key = structure(unit)
        if key not in found:
            found[key] = UnitClass(unit_name(unit, full=shared[unit_name(unit)] > 1), unit)
        found[key].add(unit)
    return found


def _units(nodes: Iterable[Node]) -> Iterator[Series]:
    for node in nodes:
        if isinstance(node, Series) and node.role == "unit":
            yield node
        else:
            yield from _units(children(node))
