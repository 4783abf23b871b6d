"""An HTML page as its elements, for tests that look at what a report says."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img"}


@dataclass
class Element:
    """One element: its attributes, what stands in it, and the text below."""

    tag: str
    attrs: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, tag: str = "", kind: str = "", having: str = "") -> list[Element]:
        """Every element inside of a tag, a class, or with an attribute, in the page's order."""
        found = []
        for part in self.parts:
            if isinstance(part, str):
                continue
            kinds = part.attrs.get("class", "").split()
            if (tag in ("", part.tag)) and (not kind or kind in kinds):
                found += [part] if not having or having in part.attrs else []
            found += part.all(tag, kind, having)
        return found

    def one(self, tag: str = "", kind: str = "", having: str = "") -> Element:
        (found,) = self.all(tag, kind, having)
        return found


class Reader(HTMLParser):
    """Builds the elements; what is closed otherwise than it was opened is a fault of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        assert len(made.attrs) == len(attrs), f"an attribute twice: {attrs}"
        self.open[-1].parts.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def page_of(text: str) -> Element:
    """The page that a text is."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [reader.root], "something isn't closed"
    return reader.root
