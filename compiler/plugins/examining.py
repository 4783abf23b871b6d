"""Every fact of a plugin's op, asked once: whether it answers, and with the right kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args

from compiler.ir.facts import Enlarging, Extra, Saved, Window, Work
from compiler.ir.op import Call, Ending, Op, Shape
from dsl.models.identifiers import IDENTIFIER
from dsl.models.plugins import said

Test = Callable[[Any], bool]


def _shapes(value: Any) -> bool:
    """A dict of names to tuples of whole numbers."""
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(shape, tuple) and all(map(_whole, shape))
        for name, shape in value.items()
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _plain(value: object) -> bool:
    """What a constructor may be given: a number, a word, a truth value, None, tuples of them."""
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, (int, float, str))


def _call(value: Any) -> bool:
    return (
        isinstance(value, Call)
        and bool(IDENTIFIER.fullmatch(value.name.removeprefix("nn.")))
        and all(map(_plain, (*value.args, *value.kwargs.values())))
    )


def _label(value: Any) -> bool:
    """Drawings, tables and docstrings show it as it is."""
    return isinstance(value, str) and value.isprintable() and not {'"', "\\"}.intersection(value)


def _is(kind: Any) -> Test:
    return lambda value: isinstance(value, kind)


def _tuple_of(test: Test) -> Test:
    return lambda value: isinstance(value, tuple) and all(map(test, value))


def _facts(op: Op, x: Shape) -> Iterator[tuple[str, str, Test, Callable[[], Any]]]:
    """Each fact: its name, what it should be, whether a value is that, and how it is asked."""
    numbers = "the shape of each tensor by name"
    yield "out", "a Shape", _is(Shape), lambda: op.out(x)
    yield "call", "a Call of a class with plain arguments", _call, lambda: op.call(x)
    yield "label", "text on one line, without quotes", _label, lambda: op.label
    yield "notes", "a tuple of such texts", _tuple_of(_label), lambda: op.notes
    yield "family", "a word", _label, lambda: op.family
    yield "params", numbers, _shapes, lambda: op.params(x)
    yield "buffers", numbers, _shapes, lambda: op.buffers(x)
    yield "work", "a Work", _is(Work), lambda: op.work(x)
    yield "training_work", "a Work", _is(Work), lambda: op.training_work(x)
    yield "window", "a Window or None", _is((Window, type(None))), lambda: op.window(x)
    enlarging = _is((Enlarging, type(None)))
    yield "enlarging", "an Enlarging or None", enlarging, lambda: op.enlarging(x)
    yield "flattens", "True or False", _is(bool), lambda: op.flattens(x)
    for training in (False, True):
        yield "shares", "True or False", _is(bool), partial(op.shares, training)
    yield "peaks", "a tuple of Extra", _tuple_of(_is(Extra)), lambda: op.peaks(x)
    yield "saved", "a Saved", _is(Saved), lambda: op.saved(x)
    endings: tuple[Ending, ...] = get_args(Ending)
    for before in endings:
        known = f"one of {', '.join(endings)}"
        yield "ending", known, endings.__contains__, partial(op.ending, x, before)
    yield "least_batch", "a whole number", _whole, lambda: op.least_batch(x)
    yield "fields", "values that never change", _is(int), lambda: hash(op)


def faults(op: Op, x: Shape) -> Iterator[str]:
    """What is wrong with an op for an input that it takes, a sentence each."""
    name = type(op).__name__
    for fact, wanted, fits, ask in _facts(op, x):
        try:
            value = ask()
        except Exception as error:  # noqa: BLE001  # whatever a plugin does, is told
            yield f"{name}.{fact} fails: {said(error)}"
            continue
        if not fits(value):
            yield f"{name}.{fact} is {wanted}, not {value!r}"
