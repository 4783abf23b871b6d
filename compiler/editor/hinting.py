"""Shapes behind steps, and what blocks and the whole network come to, shown beside the text."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from compiler.cost.sums import tally
from compiler.editor.figures import shaped, short
from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from compiler.editor.showing import SHOWS, lens
from compiler.editor.uses import Use, used_at, uses
from dsl.text.counts import count
from dsl.text.problems import Span


def hints(reading: Reading, page: Page, range: types.Range) -> list[types.InlayHint]:
    """The shape that each step gives, behind it; of a block's step one for each that differs."""
    first, last = page.place(range.start)[0], page.place(range.end)[0]
    found = []
    for whole in _op_strings(reading):
        if first <= whole.line - 1 <= last and (used := used_at(reading, whole)):
            outs = list(dict.fromkeys(shaped(use.out) for use in used))
            label = outs[0] if len(outs) == 1 else f"{outs[0]} … {outs[-1]}"
            place = page.position(whole.line - 1, whole.column - 1 + whole.length)
            told = "\n\n".join(map(_passing, used))
            tooltip = types.MarkupContent(types.MarkupKind.Markdown, told)
            hint = types.InlayHint(place, label, tooltip=tooltip, padding_left=True)
            found.append(hint)
    return found


def _passing(use: Use) -> str:
    """What a use gets and gives."""
    return f"`{use.path}` {shaped(use.inp)} → {shaped(use.out)}"


def _op_strings(reading: Reading) -> Iterator[Span]:
    """The places of all op-strings."""
    seen: set[tuple[int, int]] = set()
    for mark in reading.marks:
        if mark.kind not in ("layer", "kernel", "call") or mark.whole is None:
            continue
        span = mark.whole.span
        if span.exact and (span.line, span.column) not in seen:
            seen.add((span.line, span.column))
            yield span


def lenses(reading: Reading, page: Page, uri: str) -> list[types.CodeLens]:
    """What the network, each block in all its uses and each auxiliary head come to."""
    known = uses(reading)
    if known is None:
        return []
    said = ((mark, _said(reading, mark)) for mark in reading.marks if mark.kind in SHOWS)
    return [lens(page, uri, mark, title) for mark, title in said if title]


def _said(reading: Reading, mark: Mark) -> str:
    known = uses(reading)
    network = reading.good.network if reading.good else None
    if known is None or network is None:
        return ""
    if mark.kind == "key" and mark.holder == "Spec" and mark.text == "name":
        whole = [tally(node, training=False) for node in network.trunk]
        return _counted(sum(each.params for each in whole), sum(each.macs for each in whole))
    if mark.kind == "block":
        called = known.calls.get(mark.text, [])
        return f"{_times(called)}, {_summed(called)}" if called else "never used"
    if mark.kind == "head":
        head = used_at(reading, mark.span)
        return f"{_summed(head)}, in training only" if head else ""
    return ""


def _times(found: list[Use]) -> str:
    return count(len(found), "use")


def _summed(found: list[Use]) -> str:
    return _counted(sum(use.params for use in found), sum(use.macs for use in found))


def _counted(params: int, macs: int) -> str:
    return f"{short(params)} parameters, {short(macs)} MACs"
