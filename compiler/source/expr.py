"""Python expressions laid out as `ruff format` would.

What fits on a line stays on it; else the items go on one indented line, or, where that
is too long too, each on its own line with a trailing comma.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from compiler.ir.op import Call
from compiler.ir.symbols import Sym, added, names_in

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True)
class Expr:
    """An expression: plain `head` text, or a bracketed list of items behind it."""

    head: str
    items: tuple[Expr, ...] | None = None
    close: str = ")"
    lead: str = ""
    """What stands before it as an argument: `padding=`."""
    listed: bool = False
    """Whether its items, once opened, read better one a line."""
    joint: str = ", "
    names: frozenset[str] = frozenset()
    """The parameters that the head itself reads."""

    @property
    def free(self) -> frozenset[str]:
        """All parameters that it reads."""
        return self.names.union(*(item.free for item in self.items or ()))

    @property
    def flat(self) -> str:
        """All on one line."""
        if self.items is None:
            return self.lead + self.head
        return f"{self.lead}{self.head}{self.inside}{self.close}"

    @property
    def inside(self) -> str:
        """The items on one line."""
        flat = (item.flat for item in self.items or ())
        return added(flat) if self.joint == " + " else self.joint.join(flat)

    def named(self, name: str) -> Expr:
        """As the keyword argument `name`."""
        return replace(self, lead=f"{name}=")

    def one_a_line(self) -> Expr:
        """The same, with its items one a line where they don't fit."""
        return replace(self, listed=True)


def call(function: str, /, *args: Expr, **kwargs: Expr) -> Expr:
    """`function(args, key=value)`."""
    items = (*args, *(value.named(key) for key, value in kwargs.items()))
    return Expr(f"{function}(", items)


def literal(value: Any) -> Expr:
    """A number, word, tuple, or the name that a symbol stands for."""
    if isinstance(value, Sym) and len(value.parts) > 1:
        return _sum(value)
    return Expr(text(value), names=names_in(value))


def _sum(value: Sym) -> Expr:
    """What is added up, a term a line where it doesn't fit."""
    return Expr("", tuple(map(Expr, value.parts)), "", joint=" + ", names=names_in(value))


def read(name: str) -> Expr:
    """A parameter by its name."""
    return Expr(name, names=frozenset((name,)))


def text(value: Any) -> str:
    """A value as source: symbols by their expression."""
    if isinstance(value, tuple):
        return f"({', '.join(text(part) for part in value)})"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    return str(value) if isinstance(value, (int, float)) else _unknown(value)


def _unknown(value: Any) -> str:
    raise TypeError(f"no source for {value!r}")


def construct(made: Call) -> Expr:
    """A constructor call of the IR, printed."""
    return call(made.name, *map(literal, made.args), **literals(made.kwargs))


def literals(values: Mapping[str, Any]) -> dict[str, Expr]:
    """Keyword arguments as expressions."""
    return {key: literal(value) for key, value in values.items()}


def lay_out(start: str, expr: Expr, end: str = "", depth: int = 0) -> list[str]:
    """The lines of `start expr end` at an indentation depth."""
    indent = INDENT * depth
    line = f"{indent}{start}{expr.flat}{end}"
    if len(line) <= WIDTH or expr.items is None:
        return [line]
    if not expr.head and expr.joint.strip() in ("+", "|"):
        first, *rest = (item.flat for item in expr.items)
        more = (f"| {item}" if "|" in expr.joint else added(("", item)).strip() for item in rest)
        rows = [f"{start}{expr.lead}{first}", *more]
        return [f"{indent}{row}" for row in rows[:-1]] + [f"{indent}{rows[-1]}{end}"]
    opened, closed = f"{indent}{start}{expr.lead}{expr.head}", f"{indent}{expr.close}{end}"
    if start.endswith(("= ", "return ")) and len(opened) > WIDTH:
        wrapped = [f"{indent}{start}(", *lay_out("", expr, depth=depth + 1), f"{indent}){end}"]
        if max(map(len, wrapped)) <= WIDTH:
            return wrapped
    if not expr.items:
        return [line]
    inner = f"{indent}{INDENT}{expr.inside}"
    if len(inner) <= WIDTH and not expr.listed:
        return [opened, inner, closed]
    comma = "" if expr.joint == " " else ","
    inside = [row for item in expr.items for row in lay_out("", item, comma, depth + 1)]
    return [opened, *inside, closed]


@dataclass(frozen=True)
class Test:
    """`subject is None`; or the subject alone."""

    subject: str
    verb: str = ""

    def __str__(self) -> str:
        return f"{self.subject} {self.verb}".rstrip()


def condition(joint: str, tests: Sequence[Test], depth: int) -> Iterator[str]:
    """`if test and test:`, a test a line in brackets where it is long."""
    indent = INDENT * depth
    line = f"{indent}if {f' {joint} '.join(map(str, tests))}:"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{indent}if ("
    for place, test in enumerate(tests):
        start = f"{indent}{INDENT}{f'{joint} ' if place else ''}"
        if len(row := f"{start}{test}") <= WIDTH:
            yield row
        else:
            yield from (f"{start}{test.subject}", f"{indent}{INDENT}{test.verb}")
    yield f"{indent}):"


def conditional(start: str, expr: Expr, condition: str, depth: int) -> list[str]:
    """`start expr if condition else None`, in brackets where it is long."""
    flat = f"{INDENT * depth}{start}{expr.flat} if {condition} else None"
    if len(flat) <= WIDTH:
        return [flat]
    inside = Expr(f"{expr.flat} if {condition} else None")
    return lay_out(start, Expr("(", (inside,)), depth=depth)


def heading(name: str, base: str) -> str:
    """`class name(base):`."""
    return "\n".join(lay_out(f"class {name}", Expr("(", (Expr(base),)), ":"))


def signature(name: str, params: list[str], returns: str, depth: int) -> list[str]:
    """`def name(params) -> returns:`."""
    items = tuple(Expr(param) for param in params)
    return lay_out(f"def {name}", Expr("(", items), f" -> {returns}:", depth)


def commented(lines: list[str], comment: str) -> Iterator[str]:
    """Statement lines with a comment: behind the statement where it fits, above it else."""
    if not comment:
        yield from lines
    elif len(lines) == 1 and len(lines[0]) + len(comment) + 4 <= WIDTH:
        yield f"{lines[0]}  # {comment}"
    else:
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        yield f"{indent}# {comment}"
        yield from lines
