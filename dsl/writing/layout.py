"""A spec's lines, one after the other: what stands in them, and how far in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dsl.reading.kinds import KEYS, found_by
from dsl.writing.brackets import fitted
from dsl.writing.flowing import WIDTH
from dsl.writing.inline import Inline
from dsl.writing.lines import Line, joined
from dsl.writing.written import Entries, Items, Node, Text, Written

INDENT = 2


def laid_out(written: Written, words: dict[int, str]) -> str:
    """The text in its canonical layout; `words` are op-strings as they are to be written."""
    writer = _Writer(written, words)
    if written.opening is not None:
        writer.line(Lead("---", written.opening, TOP, ()))
    writer.root()
    writer.flush(len(written.text), None)
    return joined(writer.lines)


@dataclass(frozen=True, slots=True)
class Level:
    """How far in the lines of a list or mapping begin, before and now."""

    old: int
    new: int


TOP = Level(0, 0)


@dataclass(frozen=True, slots=True)
class Lead:
    """What a line begins with, where in the text and how far in, and the levels around its end."""

    text: str
    at: int
    level: Level
    levels: tuple[Level, ...]


class _Writer:
    """Writes lines while it walks the tree; comments go out with the line that they precede."""

    def __init__(self, written: Written, words: dict[int, str]) -> None:
        self.written = written
        self.inline = Inline(written, words)
        self.lines: list[Line] = []
        self.levels: tuple[Level, ...] = ()
        self.comments = list(reversed(written.comments))
        self.keeping = False
        """Whether the last value says how many blank lines end it."""

    # Lines and comments

    def line(self, lead: Lead, rest: str = "", opens: bool = False) -> None:
        """Write a line; `opens` says that a value follows below."""
        self.flush(lead.at, lead.level)
        self.lines.append(Line(lead.text + rest, blank=self.blank(lead.at), opens=opens))
        self.levels = lead.levels

    def blank(self, at: int) -> bool:
        kept, self.keeping = self.keeping, False
        return not kept and self.written.below_blank(at)

    def flush(self, at: int, level: Level | None) -> None:
        """Write the comments before a place of the text, where a line of that level follows."""
        while self.comments and self.comments[-1].start < at:
            comment = self.comments.pop()
            last = self.lines[-1] if self.lines else None
            if comment.trailing and last and last.comment is None:
                last.comment = comment
                continue
            indent = " " * self.indent(comment.column, level)
            alone = replace(comment, trailing=False)
            self.lines.append(Line(indent, alone, blank=self.blank(comment.start)))

    def indent(self, column: int, level: Level | None) -> int:
        """How far in a comment stands: as what follows, or as what it stood with before that."""
        if level and column <= level.old:
            return level.new
        around = [each for each in (*self.levels, level) if each and each.old <= column]
        return max((each.old, each.new) for each in around)[1] if around else 0

    def gapped(self, start: int, end: int) -> bool:
        """Whether comments stand between two places of the text."""
        return bool(self.written.between(start, end))

    # Values on lines of their own

    def root(self) -> None:
        root = self.written.root
        if root.flow:
            self.flow(Lead("", root.start, TOP, ()), root, root.start, 0)
            return
        level = Level(self.written.column(root.start), 0)
        # Blank lines stand around those of its keys that take lines below them.
        sections = KEYS[found_by([key.value for key, _ in root.entries]) or "spec"]
        for key, value in root.entries:
            before = len(self.lines)
            self.entry(Lead("", key.start, level, (level,)), key, value, 0)
            parts = not isinstance(value, Text) and not value.flow
            first = next(line for line in self.lines[before:] if not line.alone)
            first.section = parts and key.value in sections

    def value(self, lead: Lead, node: Node, end: int, indent: int) -> None:
        """Write what follows a key or a dash that ends at `end`; below it is at `indent`."""
        if isinstance(node, Text) and node.start == node.end:
            self.line(lead)
        elif isinstance(node, Text):
            self.text(lead, node, end, indent)
        elif node.flow:
            self.flow(lead, node, end, indent)
        else:
            self.line(lead, opens=True)
            self.children(node, lead.levels, indent)

    def children(self, node: Node, levels: tuple[Level, ...], indent: int) -> None:
        """Write a list or mapping below its key or dash."""
        level = Level(self.written.column(node.start), indent)
        self.inside(node, Lead(" " * indent, node.start, level, (*levels, level)), indent)

    def inside(self, node: Node, first: Lead, indent: int) -> None:
        """Write the parts of a list or mapping, the first of them behind a lead."""
        level, lead = first.levels[-1], first
        if isinstance(node, Entries):
            for key, value in node.entries:
                at = lead.at if lead is first else key.start
                self.entry(replace(lead, at=at), key, value, indent)
                lead = Lead(" " * indent, 0, level, first.levels)
        elif isinstance(node, Items):
            dash = node.start
            for item in node.items:
                at = lead.at if lead is first else dash
                self.item(replace(lead, at=at), item, dash, indent)
                dash = self.written.passed(item.end)
                lead = Lead(" " * indent, 0, level, first.levels)

    def entry(self, lead: Lead, key: Text, value: Node, indent: int) -> None:
        """Write `key: value`."""
        head = f"{lead.text}{self.inline.short(key)}:"
        self.value(replace(lead, text=head), value, key.end, indent + INDENT)

    def item(self, lead: Lead, item: Node, dash: int, indent: int) -> None:
        """Write `- item`; a list or mapping begins on the dash's line."""
        inner = indent + INDENT
        within = not isinstance(item, Text) and not item.flow
        if within and not self.gapped(dash, item.start):
            level = Level(self.written.column(item.start), inner)
            inside = Lead(f"{lead.text}- ", lead.at, lead.level, (*lead.levels, level))
            self.inside(item, inside, inner)
        else:
            self.value(replace(lead, text=f"{lead.text}-"), item, dash + 1, inner)

    # Values on the line of their key

    def under(self, lead: Lead, indent: int, node: Node) -> Lead:
        """What a value begins with that stands below its key, and comments between them."""
        level = Level(self.written.column(node.start), indent)
        return Lead(" " * indent, node.start, level, lead.levels)

    def text(self, lead: Lead, text: Text, end: int, indent: int) -> None:
        if text.block:
            self.below(lead, text, indent)
            return
        if self.gapped(end, text.start):
            self.line(lead, opens=True)
            lead = self.under(lead, indent - 1, text)
        raw = self.written.raw(text)
        first, *more = raw.split("\n")
        if not more:
            self.line(lead, f" {self.inline.short(text)}")
            return
        whole = self.inline.whole(text)
        if whole is not None and len(lead.text) + 1 + len(whole) <= WIDTH:
            self.line(lead, f" {whole}")
            return
        self.line(lead, f" {_shorn(first, raw)}")
        self.lines[-1].verbatim = True
        for each in more:
            bare = _shorn(each.lstrip(), raw)
            self.lines.append(Line(" " * indent + bare if bare else "", verbatim=True))

    def below(self, lead: Lead, text: Text, indent: int) -> None:
        """Write the text below a `|` or `>`, as far in as it goes now."""
        header, _, content = self.written.raw(text).partition("\n")
        mark = header.partition("#")[0].rstrip()
        self.line(lead, f" {mark}")
        self.flush(text.start + len(header), None)
        digit = re.search("[0-9]", mark)
        rows = content.split("\n")
        first = next((len(row) - len(row.lstrip(" ")) for row in rows if row.strip(" ")), 0)
        old = self.parent(lead) + int(digit[0]) if digit else first
        new = indent - INDENT + int(digit[0]) if digit else indent
        kept = [" " * new + row[old:] if row[old:] else "" for row in rows]
        while kept and not kept[-1]:
            kept.pop()
        if "+" in mark:
            kept += [""] * (len(rows) - 1 - len(kept))
            self.keeping = True
        self.lines += [Line(row, verbatim=True) for row in kept]

    def parent(self, lead: Lead) -> int:
        """How far in what holds a value stood."""
        return lead.levels[-1].old

    # Values in brackets

    def flow(self, lead: Lead, node: Items | Entries, end: int, indent: int) -> None:
        """Write a value in brackets behind its key, or on the line below."""
        gap = self.written.between(end, node.start)
        near = [*self.written.over(lead.at), *self.written.between(end, node.end)]
        pinned = any(comment.allows for comment in (*near, *self.written.rest(node.end)))
        group = self.inline.group(node)
        below = self.written.line(node.start) > self.written.line(end)
        if gap:
            self.line(lead, opens=True)
            lead = self.under(lead, indent, node)
        first, *more = fitted(group, lead.text, indent, below and not gap, pinned)
        self.line(replace(lead, text=first.text), opens=first.opens)
        self.lines[-1].comment = first.comment
        self.lines += more
        while self.comments and self.comments[-1].start < node.end:
            self.comments.pop()


def _shorn(line: str, raw: str) -> str:
    """A line of a text of several without the spaces at its end, which mean nothing."""
    return line if "\\" in raw else line.rstrip(" ")
