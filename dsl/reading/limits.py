"""How much of everything a spec may hold, so that whatever it is used for is done in seconds.

Each limit is far above what any known network needs; docs/language.md lists them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized

from dsl.models.changes import Changes
from dsl.models.layers import Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.spec import Block, Spec, walk
from dsl.reading.alike import original
from dsl.reading.parts import of
from dsl.text.memory import Memory
from dsl.text.problems import Report, Span

MAX_VARIANTS = 32
MAX_STEPS = 5_000
"""Written ones, whatever they repeat. A ResNet of 1001 layers, imported, has 4,000."""
MAX_BRANCHES = 1_000
MAX_BLOCKS = 256
"""Each is a class and a drawing of its own; Inception-v4 has 6."""
MAX_PARAMS = 64
MAX_HEADS = 64
"""Each is a drawing of its own too; Inception-v1 has 2."""
MAX_EXPECTED = 256
"""Shapes that `expect` promises."""
MAX_CHANGES = 500
"""Of one variant or file, and of all variants of a file together."""


def exceeded(spec: Spec, report: Report) -> bool:
    """Whether the spec holds more of something than it may; reported if so."""
    before = len(report.problems)
    for what, found, limit, span in _counts(spec):
        if len(found) > limit:
            report.add("E005", span, f"more than {limit:,} {what}, the limit for a spec")
    if len(report.problems) == before and not _small(spec):
        _steps(spec, report)
    return len(report.problems) > before


def _counts(spec: Spec) -> Iterator[tuple[str, Sized, int, Span]]:
    """What there is a limit for: its name, all there are of it, how many may be, and where."""
    yield "variants", spec.variants, MAX_VARIANTS, spec.at.of("variants")
    for key in BLOCK_SECTIONS:
        yield "blocks", getattr(spec, key), MAX_BLOCKS, spec.at.of(key)
    yield "auxiliary heads", spec.aux, MAX_HEADS, spec.at.of("aux")
    yield "expected shapes", spec.expect.out, MAX_EXPECTED, spec.at.of("expect")
    yield "changes", _changes(spec.variants.values()), MAX_CHANGES, spec.at.of("variants")


SIZES: Memory[tuple[int, int]] = Memory(4096)
"""How many steps a step is with all in it, and how many branches its widest split has."""


def _small(spec: Spec) -> bool:
    """Whether nothing can be too much, by what is known of each step."""
    sizes = [_size(step) for part in of(spec) for step in part.steps]
    params = max((len(block.params) for block in spec.blocks.values()), default=0)
    widest = max((branches for _, branches in sizes), default=0)
    steps = sum(count for count, _ in sizes)
    return params <= MAX_PARAMS and widest <= MAX_BRANCHES and steps <= MAX_STEPS


def _size(step: Step) -> tuple[int, int]:
    step = original(step)
    known = SIZES.get((step,))
    if known is None:
        inside = list(walk((step,)))
        widths = (len(each.branches) for each in inside if isinstance(each, Split))
        known = len(inside), max(widths, default=0)
        SIZES.put(known, (step,))
    return known


def _steps(spec: Spec, report: Report) -> None:
    """Report the step that is one too many, a split that is too wide, a block's parameters."""
    for block in spec.blocks.values():
        if len(block.params) > MAX_PARAMS:
            message = f"more than {MAX_PARAMS} parameters, the limit for a block"
            report.add("E005", _first(block), message)
    for place, step in enumerate(_every_step(spec)):
        if place == MAX_STEPS:
            report.add("E005", step.at.span, f"more than {MAX_STEPS:,} steps, the limit for a spec")
            return
        if isinstance(step, Split) and len(step.branches) > MAX_BRANCHES:
            span = step.branches[MAX_BRANCHES].at.span
            message = f"more than {MAX_BRANCHES:,} branches, the limit for a split"
            report.add("E005", span, message)


def _first(block: Block) -> Span:
    """The place of the first parameter that is one too many."""
    return block.at.of(f"params.{list(block.params)[MAX_PARAMS]}")


def _every_step(spec: Spec) -> Iterator[Step]:
    """Every step that is written, with all that is inside."""
    for _, steps in spec.sections():
        yield from walk(steps)
    for block in spec.blocks.values():
        yield from walk((block.body,))
    for head in spec.aux:
        yield from walk(head.steps)


def _changes(every: Iterable[Changes]) -> range:
    """As many as there are changes."""
    return range(sum(len(each.remove) + len(each.insert) + len(each.set) for each in every))


def too_many_changes(changes: Changes, report: Report) -> bool:
    """Whether a file, a variant or a program changes more places than it may; reported if so."""
    if len(_changes([changes])) <= MAX_CHANGES:
        return False
    most = max(("remove", "insert", "set"), key=lambda key: len(getattr(changes, key)))
    message = f"more than {MAX_CHANGES} changes, the limit for one network made from another"
    report.add("E005", changes.place(most), message)
    return True
