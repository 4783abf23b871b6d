"""The spec's sections, blocks and auxiliary heads, from the trunk and its heads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from typing import Any, get_args

from compiler.importing.blocks import Pattern, patterns
from compiler.importing.decompose import Head
from compiler.importing.faults import INEXPRESSIBLE, refuse
from compiler.importing.naming import Names, leaf_names, step_name, without_doubles
from compiler.importing.slots import structure
from compiler.importing.strands import Chain, Fork, Item, Leaf
from compiler.importing.units import Unit, units
from compiler.importing.writing import Writer
from dsl.models import layers
from dsl.models.model import BLOCK_SECTIONS, Section
from dsl.models.naming import section_names
from dsl.models.reserved import GLOBALS
from dsl.models.spec import Aux, Block, Defaults
from dsl.reading.names import OUTPUTS

LONG_RUN = 3
"""From how many equal calls on they become one step though each has a name of its own."""


@dataclass(frozen=True)
class Entry:
    """A step of the trunk with the items that it was made from."""

    step: layers.Step
    items: Chain

    @property
    def tap(self) -> int | None:
        """The node that an auxiliary head takes, its output."""
        return self.items[-1].tap


def assemble(
    trunk: Chain, heads: Seq[Head], defaults: Defaults, kinds: Mapping[str, str], weight: float
) -> dict[str, Any]:
    """Blocks, sections and heads, as fields of a `Spec`; each head's loss counts `weight`."""
    classes = trunk[-1].out[0]
    trunk = _bare_fc(_classified(trunk, classes))
    writer = Writer(Names([trunk, *(head.chain for head in heads)]), defaults)
    items = list(units(trunk, kinds))
    first = _first_block(items)
    items = list(_dissolved(items, first))
    blocks, uses = patterns(each for each in items if isinstance(each, Unit))
    last = _head_start(items)
    named = _named(items, writer, uses, last)
    cuts = (named[:first], named[first:last], named[last:])
    runs = (list(_runs(entries, writer)) for entries in cuts)
    sections = _distinct(dict(zip(get_args(Section), runs, strict=True)))
    fields: dict[str, Any] = {key: _steps(entries) for key, entries in sections.items()}
    for role in BLOCK_SECTIONS:
        fields[role] = {each.name: _block(each, writer) for each in blocks if each.role == role}
    return fields | {"classes": classes, "aux": _aux(heads, sections, writer, classes, weight)}


def _steps(entries: list[Entry]) -> tuple[layers.Step, ...]:
    return tuple(entry.step for entry in entries)


def _block(pattern: Pattern, writer: Writer) -> Block:
    return Block(params=pattern.params, body=writer.body(pattern.body, pattern.units[0].path))


def _classified(chain: Chain, classes: int) -> Chain:
    """The last layer with a width gets `classes`, if that is what it has."""
    for place in range(len(chain) - 1, -1, -1):
        item = chain[place]
        if isinstance(item, Fork):
            break
        if getattr(item.layer, "width", None) is not None:
            width = "classes" if item.layer.width == classes else item.layer.width  # type: ignore[attr-defined]  # seen above
            changed = replace(item, layer=item.layer.model_copy(update={"width": width}))
            return (*chain[:place], changed, *chain[place + 1 :])
    return chain


def _bare_fc(chain: Chain) -> Chain:
    """Without a `flatten` right before an `fc`, which brings its own."""
    found = [
        item
        for item, after in zip(chain, [*chain[1:], None], strict=True)
        if not (_is(item, layers.Flatten) and _is(after, layers.Linear) and item.tap is None)
    ]
    return tuple(found)


def _is(item: Item | Unit | None, *kinds: type[layers.Layer]) -> bool:
    return isinstance(item, Leaf) and isinstance(item.layer, kinds)


def _first_block(items: list[Item | Unit]) -> int:
    """Where the stem ends: before the first block that keeps the grid, or else any block."""
    found = [place for place, each in enumerate(items) if isinstance(each, Unit)]
    keeping = [place for place in found if items[place].role == "inception"]  # type: ignore[union-attr]  # a Unit
    return [*keeping, *found, 0][0]


def _dissolved(items: list[Item | Unit], first: int) -> Iterator[Item | Unit]:
    """The items with what the stem uses once written out there, not as a block."""
    found = Counter(_form(each) for each in items if isinstance(each, Unit))
    for place, each in enumerate(items):
        once = isinstance(each, Unit) and found[_form(each)] == 1
        if isinstance(each, Unit) and once and place < first and len(each.items) == 1:
            yield each.items[0]
        else:
            yield each


def _form(unit: Unit) -> Any:
    return unit.role, structure(unit.items)


HEADS = (layers.GlobalPool, layers.AdaptivePool, layers.Flatten, layers.Linear)


