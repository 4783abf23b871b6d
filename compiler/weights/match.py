"""Which tensor of a checkpoint goes where, and everything that doesn't fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from compiler.ops.norm import COUNTER
from compiler.weights.account import COPIED, DEFAULT, SKIPPED, TRANSPOSED, Row, sizes
from compiler.weights.slots import Slot
from compiler.weights.turn import Turn
from dsl.text.counts import count
from dsl.text.problems import NOWHERE, Problem

if TYPE_CHECKING:
    from torch import Tensor

NO_DTYPES: Mapping[str, object] = MappingProxyType({})
CLASSIFIER = "the classifier"


@dataclass(frozen=True)
class Advice:
    """What helps where a checkpoint and a network differ; it depends on who loads."""

    other_classes: str = (
        "leave the head as it is with skip_head (--skip-head), where the classes differ"
    )
    over_head: str = "pass it over with skip_head (--skip-head)"
    over_aux: str = "if it is an auxiliary head, pass it over with skip_aux (--skip-aux)"
    no_heads: str = (
        "compile with aux=False (--no-aux), or leave it as it is with skip_aux (--skip-aux)"
    )


LOADING = Advice()


@dataclass(frozen=True)
class Wishes:
    """What a caller lets pass.

    `skip_head`: layers as wide as there are classes stay as they are. `skip_aux`: so do
    auxiliary heads that the checkpoint lacks, and those that it has beyond the network's
    are passed over. `absent` holds parts that the checkpoint may have and the network hasn't,
    by how their names begin there; those that are `passed` over are no fault. `beyond` are
    names there, of tensors or of what holds them, that the spec says no layer has. `variants`
    are other networks of the spec.
    """

    skip_head: bool = False
    skip_aux: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    beyond: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    advice: Advice = LOADING


@dataclass
class Matching:
    """What each tensor of a network gets; `taken` are the tensors by our path."""

    rows: list[Row] = field(default_factory=list)
    taken: dict[str, Slot] = field(default_factory=dict)
    defaults: dict[str, Slot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    dtypes: Mapping[str, object] = field(default_factory=dict)
    lacking: dict[str, list[Slot]] = field(default_factory=dict)
    """Tensors that the checkpoint lacks, by auxiliary head; the trunk's under no name."""


def match(
    slots: Iterable[Slot],
    given: Mapping[str, Tensor],
    wishes: Wishes,
    dtypes: Mapping[str, object] = NO_DTYPES,
) -> Matching:
    """Match every slot with the tensors given; `problems` tells all that doesn't fit.

    `dtypes` says by path what tensors will be converted to.
    """
    found = Matching(dtypes=dtypes)
    used: set[str] = set()
    for slot in slots:
        used.add(slot.name)
        _place(slot, given, wishes, found)
    found.problems += _lacking(found.lacking, wishes.advice)
    _left_over({name: tensor for name, tensor in given.items() if name not in used}, wishes, found)
    return found


def _place(slot: Slot, given: Mapping[str, Tensor], wishes: Wishes, found: Matching) -> None:
    """Decide on one tensor of ours."""
    if slot.per_class and wishes.skip_head:
        found.rows.append(_row(slot, SKIPPED, "the head, as asked"))
    elif slot.name and slot.name in given:
        _take(slot, given[slot.name], wishes, found)
    elif slot.head and wishes.skip_aux:
        found.rows.append(_row(slot, SKIPPED, "the checkpoint lacks it; stays as it is"))
    elif slot.default is not None and (slot.name or not slot.head):
        found.defaults[slot.path] = slot
        found.rows.append(_row(slot, DEFAULT, f"{slot.default}: the checkpoint has none"))
    elif not slot.path.endswith(COUNTER):
        found.lacking.setdefault(slot.head, []).append(slot)


def _take(slot: Slot, tensor: Tensor, wishes: Wishes, found: Matching) -> None:
    there = tuple(tensor.shape)
    seen, why = _seen(slot, there)
    if there != slot.public_shape and seen is None:
        found.problems.append(_misshapen(slot, there, wishes))
    elif not tensor.is_floating_point() and not slot.path.endswith(COUNTER):
        message = f"{_named(slot)} holds {_dtype(tensor.dtype)}, not real numbers"
        found.problems.append(Problem("E153", NOWHERE, message))
    else:
        found.taken[slot.path] = seen or slot
        dtype = found.dtypes.get(slot.path, tensor.dtype)
        note = "" if dtype == tensor.dtype else f"{_dtype(tensor.dtype)} to {_dtype(dtype)}"
        note = ", ".join(filter(None, [why, note]))
        found.rows.append(_row(slot, TRANSPOSED if slot.turn else COPIED, note))


