"""Changes as the command line writes them: `--set KEY=VALUE`, `--width 0.5` and so on.

Each option says what the key of that name says in a spec, in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dsl.models.changes import CHANGES, Changes
from dsl.reading.reader import Reader
from dsl.text.parsing import parse
from dsl.text.problems import Problem, Report, Span, SpecError, shown
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value, plain

Said = tuple[str, str]
"""One of `CHANGES`, and the option's text: `("set", "mixed_6b.c7=96")`."""
COMMENT = re.compile(r"\s#")


def changes(said: Iterable[Said], more: Iterable[Entry] = ()) -> tuple[Changes, dict[str, str]]:
    """What the options change, and the texts that errors quote.

    `more` are values to set besides. Raises `SpecError`.
    """
    found: dict[str, list[Value | Entry]] = {key: [] for key in CHANGES}
    texts: dict[str, str] = {}
    for key, value in said:
        file, line = f"--{key} {value}", _line(key, value)
        _check(key, value, line, file)
        entries = parse(line, file).entries
        texts[file] = line
        found[key] += entries if key == "set" else _items(key, entries[0].value)
    found["set"] += more
    report = Report(texts=texts)
    made: Changes | None = Reader(report).changes(Changes, _tree(found), {})
    report.stop_if_any()
    assert made is not None, "no changes, and no problem either"
    return made, texts


def _line(key: str, value: str) -> str:
    """The option as a line of a spec."""
    if key == "set":
        address, _, new = value.partition("=")
        return f"{address}: {new}"
    braces = key == "insert" and not value.lstrip().startswith(("{", "["))
    return f"{key}: {{{value}}}" if braces else f"{key}: {value}"


def _check(key: str, value: str, line: str, file: str) -> None:
    """Refuse what YAML would cut off, and what would end the comment that repeats the option."""
    span = Span(f"--{key}", 1, 1)
    if "\n" in value or "\r" in value:
        what = shown(value.partition("=")[0]) if key == "set" else f"--{key}"
        message = f"the value of {what} must stand on one line"
        help = "lists and mappings can be written in brackets: `stem=[3x3 8 /2, 3x3 16]`"
        raise SpecError([Problem("E012", span, message, help=help)])
    for mark in COMMENT.finditer(line):
        if _read(line[: mark.start()]) == _read(line):
            help = "put the value in quotes, inside those of the shell: --set 'title=\"a # b\"'"
            place = Span(file, 1, mark.start() + 2)
            message = "a # behind a space begins a comment: what follows would be lost"
            raise SpecError([Problem("E012", place, message, help=help)], {file: line})


def _read(line: str) -> object:
    """What a line says; nothing where it can't be read."""
    try:
        return plain(parse(line, "--"))
    except SpecError:
        return None


def _items(key: str, value: Value) -> list[Value | Entry]:
    """The one value, or each of a list of several."""
    several = key in ("remove", "insert") and isinstance(value, Sequence)
    return list(value.items) if several and isinstance(value, Sequence) else [value]


def _tree(found: dict[str, list[Value | Entry]]) -> Mapping:
    """The options as the keys of a spec."""
    entries = []
    for key, items in found.items():
        values = [item for item in items if not isinstance(item, Entry)]
        settings = tuple(item for item in items if isinstance(item, Entry))
        span = values[0].span if values else Span(f"--{key}", 1, 1)
        value: Value = Sequence(tuple(values), span)
        if key == "set":
            value = Mapping(settings, span)
        elif key in ("width", "depth") and values:
            value = values[-1]
        if items:
            entries.append(Entry(Scalar(key, span), value))
    return Mapping(tuple(entries), Span("--set", 1, 1))
