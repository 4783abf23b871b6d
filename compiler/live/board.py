"""What the browser is to show just now: written by whoever watches, read by those who serve it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Condition

from compiler.lowering.prepare import Prepared
from compiler.report.page import Parts, as_watched, parts_of


@dataclass(frozen=True)
class Shown:
    """One state of the page; `turn` counts them, `page` the pages there have been."""

    turn: int = 0
    page: int = 0
    told: Sequence[str] = ()
    """What the last save changed."""
    trouble: str = ""
    """What is wrong with the spec as it is."""
    built: bool = True
    """Whether the page is of the spec as it is, and not of the last that could be built."""
    sketch: tuple[str, str] | None = None
    """A drawing that is newer than the page, which is being made: its name, and its SVG."""

    @property
    def as_json(self) -> str:
        """The state as the page's script takes it, on one line."""
        told, sketch = [*self.told], self.sketch and [*self.sketch]
        state = {"page": self.page, "told": told, "trouble": self.trouble, "built": self.built}
        return json.dumps({**state, "sketch": sketch})


class Board:
    """The page and its state, for threads that wait until there is something newer."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._shown = Shown()
        self._html = as_watched((), 0).html.encode()

    def sketch(self, prepared: Prepared) -> Parts:
        """Show a network's overview before the rest of its page is made, which takes far longer."""
        parts = parts_of([prepared])
        usual = parts[0].usual
        self._put(sketch=(f"{parts[0].key}.{usual.sheet}", usual.svg))
        return parts

    def page(self, parts: Parts, told: Sequence[str], trouble: str = "") -> None:
        """Show all of a network; before that what the last save changed, and what it breaks."""
        self._put(told=told, trouble=trouble, built=True, sketch=None)
        number = self._shown.page + 1
        self._put(as_watched(parts, number).html.encode(), page=number)

    def trouble(self, text: str) -> None:
        """Keep what is shown, and say what is wrong with the spec as it is now."""
        self._put(told=(), trouble=text, built=False, sketch=None)

    def _put(self, html: bytes | None = None, **changes: object) -> None:
        with self._changed:
            self._html = html or self._html
            self._shown = replace(self._shown, turn=self._shown.turn + 1, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    @property
    def html(self) -> bytes:
        """The whole page."""
        return self._html

    def newer(self, turn: int, wait: float) -> Shown | None:
        """The state once it isn't that of a turn any more; None where it still is after a while.

        Of several states that came meanwhile the last is told.
        """
        with self._changed:
            if self._changed.wait_for(lambda: self._shown.turn != turn, wait):
                return self._shown
        return None
