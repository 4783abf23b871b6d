"""Addresses that stay put while a spec is being changed.

What has no name goes by its place among its like (`branch2`, `conv1`). Once a step is taken out,
put in or made another kind of layer, what stands behind it would answer to another address, so
every step remembers what it was called before the first change, until the last one is made.
"""

from __future__ import annotations

from dataclasses import replace

from dsl.changing.mapping import mapped
from dsl.models.layers import Step
from dsl.models.spec import Spec
from dsl.reading.alike import alike
from dsl.text.memory import Memory


def pinned(spec: Spec) -> Spec:
    """The spec, each of whose steps remembers what addresses call it."""
    return mapped(spec, _calling)


def unpinned(spec: Spec) -> Spec:
    """The spec, whose steps go by their places again."""
    return mapped(spec, lambda step, _: _calling(step, ""))


CALLED: Memory[Step] = Memory(8192)
"""Steps under other names, so that what no change touches is the same object after each."""


def _calling(step: Step, name: str) -> Step:
    known = CALLED.get((step,), name)
    if known is None:
        known = alike(step.model_copy().placed(replace(step.at, called=name)), step)
        CALLED.put(known, (step,), name)
    return known
