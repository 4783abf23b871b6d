"""Every network on the shelf, its variants included, for tests that go over all of them."""

from __future__ import annotations

import dsl
from dsl.models import shelf

NETWORKS: list[tuple[str, str | None]] = [
    (name, variant) for name in shelf.names() for variant in (None, *dsl.load(name).variants)
]
IDS = [name if variant is None else f"{name}-{variant}" for name, variant in NETWORKS]
