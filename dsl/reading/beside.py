"""Names of a spec beside the words of plugins: which hide one that the spec needs.

A spec's own block goes before a plugin's layer of that name, so that what is installed can't change
what a spec means. A spec that has both could not be written down.
"""

from __future__ import annotations

from dsl.models.layers import FOREIGN, Layer, spellings
from dsl.models.spec import Spec, walk
from dsl.text.problems import Report


def check(spec: Spec, report: Report) -> None:
    """Report every block and parameter that is called by a word which a layer beside it needs."""
    used = set(map(type, _every_layer(spec)))
    hidden = {word: kind for word, kind in FOREIGN.items() if kind in used}
    for name, block in spec.blocks.items():
        if name in hidden:
            message = f"a block can't be called {name}: the spec has a plugin's layer of that name"
            hint = f"take another, such as {name}_block"
            report.add("E014", block.at.of("name"), message, hint=hint)
        inside = set(map(type, walk((block.body,))))
        for kind in (kind for kind in hidden.values() if kind in inside):
            words = {word for _, mark in spellings(kind) for word in mark.words}
            for param in (param for param in block.params if param in words):
                message = f"a parameter can't be called {param}: it is an option of {kind.keyword}"
                hint = f"take another, such as {param}_size"
                report.add("E014", block.at.of(f"params.{param}"), message, hint=hint)


def _every_layer(spec: Spec) -> list[Layer]:
    steps = [step for _, steps in spec.sections() for step in steps]
    steps += [block.body for block in spec.blocks.values()]
    steps += [step for head in spec.aux for step in head.steps]
    return [step for step in walk(tuple(steps)) if isinstance(step, Layer)]
