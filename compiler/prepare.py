"""From whatever names a spec to a network that is ready for every emitter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import dsl
from compiler.ir import Network
from compiler.lower import LIMIT, lower
from dsl import shelf, text
from dsl.spec import Expect, Spec


@dataclass(frozen=True)
class Overrides:
    """What a caller wants otherwise than the spec; `size` is (H, W)."""

    classes: int | None = None
    channels: int | None = None
    size: tuple[int, int] | None = None
    aux: bool = True

    @property
    def options(self) -> tuple[str, ...]:
        """The same on the command line."""
        found = [f"--classes {self.classes}"] if self.classes else []
        if self.size:
            sides = (self.channels, *self.size) if self.channels else self.size
            found.append(f"--input {'x'.join(map(str, sides))}")
        return (*found, *(() if self.aux else ("--no-aux",)))

    def applied(self, spec: Spec) -> Spec:
        """The spec as it is wanted; changed, it no longer has to meet its `expect`."""
        if self == Overrides():
            return spec
        old = spec.input
        values = {name: getattr(spec, name) for name in Spec.model_fields}
        values["input"] = (self.channels or old[0], *(self.size or old[1:]))
        values |= {"classes": self.classes or spec.classes, "expect": Expect()}
        values["aux"] = spec.aux if self.aux else ()
        return Spec(**values).placed(spec.at)


@dataclass(frozen=True)
class Prepared:
    """A spec as it will be compiled, its network, and where both came from."""

    spec: Spec
    network: Network
    text: str = ""
    """The file's text, for excerpts in errors."""

    @property
    def digest(self) -> str:
        """SHA-256 of the spec as `dsl.dump` writes it; comments and variants don't count."""
        alone = self.spec.model_copy(update={"variants": {}})
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
    source, origin = "", ""
    if isinstance(where, Spec):
        spec = dsl.choose(where, variant)
    else:
        path = shelf.find(where)
        source, origin = text.read(path), _origin(path)
        spec = dsl.loads(source, str(path), variant)
    spec = overrides.applied(spec)
    network = lower(spec, limit=limit, variant=variant, text=source)
    named = replace(network, origin=origin or f"{spec.name}.yaml", options=overrides.options)
    return Prepared(spec, named, source)


def _origin(path: Path) -> str:
    """How the command line names a spec: on the shelf by name, else by its file's name."""
    shelved = path.resolve().parent == shelf.folder().resolve()
    return path.stem if shelved else path.name
