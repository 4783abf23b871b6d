"""What stands on the line of its key or dash: texts, and brackets with the comments inside."""

from __future__ import annotations

from dataclasses import replace

from dsl.writing.brackets import Group, Item
from dsl.writing.quoting import doubled, requoted
from dsl.writing.written import Comment, Entries, Items, Node, Text, Written


class Inline:
    """Writes such values; `words` are op-strings as they are to be written."""

    def __init__(self, written: Written, words: dict[int, str]) -> None:
        self.written = written
        self.words = words

    def whole(self, text: Text) -> str | None:
        """A text of several lines on one; None where its lines mean something."""
        return None if "\n" in text.value else self.short(text)

    def short(self, text: Text) -> str:
        """A text on one line, without quotes that it doesn't need."""
        raw, value = self.written.raw(text), text.value
        if text.plain and "\n" not in value:
            return self.words.get(text.start, value)
        kept = "\n" not in raw and not text.block
        written = requoted(raw if kept else doubled(value), value)
        return self.words.get(text.start, written) if written == value else written

    def group(self, node: Items | Entries) -> Group:
        """A value in brackets with the comments inside."""
        marks = ("[", "]") if isinstance(node, Items) else ("{", "}") if node.braces else ("", "")
        group = Group(*marks)
        parts = (
            [(item.start, item.end, item) for item in node.items]
            if isinstance(node, Items)
            else [(key.start, value.end, (key, value)) for key, value in node.entries]
        )
        place, last = node.start + len(marks[0]), None
        for start, end, part in parts:
            item = self.part(part)
            trailing, above = self.split(place, start)
            item.above[:0] = above
            if trailing and last:
                last.behind = trailing
            elif trailing:
                group.behind = trailing
            item.broken = last is not None and "\n" in self.written.text[place:start]
            if isinstance(part, tuple):
                between = self.written.between(part[0].end, part[1].start)
                item.above += [replace(each, trailing=False) for each in between]
            group.items.append(item)
            place, last = end, item
        trailing, group.below = self.split(place, node.end)
        if trailing and last:
            last.behind = trailing
        elif trailing:
            group.behind = trailing
        return group

    def split(self, start: int, end: int) -> tuple[Comment | None, list[Comment]]:
        """The comment behind a place on its line, and those below it."""
        found = self.written.between(start, end)
        behind = found[0] if found and found[0].trailing else None
        return behind, [replace(each, trailing=False) for each in (found[1:] if behind else found)]

    def part(self, part: Node | tuple[Text, Node]) -> Item:
        """An item of a list, or a `key: value`."""
        if isinstance(part, tuple):
            key, value = part
            colon = ":" in self.written.text[key.end : value.start]
            lead = self.short(key) + (": " if colon else "")
            return self.behind(lead, value)
        return self.behind("", part)

    def behind(self, lead: str, value: Node) -> Item:
        if isinstance(value, Text):
            empty = value.start == value.end
            return Item(lead if empty else lead + self.short(value))
        item = Item(lead, self.group(value))
        if item.inner and not item.inner.opening:  # What stands above a lone `key: value`.
            first = item.inner.items[0]
            item.above, first.above = first.above, []
        return item
