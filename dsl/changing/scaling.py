"""Scaling a whole network: every width by a factor, every repeat by another.

Widths are found by their role, never by their value: the widths of convolutions and
linear layers, and the parameters that end up there. `classes` and `in` are no such numbers,
so they stay what they are, even where a width happens to equal them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dsl.changing.mapping import mapped
from dsl.models.changes import Depth, Width
from dsl.models.factors import factor, name_in
from dsl.models.layers import Call, Conv, Layer, Split, Step, spellings
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.ramp import Ramp
from dsl.models.scalars import MOST
from dsl.models.shares import names_of
from dsl.models.spec import Block, Spec, walk
from dsl.text.problems import Report, Span

Rescale = Callable[[Step], dict[str, Any]]
"""The fields of a step that change, with their new values."""


def widened(spec: Spec, width: Width, span: Span, report: Report) -> Spec:
    """The spec with its widths scaled; `span` is where that is asked for."""
    return _Widths(spec, width, span, report, _Limits(span, report)).applied()


def deepened(spec: Spec, depth: Depth, span: Span, report: Report) -> Spec:
    """The spec with its repeats scaled; `span` is where that is asked for."""
    limits = _Limits(span, report)
    there: list[int] = []

    def repeats(step: Step) -> dict[str, Any]:
        if not isinstance(step, Layer):
            return {}
        if step.repeat > 1:
            there.append(step.repeat)
        return {"repeat": limits.kept("repeat", step.repeat, depth.of(step.repeat))}

    made = _rescaled(spec, repeats, span)
    if not there:
        help = "depth multiplies repeats such as x4; `set` gives a step one, `insert` adds a step"
        report.add("E030", span, f"no step of {spec.name} repeats: it has no depth", help=help)
    return made


@dataclass
class _Limits:
    """What no scaling may pass: what a spec can't say, it couldn't be written back with."""

    span: Span
    report: Report
    passed: bool = False

    def kept(self, what: str, old: int, new: int) -> int:
        """The scaled number; where it is too large the old one, and that is said once."""
        if new <= MOST:
            return new
        if not self.passed:
            message = f"a {what} of {old:,} would become {new:,}, and {MOST:,} is the most"
            self.report.add("E030", self.span, message, help="take a smaller factor")
        self.passed = True
        return old


@dataclass
class _Widths:
    spec: Spec
    width: Width
    span: Span
    report: Report
    limits: _Limits
    first: Layer | None = None
    """The layer that sees the image."""
    any: bool = False
    """Whether there is any width."""

    def applied(self) -> Spec:
        roles = _width_params(self.spec)
        trunk = walk(tuple(step for _, steps in self.spec.sections() for step in steps))
        self.first = next(step for step in trunk if isinstance(step, Layer))
        for name in roles:
            self.refuse_mixed(name, roles)
        spec = _rescaled(self.spec, lambda layer: self.changed(layer, roles), self.span)
        blocks: dict[str, dict[str, Block]] = {key: {} for key in BLOCK_SECTIONS}
        for name, block in spec.blocks.items():
            blocks[spec.section_of(name)][name] = self.defaults(block, roles[name])
        if not self.any:
            help = "width multiplies numbers of channels; `in` and `classes` are none"
            message = f"no layer of {self.spec.name} has a width of its own"
            self.report.add("E030", self.span, message, help=help)
        return spec.model_copy(update=blocks)

    def changed(self, layer: Step, roles: dict[str, set[str]]) -> dict[str, Any]:
        """A layer's own width, a split's shares, or a call's arguments that are widths."""
        if isinstance(layer, Split):
            shares = (self.of(share) if isinstance(share, int) else share for share in layer.split)
            return {"split": tuple(shares)}
        if isinstance(layer, Conv) and layer.depthwise and layer is self.first:
            return {}  # A multiple of the image's channels, which stay what they are.
        if isinstance(width := _width(layer), int):
            return {"width": self.of(width)}
        if isinstance(layer, Call):
            widths = roles.get(layer.block, set())
            return {
                "args": {key: self.scaled(key, value, widths) for key, value in layer.args.items()}
            }
        return {}

    def defaults(self, block: Block, widths: set[str]) -> Block:
        """The block with the defaults of its width parameters scaled."""
        params = {key: self.scaled(key, value, widths) for key, value in block.params.items()}
        places = block.at if params == block.params else block.at.changed(self.span)
        return block.model_copy(update={"params": params}).placed(places)

    def scaled(self, key: str, value: Any, widths: set[str]) -> Any:
        if isinstance(value, Ramp):
            return Ramp(*(self.scaled(key, end, widths) for end in (value.first, value.last)))
        return self.of(value) if key in widths and isinstance(value, int) else value

    def of(self, width: int) -> int:
        self.any = True
        return self.limits.kept("width", width, self.width.of(width))

    def refuse_mixed(self, name: str, roles: dict[str, set[str]]) -> None:
        """Report a parameter that is a width and something else at once."""
        block = self.spec.blocks[name]
        for step in walk((block.body,)):
            for field, value in _other_fields(step, roles):
                if value in roles[name]:
                    message = f"can't scale the widths: {value} of block {name} also sets {field}"
                    help = "give the block two parameters, one for each"
                    notes = ((block.at.of(f"params.{value}"), f"{value} is a parameter"),)
                    self.report.add("E030", self.span, message, help=help, notes=notes)


