"""What may change between a network and one made from it: the models.

`dsl.changing.variants` applies them; nothing here knows how.
"""

from collections.abc import Iterator
from math import floor
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr

from dsl.models.fields import Count, Factor, named
from dsl.models.model import Filled, Model
from dsl.models.plain import tree
from dsl.text.problems import Span, shown
from dsl.text.values import Mapping, Scalar, Sequence, Value, plain


class Width(Model):
    """A factor for every width: rounded to a multiple of `round_to`, halves up.

    No width falls below `min`, and none that was below it already grows.
    """

    by: Factor
    """What widths are multiplied by."""
    min: Count = 1
    """No width falls below it."""
    round_to: Count = 1
    """Widths become multiples of it, halves up."""

    def of(self, width: int) -> int:
        """The new width.

        >>> Width(by=0.5, min=16, round_to=8).of(48), Width(by=0.5, min=16).of(20)
        (24, 16)
        """
        scaled = floor(width * self.by / self.round_to + 0.5) * self.round_to
        return max(scaled, min(self.min, width), 1)


class Depth(Model):
    """A factor for every repeat (`x10`), rounded, halves up.

    No repeat falls below `min`, and none that was below it already grows.
    """

    by: Factor
    """What repeats are multiplied by."""
    min: Count = 1
    """No repeat falls below it."""

    def of(self, repeat: int) -> int:
        """How often the step repeats now; one that stands alone still does.

        >>> Depth(by=0.5).of(5), Depth(by=2).of(1)
        (3, 1)
        """
        return max(floor(repeat * self.by + 0.5), min(self.min, repeat)) if repeat > 1 else repeat


def _factor(value: Any) -> Any:
    """A number alone is the factor, as in a file."""
    return value if isinstance(value, (dict, Model)) or value is None else {"by": value}


Factored = BeforeValidator(_factor)
PLACES = ("after", "before")


def _insertions(value: Any) -> tuple[dict[str, Any], ...]:
    items = value if isinstance(value, (list, tuple)) else [value]
    for item in items:
        where = [key for key in item if key in PLACES] if isinstance(item, dict) else []
        if len(where) != 1 or len(item) != 2:
            form = "{after: mixed_5d, extra: A pool=64}"
            raise ValueError(f"must say where, and one named step, as in {form}")
        if not isinstance(item[where[0]], str):
            raise ValueError(f"must say {where[0]} which step, not {shown(item[where[0]])}")
    return tuple(_as_read(item) for item in items)


def _as_read(value: Any) -> Any:
    """Plain data as a file would give it, so that what a program says is read back equal."""
    return plain(tree(named(value)))


def _addresses(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if not isinstance(item, str) or not item:
            raise ValueError(f"must be a list of addresses like body.pool4, not {shown(item)}")
    return tuple(items)


class Changes(Model):
    """A network made from another by naming what changes.

    `width` and `depth` scale what is there; then `remove`, `insert` and `set` say the rest,
    and what they say stands as written.
    """

    width: Annotated[Width | None, Filled, Factored] = None
    """Multiplies every width that is there: a factor, or `{by: 0.5, min: 16, round_to: 8}`."""
    depth: Annotated[Depth | None, Filled, Factored] = None
    """Multiplies every repeat (`x10`): a factor, or `{by: 0.5, min: 1}`. A step that stands alone
    still does.
    """
    remove: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()
    """Addresses of steps, branches, blocks and auxiliary heads that go: `[aux.aux, mixed_5d]`."""
    insert: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_insertions)] = ()
    """A new named step after or before another: `[{after: mixed_5d, extra: A pool=64}]`."""
    set: Annotated[dict[str, Any], BeforeValidator(_as_read)] = Field(default_factory=dict)
    """Addresses with what stands there instead: `{classes: 10, mixed_6b.c7: 96}`."""
    _nodes: dict[str, Value] = PrivateAttr(default_factory=dict)

    def remember(self, root: Mapping) -> None:
        """Keep the file's own nodes of what changes, so that errors point at them."""
        for entry in root.entries:
            self._nodes[entry.key.text] = entry.value

    def _node(self, key: str, data: Any) -> Value:
        """The file's node of one kind of change, or one that stands where the changes do."""
        node = self._nodes.get(key)
        if node is not None and not isinstance(node, Sequence) and isinstance(data, list):
            node = Sequence((node,), node.span)
        return node if node is not None and plain(node) == data else tree(data, self.at.span)

    def settings(self) -> Iterator[tuple[Scalar, Value]]:
        """Each address with its new value."""
        node = self._node("set", dict(self.set))
        assert isinstance(node, Mapping), node
        yield from ((entry.key, entry.value) for entry in node.entries)

    def removals(self) -> Iterator[Scalar]:
        """Each address that goes."""
        node = self._node("remove", list(self.remove))
        assert isinstance(node, Sequence), node
        yield from (item for item in node.items if isinstance(item, Scalar))

    def insertions(self) -> Iterator[tuple[bool, Scalar, Scalar, Value]]:
        """Whether it goes before, the step that it stands beside, its name, and the step."""
        node = self._node("insert", list(self.insert))
        assert isinstance(node, Sequence), node
        for item in node.items:
            assert isinstance(item, Mapping), item
            beside = next(entry for entry in item.entries if entry.key.text in PLACES)
            step = next(entry for entry in item.entries if entry is not beside)
            assert isinstance(beside.value, Scalar), beside
            yield beside.key.text == "before", beside.value, step.key, step.value

    def place(self, key: str) -> Span:
        """Where a kind of change is written."""
        return self.at.of(key)


CHANGES = tuple(Changes.model_fields)
"""The keys that say what changes."""