def _seen(slot: Slot, there: tuple[int, ...]) -> tuple[Slot | None, str]:
    """The slot seen in the source's shape, which has axes of one more or less, and why.

    The source may have a linear layer for a 1x1 convolution, and a row of factors as (C, 1, 1),
    so that it lies along a map's channels. None where the two differ in any other way.
    """
    ones = (1,) * (len(slot.shape) - 2)
    if not slot.turn and ones and len(there) == 2 and slot.shape == (*there, *ones):
        why = "a linear layer's"
    elif not slot.turn and _is_row(slot.shape, there):
        why = f"as {sizes(there)}"
    else:
        return None, ""
    turn = Turn(tuple(range(len(there))), there)
    return replace(slot, key=slot.key._replace(turn=turn)), why


def _is_row(here: tuple[int, ...], there: tuple[int, ...]) -> bool:
    """Whether a row of numbers has some more axes there, each of one."""
    return len(here) == 1 < len(there) and sorted((1,) * (len(there) - 1) + here) == sorted(there)


def _dtype(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


def _row(slot: Slot, action: str, note: str = "") -> Row:
    return Row(slot.path, slot.name, slot.shape, action, note)


def _named(slot: Slot) -> str:
    """A tensor by our name and theirs."""
    return slot.path if slot.name in (slot.path, "") else f"{slot.path} ({slot.name})"


def _misshapen(slot: Slot, there: tuple[int, ...], wishes: Wishes) -> Problem:
    here = slot.public_shape
    message = f"{_named(slot)} has another shape: {sizes(there)} in the checkpoint, "
    message += f"{sizes(here)} in the network"
    apart = [axis for axis, pair in enumerate(zip(there, here, strict=False)) if len(set(pair)) > 1]
    help = f"another variant may fit: {', '.join(wishes.variants)}" if wishes.variants else ""
    if slot.per_class and len(there) == len(here) and apart == [slot.turn.first]:
        help = wishes.advice.other_classes
    return Problem("E153", NOWHERE, message, help=help)


def _lacking(lacking: Mapping[str, list[Slot]], advice: Advice) -> Iterator[Problem]:
    """What the checkpoint lacks: a whole head at once, else tensor by tensor."""
    for head, slots in lacking.items():
        if head:
            tensors = f"{count(len(slots), 'tensor')}, the first is {_named(slots[0])}"
            message = f"the checkpoint lacks the auxiliary head {head}: {tensors}"
            yield Problem("E152", NOWHERE, message, help=advice.no_heads)
            continue
        for slot in slots:
            yield Problem("E152", NOWHERE, _missing(slot))


def _missing(slot: Slot) -> str:
    if not slot.name:
        return f"{slot.path} {sizes(slot.shape)} has no name in the source's map"
    return f"the checkpoint lacks {_named(slot)} {sizes(slot.public_shape)}"


def _is_of(name: str, part: str) -> bool:
    """Whether a tensor's name is a part's, or inside of it, as torch and Keras join names."""
    return name == part or name.startswith((f"{part}.", f"{part}/"))


def _left_over(rest: Mapping[str, Tensor], wishes: Wishes, found: Matching) -> None:
    """Decide on the tensors that nothing here takes, those of an absent part together."""
    parts: dict[str, int] = {}
    for name, tensor in rest.items():
        shape = tuple(tensor.shape)
        part = next((p for start, p in wishes.absent.items() if name.startswith(start)), "")
        if any(_is_of(name, part) for part in wishes.beyond):
            found.rows.append(
                Row("", name, shape, SKIPPED, "no layer has it, says the map of names")
            )
        elif part in wishes.passed:
            note = f"of {part}, which this network leaves out"
            found.rows.append(Row("", name, shape, SKIPPED, note))
        elif part:
            parts[part] = parts.get(part, 0) + 1
        else:
            message = f"the checkpoint has {name} {sizes(shape)}, the network no such tensor"
            found.problems.append(Problem("E154", NOWHERE, message))
    for part, tensors in parts.items():
        message = f"the checkpoint has {part} ({count(tensors, 'tensor')}), and this network hasn't"
        help = wishes.advice.over_head if part == CLASSIFIER else wishes.advice.over_aux
        found.problems.append(Problem("E154", NOWHERE, message, help=help))