def _width_params(spec: Spec) -> dict[str, set[str]]:
    """The parameters of each block that are widths, or are passed on as such."""
    found: dict[str, set[str]] = {name: set() for name in spec.blocks}
    size = -1
    while size != (size := sum(map(len, found.values()))):
        for name, block in spec.blocks.items():
            for step in walk((block.body,)):
                found[name] |= _widths_in(step, found) & set(block.params)
    return found


def _widths_in(step: Step, roles: dict[str, set[str]]) -> set[str]:
    """The names that a step uses as widths."""
    if (width := _width(step)) is not None:
        return {name_in(width)} if isinstance(width, str) else set()
    if isinstance(step, Split):
        return {name_in(share) for _, share in names_of(step.split)}
    if isinstance(step, Call):
        widths = roles.get(step.block, set())
        return {
            name_in(value)
            for key, value in step.args.items()
            if key in widths and isinstance(value, str)
        }
    return set()


def _width(step: Step) -> int | str | None:
    """A layer's width; one of a plugin has a width where it has a field of that name."""
    width: int | str | None = getattr(step, "width", None)
    return width


def _other_fields(step: Step, roles: dict[str, set[str]]) -> list[tuple[str, Any]]:
    """Every field that isn't a width, with each name in it; of a call, every such argument."""
    if not isinstance(step, Layer):
        return []
    found: list[tuple[str, Any]] = []
    if isinstance(step, Call):
        widths = roles.get(step.block, set())
        found = [(f"{k} of {step.block}", v) for k, v in step.args.items() if k not in widths]
    for name, _ in spellings(type(step)):
        value = getattr(step, name)
        if name != "width":
            found += [(name, part) for part in (value if isinstance(value, tuple) else (value,))]
    found = [(name, value) for name, value in found if not _group_size(name, value)]
    return [(name, name_in(value)) for name, value in found if isinstance(value, str)]


def _group_size(name: str, value: Any) -> bool:
    """Whether groups are said by how many channels each has: `groups=n/4` follows a width."""
    found = factor(value)
    return name == "groups" and found is not None and found.divides


def _rescaled(spec: Spec, rescale: Rescale, span: Span) -> Spec:
    """The spec with every step changed; what changed remembers where that was asked for."""

    def change(step: Step, _: str) -> Step:
        update = rescale(step)
        if all(getattr(step, name) == value for name, value in update.items()):
            return step
        return step.model_copy(update=update).placed(step.at.changed(span))

    return mapped(spec, change)