def _head_start(items: list[Item | Unit]) -> int:
    """Where the head begins: at the global pool behind the last convolution or block."""
    start = len(items)
    while (
        start and _is(items[start - 1], layers.Layer) and not _is(items[start - 1], layers.Filter)
    ):
        start -= 1
    head = next((place for place in range(start, len(items)) if _ends(items[place])), len(items))
    while head > start and _is(items[head - 1], layers.Dropout):
        head -= 1
    return head


def _ends(item: Item | Unit) -> bool:
    """Whether an item ends the grid, or the map."""
    pooled = isinstance(item, Leaf) and _is(item, layers.MaxPool) and set(item.out[1:]) == {1}
    return _is(item, *HEADS) or pooled


def _named(
    items: list[Item | Unit], writer: Writer, uses: dict[int, tuple[Pattern, int]], last: int
) -> list[Entry]:
    """Each item as a step, named as its module is; in the head, only what has weights."""
    chains = [each.items if isinstance(each, Unit) else (each,) for each in items]
    names = [
        writer.names.step(chain) if place < last or _has_weights(chain) else None
        for place, chain in enumerate(chains)
    ]
    found = []
    for each, chain, name in zip(items, chains, without_doubles(names), strict=True):
        found.append(Entry(_written(each, name, writer, uses), chain))
    return found


def _has_weights(chain: Chain) -> bool:
    return any(not isinstance(item, Leaf) or item.layer.has_weights for item in chain)


def _written(
    each: Item | Unit, name: str | None, writer: Writer, uses: dict[int, tuple[Pattern, int]]
) -> layers.Step:
    if isinstance(each, Unit):
        pattern, use = uses[id(each)]
        return layers.Call(name=name, block=pattern.name, args={**pattern.arguments[use]})
    step = writer.step(each, name, each.path if isinstance(each, Fork) else None)
    return step.model_copy(update={"name": None}) if name == step.auto else step


def _runs(entries: list[Entry], writer: Writer) -> Iterator[Entry]:
    """Equal calls in a row as one step: long rows, and items of one container."""
    rest = list(entries)
    while rest:
        count = _run(rest)
        items = tuple(item for entry in rest[:count] for item in entry.items)
        numbered = all((entry.step.name or "0")[-1:].isdigit() for entry in rest[:count])
        if count >= LONG_RUN or (count > 1 and numbered and _container(rest[:count], writer)):
            name = writer.names.step(items)
            yield Entry(rest[0].step.model_copy(update={"repeat": count, "name": name}), items)
        else:
            yield from rest[:count]
        rest = rest[count:]


def _distinct(sections: dict[Section, list[Entry]]) -> dict[Section, list[Entry]]:
    """The sections with no name for two steps: a row may be called as another module's step."""
    entries = [entry for found in sections.values() for entry in found]
    names = iter(without_doubles([entry.step.name for entry in entries]))
    return {
        key: [
            replace(entry, step=entry.step.model_copy(update={"name": next(names)}))
            for entry in found
        ]
        for key, found in sections.items()
    }


def _run(entries: list[Entry]) -> int:
    """How many calls from the first on are equal; a tapped one is the last."""
    count = 1
    first = entries[0].step
    while (
        count < len(entries)
        and isinstance(first, layers.Call)
        and entries[count - 1].tap is None
        and entries[count].step.model_copy(update={"name": first.name}) == first
    ):
        count += 1
    return count


def _container(entries: list[Entry], writer: Writer) -> bool:
    """Whether the calls are numbered items of one module."""
    homes = [writer.names.home(entry.items).rpartition(".") for entry in entries]
    return all(last.isdigit() for *_, last in homes) and len({home[0] for home in homes}) == 1


def _aux(
    heads: Seq[Head],
    sections: dict[Section, list[Entry]],
    writer: Writer,
    classes: int,
    weight: float,
) -> tuple[Aux, ...]:
    names = section_names({key: _steps(entries) for key, entries in sections.items()})
    places = {
        entry.tap: name
        for key, entries in sections.items()
        for name, entry in zip(names[key], entries, strict=True)
    }
    taken = {name for section in names.values() for name in section} | {*GLOBALS, *OUTPUTS}
    found = []
    for head in heads:
        if head.source not in places:
            where = writer.names.home(head.chain) or "an auxiliary head"
            refuse(INEXPRESSIBLE, f"{where} starts inside a block, and a spec's heads tap steps")
        home = writer.names.home(head.chain)
        name = _free(step_name(home) or "aux", taken)
        chain = _bare_fc(_classified(head.chain, classes))
        called = zip(chain, leaf_names(writer.names, chain, home), strict=True)
        steps = tuple(writer.step(item, each) for item, each in called)
        found.append(
            Aux.model_validate(
                {"name": name, "from": places[head.source], "weight": weight, "do": steps}
            )
        )
        taken.add(name)
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    number, found = 0, name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found
