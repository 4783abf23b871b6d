"""From whatever names a spec to a network that is ready for every emitter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shlex import quote

import dsl
from compiler.ir import Network
from compiler.logits import follows
from compiler.lower import LIMIT, lower
from dsl import inherit, opstring, shelf
from dsl.layers import Dropout
from dsl.model import Places
from dsl.naming import named_sections
from dsl.problems import NOWHERE, Problem, Report, Span, SpecError
from dsl.spec import Expect, Spec


@dataclass(frozen=True)
class Overrides:
    """What a caller wants otherwise than the spec; `size` is (H, W)."""

    classes: int | None = None
    channels: int | None = None
    size: tuple[int, int] | None = None
    aux: bool = True
    set: tuple[tuple[str, str], ...] = ()
    """`key=value` pairs: an address, and its new value as a spec would write it."""
    dropout: float | None = None
    """The rate of the head's only dropout, whatever that is called."""

    @property
    def options(self) -> tuple[str, ...]:
        """The same on the command line."""
        found = [f"--classes {self.classes}"] if self.classes else []
        if self.size:
            sides = (self.channels, *self.size) if self.channels else self.size
            found.append(f"--input {'x'.join(map(str, sides))}")
        found += [] if self.aux else ["--no-aux"]
        return (*found, *(f"--set {quote(f'{key}={value}')}" for key, value in self.set))

    def applied(self, spec: Spec) -> Spec:
        """The spec as it is wanted; changed, it no longer has to meet its `expect`."""
        if self == Overrides():
            return spec
        if self.set:
            spec = self.with_settings(spec)
        old = spec.input
        values = {name: getattr(spec, name) for name in Spec.model_fields}
        channels = old[0] if self.channels is None else self.channels
        values["input"] = (channels, *(self.size or old[1:]))
        values |= {"classes": self.classes or spec.classes, "expect": Expect()}
        values["aux"] = spec.aux if self.aux else ()
        report = Report(texts=spec.texts)
        made = opstring.build(Spec, values, Places(), report)
        report.stop_if_any()
        changed: Spec = made.placed(self._places(spec)).read_from(spec.texts)
        return changed

    def _places(self, spec: Spec) -> Places:
        """Where the values stand now: what an option says, stands there."""
        said = {"classes": self.classes, "input": self.size, "aux": not self.aux}
        options = {"classes": "--classes", "input": "--input", "aux": "--no-aux"}
        spans = {key: Span(options[key], 1, 1) for key, value in said.items() if value}
        return Places(spec.at.span, spec.at.fields | spans)

    def addressed(self, spec: Spec) -> Overrides:
        """The same in words of the command line: the dropout rate by its address, the whole input.

        Raises `SpecError` where there is no dropout.
        """
        if self.channels and not self.size:
            return replace(self, size=spec.input[1:]).addressed(spec)
        if self.dropout is None:
            return self
        if not 0 <= self.dropout <= 1:
            message = f"dropout must be a number from 0 to 1, not {self.dropout}"
            raise SpecError([Problem("E013", NOWHERE, message)])
        head = named_sections(dict(spec.sections()))["head"]
        found = [name for name, step in head if isinstance(step, Dropout)]
        if len(found) != 1:
            count = "several dropouts" if found else "no dropout"
            message = f"{spec.name} has {count} in its head, so its rate can't be set"
            help = f"its head has {', '.join(name for name, _ in head) or 'no steps'}"
            raise SpecError([Problem("E026", spec.at.of("head"), message, help=help)], spec.texts)
        rate = (f"head.{found[0]}", f"{self.dropout}")
        return replace(self, dropout=None, set=(*self.set, rate))

    def with_settings(self, spec: Spec) -> Spec:
        """The spec with every `key=value` put in."""
        changes, texts = inherit.settings(self.set)
        return inherit.changed(spec.read_from(spec.texts | texts), changes)


@dataclass(frozen=True)
class Prepared:
    """A spec as it will be compiled, its network, and where both came from."""

    spec: Spec
    network: Network

    @property
    def digest(self) -> str:
        """SHA-256 of the spec as `dsl.dump` writes it, without comments, variants and name maps."""
        alone = self.spec.model_copy(update={"variants": {}, "weights": {}})
        return sha256(dsl.dump(alone).encode()).hexdigest()


NO_OVERRIDES = Overrides()


def prepare(
    where: Spec | str | Path,
    variant: str | None = None,
    *,
    overrides: Overrides = NO_OVERRIDES,
    limit: int = LIMIT,
) -> Prepared:
    """Load, choose the variant, override, lower. Raises `dsl.SpecError`."""
    spec = _chosen(where, variant)
    origin = f"{spec.name}.yaml" if isinstance(where, Spec) else _origin(shelf.find(where))
    heads = () if overrides.aux else tuple(head.name for head in spec.aux)
    overrides = overrides.addressed(spec)
    spec = overrides.applied(spec)
    network = lower(spec, limit=limit, variant=variant)
    if overrides.classes and not follows(network):
        message = f"{spec.name} has no layer that `classes` sizes: it can't have {spec.classes}"
        help = "its head ends without a layer of weights, and gives features"
        raise SpecError([Problem("E113", spec.at.of("head"), message, help=help)], spec.texts)
    named = replace(network, origin=origin, options=overrides.options, heads_left_out=heads)
    return Prepared(spec, named)


def wanted(where: Spec | str | Path, variant: str | None, overrides: Overrides) -> Spec:
    """The spec as it would be compiled. Raises `dsl.SpecError`."""
    spec = _chosen(where, variant)
    return overrides.addressed(spec).applied(spec)


def _chosen(where: Spec | str | Path, variant: str | None) -> Spec:
    return dsl.choose(where, variant) if isinstance(where, Spec) else dsl.load(where, variant)


def _origin(path: Path) -> str:
    """How the command line names a spec: on the shelf by name, else by its file's name."""
    shelved = path.resolve().parent == shelf.folder().resolve()
    return path.stem if shelved else path.name
