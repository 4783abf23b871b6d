"""PyYAML's event parser, held on a short leash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import yaml
from yaml.error import Mark

from dsl.text.complaints import NO_REUSE, NO_TAG, TAGS, refused, unclosed
from dsl.text.problems import Problem, Span
from dsl.text.source import MAX_DEPTH, Source


class _Loader(yaml.SafeLoader):
    """PyYAML's parser, stopped where it would accept or choke on what specs never hold."""

    def fetch_directive(self) -> None:
        raise yaml.MarkedYAMLError(problem="directive", problem_mark=self.get_mark())

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.long_quotes: dict[int, Mark] = {}
        """Of quoted values that take several lines: the last line, and where the first quote is."""

    def scan_flow_scalar(self, style: Any) -> Any:
        token = super().scan_flow_scalar(style)
        if token.start_mark.line != token.end_mark.line:
            self.long_quotes[token.end_mark.line] = token.start_mark
        return token

    # The scanner reads far ahead of the events, so brackets are counted here already.
    def fetch_flow_collection_start(self, token: Any) -> None:
        if self.flow_level >= MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=self.get_mark())
        super().fetch_flow_collection_start(token)

    def scan_flow_scalar_non_spaces(self, double: Any, start_mark: Any) -> list[Any]:
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):  # "\UFFFFFFFF": PyYAML passes it to chr()
            problem = "found unknown escape character 'U'"
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark) from None


def marks(event: yaml.Event) -> tuple[Mark, Mark]:
    """Where an event starts and ends."""
    return cast(Mark, event.start_mark), cast(Mark, event.end_mark)


def events(source: Source) -> Iterator[yaml.Event]:
    """YAML events, one at a time; raises `Refused`."""
    loader = _Loader(source.text)
    try:
        while loader.check_event():
            yield cast(yaml.Event, loader.get_event())  # type: ignore[no-untyped-call]  # PyYAML's
    except yaml.MarkedYAMLError as error:
        open_quote = unclosed(error, loader.long_quotes, source)
        raise open_quote or refused(error, loader.marks, source) from None
    finally:
        loader.dispose()


def refused_features(event: yaml.NodeEvent, span: Span, source: Source) -> Iterator[Problem]:
    """What an event carries beyond a plain value: a tag, an anchor, or being an alias."""
    anchor = event.anchor
    if isinstance(event, yaml.AliasEvent):
        yield Problem("E003", span, f"the YAML alias `*{anchor}` is refused", help=NO_REUSE)
    elif anchor is not None:
        place = _property_span(event, f"&{anchor}", source)
        yield Problem("E003", place, f"the YAML anchor `&{anchor}` is refused", help=NO_REUSE)
    if getattr(event, "tag", None) is not None:
        yield Problem("E003", _property_span(event, r"!\S*", source), TAGS, help=NO_TAG)


def _property_span(event: yaml.NodeEvent, pattern: str, source: Source) -> Span:
    """The place of an anchor or tag; an event says only where the first of them starts."""
    start = marks(event)[0]
    found = re.compile(pattern).search(source.line(start), start.column)
    span = source.span(start)
    return span.part(found.start() - start.column, len(found[0])) if found else span
