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
class Prepared:
    """A spec as it will be compiled, its network, and where both came from."""

    spec: Spec
    network: Network
    text: str = ""
    """The file's text, for excerpts in errors."""

    @property
    def digest(self) -> str:
        """SHA-256 of the spec as `dsl.dump` writes it: comments and layout don't count."""
        return sha256(dsl.dump(self.spec).encode()).hexdigest()


def prepare(
    where: Spec | str | Path,
    variant: str | None = None,
    *,
    classes: int | None = None,
    channels: int | None = None,
    size: tuple[int, int] | None = None,
    limit: int = LIMIT,
) -> Prepared:
    """Load, choose the variant, override, lower. Raises `dsl.SpecError`.

    `size` is (H, W). A network with overrides no longer has to meet its `expect`.
    """
    source, file = "", ""
    if isinstance(where, Spec):
        spec = dsl.choose(where, variant)
    else:
        path = shelf.find(where)
        source, file = text.read(path), path.name
        spec = dsl.loads(source, str(path), variant)
    spec = _overridden(spec, classes, channels, size)
    network = lower(spec, limit=limit, variant=variant, text=source)
    return Prepared(spec, replace(network, origin=file or f"{spec.name}.yaml"), source)


def _overridden(
    spec: Spec, classes: int | None, channels: int | None, size: tuple[int, int] | None
) -> Spec:
    if classes is None and channels is None and size is None:
        return spec
    old = spec.input
    shape = (channels or old[0], *(size or old[1:]))
    values = {name: getattr(spec, name) for name in Spec.model_fields}
    values |= {"input": shape, "classes": classes or spec.classes, "expect": Expect()}
    return Spec(**values).placed(spec.at)
