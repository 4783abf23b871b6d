"""The tree of a YAML text, put together as its events come in, and the problems that are met.

Nothing recurses on the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

import yaml

from dsl.text.blaming import blamed
from dsl.text.complaints import NO_REUSE, ONE_SPEC, SECOND_DOCUMENT, TOO_DEEP, Refused
from dsl.text.events import events, marks, refused_features
from dsl.text.lines import below, whole
from dsl.text.problems import Note, Problem, Span, SpecError
from dsl.text.source import MAX_DEPTH, Source, escaped
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value

MAX_NODES: Final = 20_000
MAX_PROBLEMS: Final = 100
MOST_EMPTY: Final = 8
"""Keys of which a key given again says which are empty."""


class _Stop(Exception):
    """No use in reading on."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is still being filled."""

    start: yaml.CollectionStartEvent
    span: Span
    items: list[Value] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    seen: dict[str, Span] = field(default_factory=dict)
    key: Scalar | None = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.start, yaml.MappingStartEvent) and self.key is None

    @property
    def is_list(self) -> bool:
        """Whether it stands in braces, but holds no values so far: `{3, 64, 64}`."""
        empty = (isinstance(e.value, Scalar) and not e.value.text for e in self.entries)
        return bool(self.start.flow_style) and bool(self.entries) and all(empty)

    @property
    def empty(self) -> tuple[Note, ...]:
        """Keys that nothing is indented under."""
        return tuple(
            (entry.key.span, f"nothing is indented under {_quoted(entry.key.text)}")
            for entry in self.entries[-MOST_EMPTY:]
            if isinstance(entry.value, Scalar) and entry.value.below and not entry.value.text
        )

    def put(self, value: Value) -> None:
        """Take an item, or the value of the open key."""
        if self.key is None:
            self.items.append(value)
            return
        self.entries.append(Entry(self.key, value))
        self.key = None

    def close(self, span: Span, flow: bool) -> Value:
        if isinstance(self.start, yaml.SequenceStartEvent):
            return Sequence(tuple(self.items), span, flow)
        if not self.start.flow_style and self.entries:
            span = self.entries[0].key.span
        return Mapping(tuple(self.entries), span, flow)


