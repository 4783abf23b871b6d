"""I151: a block's parameter that makes no difference: every call gives it the same value."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from dsl.models.layers import Call
from dsl.models.spec import Block
from dsl.text.counts import count

LEAST = 3
"""From how many calls on: two of a kind may be chance, and a third one is to come."""


def _find(subject: Subject) -> Iterator[Finding]:
    if subject.network.variant:
        return  # What a variant leaves of a block's uses says nothing of the block.
    calls: dict[str, list[Call]] = {}
    for step in subject.steps.values():
        if isinstance(step, Call):
            calls.setdefault(step.block, []).append(step)
    for name, block in subject.spec.blocks.items():
        yield from _of_block(name, block, calls.get(name, []))


def _of_block(name: str, block: Block, calls: list[Call]) -> Iterator[Finding]:
    for parameter, default in block.params.items():
        given = [call.args.get(parameter) for call in calls]
        elsewhere = any(call.at.span.file != block.at.span.file for call in calls)
        if len(calls) < LEAST or elsewhere or not isinstance(given[0], (int, float)):
            continue  # A name, such as `in/8`, may stand for another number each time.
        if any(each != given[0] for each in given):
            continue
        yield Finding(
            block.at.of(f"params.{parameter}"),
            f"each of the {count(len(calls), 'call')} of {name} gives {parameter} the same "
            f"value, {given[0]}" + ("" if default is None else f", and its default {default} none"),
            help=f"write {given[0]} in the block, or as the parameter's default",
            notes=tuple((call.at.of(f"args.{parameter}="), "given") for call in calls[:2]),
        )


LINT = Lint(
    code="I151",
    name="idle-parameter",
    title="a parameter that every call gives the same value",
    meaning="A block takes a parameter, and all that call it say the same for it. The parameter is "
    "no choice, and a default that nobody takes says something else.",
    why="Whoever reads the block looks for uses that differ. Ports that were written by hand have "
    "constructor arguments of this kind, and then some that are not even read.",
    before="inception: {A: {params: [w, p], concat: [1x1 w, [maxpool 3x3, 1x1 p]]}}\n"
    "body: [A w=16 p=8, A w=32 p=8, A w=64 p=8]",
    after="inception: {A: {params: [w], concat: [1x1 w, [maxpool 3x3, 1x1 8]]}}\n"
    "body: [A w=16, A w=32, A w=64]",
    seen="A port of InceptionV1 gives its block six constructor arguments and ignores five.",
    find=_find,
)
