"""Every network on the shelf, its variants included, for tests that go over all of them."""

from __future__ import annotations

import dsl
from dsl.models import shelf
from dsl.models.spec import Spec, Variant

NETWORKS: list[tuple[str, str | None]] = [
    (name, variant) for name in shelf.names() for variant in (None, *dsl.load(name).variants)
]
IDS = [name if variant is None else f"{name}-{variant}" for name, variant in NETWORKS]


def for_small_clips(name: str, variant: str | None) -> Spec:
    """A spec as it is, but for the window of a clip network's head, which asks for 193x193 pixels.

    The proof and the parity tests run such networks with their own heads.
    """
    spec = dsl.load(name, variant)
    if len(spec.input) < 4:
        return spec
    small = Variant(title=spec.title, set={"head.pool": "avgpool 2x1x1 valid"})
    return dsl.choose(spec.model_copy(update={"variants": {"small": small}}), "small")