class Composer:
    """Builds the tree while the events come in, and gathers problems."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.root: Value | None = None
        self.refused: Refused | None = None
        """What YAML can't read."""
        self.nodes = 0
        self.documents = 0

    def read(self, part: Source | None = None) -> None:
        """Take all events, of a part of the text perhaps, up to the one that can't be taken."""
        try:
            for event in events(part or self.source):
                self.feed(event)
        except _Stop:
            pass
        except Refused as refused:
            self.refused = refused

    def close_all(self) -> None:
        """Close what is still open, as if the text ended here."""
        told = list(self.problems)
        while self.open:
            closed = self.open.pop()
            if closed.key is not None:
                closed.put(Scalar("", closed.key.span))
            self.put(closed.close(closed.span, flow=False))
        self.problems = told

    def run(self) -> Mapping:
        """The mapping of the whole text. Raises `SpecError` with every problem found."""
        self.read()
        if isinstance(self.root, Mapping) and not self.problems and not self.refused:
            return self.root
        problems = self.problems
        if self.refused:
            problems.append(blamed(self.refused, self.source))
        problems = problems or [_no_mapping(self.root, self.source)]
        raise SpecError(problems, {self.source.file: self.source.text})

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent):
            self.node(event, self.source.span(*marks(event)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.end(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.document(self.source.span(*marks(event)))

    def document(self, span: Span) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(Problem("E003", span, SECOND_DOCUMENT, help=ONE_SPEC))

    def node(self, event: yaml.NodeEvent, span: Span) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(Problem("E005", span, f"more than {MAX_NODES:,} keys and values"))
        for problem in refused_features(event, span, self.source):
            self.add(problem)
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.start(event, span)
        else:
            self.put(Scalar("", span, plain=False))

    def start(self, event: yaml.CollectionStartEvent, span: Span) -> None:
        if len(self.open) == MAX_DEPTH:
            self.stop(Problem("E005", span, TOO_DEEP))
        self.open.append(_Open(event, span))

    def end(self, event: yaml.CollectionEndEvent) -> None:
        closed = self.open.pop()
        start, end = marks(closed.start)[0], marks(event)[1]
        flow = bool(closed.start.flow_style)
        span = self.source.span(start, end) if flow else closed.span
        self.put(closed.close(span, flow and start.line == end.line))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        scalar = _scalar(event, self.source)
        if event.style is None and not (self.open and self.open[-1].start.flow_style):
            scalar = replace(scalar, below=_below(event, self.source))
        if event.style == '"':
            for problem in escaped(scalar.text, scalar.span):
                self.add(problem)
        if event.style is None and scalar.text in ("", "<<") and self.wants_key:
            self.add(_refused_key(scalar))
        self.put(scalar)

    @property
    def wants_key(self) -> bool:
        return bool(self.open) and self.open[-1].wants_key

    def put(self, value: Value) -> None:
        """Set a finished value in its place."""
        if not self.open:
            self.root = value
        elif self.wants_key:
            self.open[-1].key = self.key(value)
        else:
            self.open[-1].put(value)

    def key(self, value: Value) -> Scalar:
        if not isinstance(value, Scalar):
            message = "a key must be a plain word, not a list or a mapping"
            self.add(Problem("E003", value.span, message))
            return Scalar("", value.span)
        first = self.open[-1].seen.setdefault(value.text, value.span)
        if first is not value.span and value.text:
            message = f"the key {_quoted(value.text)} is given again"
            notes = ((first, "first given"), *self.open[-1].empty)
            help = _BRACES if self.open[-1].is_list else _TWICE
            self.add(Problem("E004", value.span, message, help=help, notes=notes))
        return value

    def add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) == MAX_PROBLEMS:
            message = f"{MAX_PROBLEMS} problems: reading stops here"
            self.stop(Problem("E005", problem.span, message))

    def stop(self, problem: Problem) -> NoReturn:
        self.problems.append(problem)
        raise _Stop


_BRACES = "braces hold `key: value`; a list stands in square brackets, `[a, b]`"
_TWICE = "YAML would keep only the last one; rename one, or merge the two"


def _scalar(event: yaml.ScalarEvent, source: Source) -> Scalar:
    start, end = marks(event)
    span = source.span(start, end)
    if event.style in ("'", '"'):
        closing = 1 if start.line == end.line else 0
        inner = Span(span.file, span.line, span.column + 1, max(1, span.length - 1 - closing))
        return Scalar(event.value, inner, plain=False)
    if event.style:
        return Scalar(event.value, source.span(start), plain=False)
    return Scalar(event.value, span, plain=start.line == end.line)


def _below(event: yaml.ScalarEvent, source: Source) -> Span | None:
    """The line below one that holds no value, or of a value that goes on."""
    start, end = marks(event)
    line = below(start.line, source.lines) if not event.value or end.line > start.line else None
    return None if line is None else whole(line, source)


def _refused_key(key: Scalar) -> Problem:
    if key.text:
        return Problem("E003", key.span, "YAML merge keys (`<<`) are refused", help=NO_REUSE)
    return Problem("E002", key.span, "a key is missing here", help="write `key: value`")


def _no_mapping(root: Value | None, source: Source) -> Problem:
    start = "start with `name: …`"
    if root is None or (isinstance(root, Scalar) and not root.text):
        return Problem("E002", Span(source.file, 1, 1), "the spec is empty", help=start)
    found = "a list" if isinstance(root, Sequence) else "only text"
    colon = "a key needs a space after its colon: `key: value`"
    advice = colon if isinstance(root, Scalar) and ":" in root.text else start
    return Problem(
        "E002", root.span, f"a spec is made of `key: value`, but this is {found}", help=advice
    )


def _quoted(text: str) -> str:
    return f"`{text}`" if len(text) <= 64 and text.isprintable() else "here"
