"""What the browser is to show just now: written by whoever watches, read by those who serve it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Condition

from compiler.lowering.prepare import Prepared
from compiler.report.page import as_watched, first_of, parts_of
from compiler.report.pieces import Laid


@dataclass(frozen=True)
class Page:
    """A page, how many there were before it, and since which of them each piece is as it is."""

    laid: Laid
    number: int = 0
    whole: int = 0
    """Since which page what stands around the pieces is as it is."""
    listed: int = 0
    """Since which page there are these pieces, and in this order."""
    since: Mapping[str, int] = field(default_factory=dict)

    def followed(self, laid: Laid) -> Page:
        """The page that follows; the same one where nothing is another."""
        number, old = self.number + 1, self.laid
        if laid.frame != old.frame:
            return Page(laid, number, number, number)
        changed = [name for name, html in laid.pieces.items() if html != old.pieces.get(name)]
        if not changed and laid.runs == old.runs:
            return self
        listed = number if laid.runs != old.runs else self.listed
        since = {**self.since, **dict.fromkeys(changed, number)}
        return replace(self, laid=laid, number=number, listed=listed, since=since)

    def anew(self, number: int) -> dict[str, list[str] | list[list[str]] | None] | None:
        """The pieces that are others than on a page before; the names of all, if these are.

        None where more than pieces is.
        """
        if not self.whole <= number <= self.number:
            return None
        pieces = self.laid.pieces.items()
        htmls = [html for name, html in pieces if self.since.get(name, 0) > number]
        return {"htmls": htmls, "runs": self.laid.runs if self.listed > number else None}


@dataclass(frozen=True)
class Shown:
    """One state of what is shown; `turn` counts them."""

    page: Page
    turn: int = 0
    told: Sequence[str] = ()
    """What the last save changed."""
    trouble: str = ""
    """What is wrong with the spec as it is."""
    built: bool = True
    """Whether the page is of the spec as it is, and not of the last that could be built."""

    def as_json(self, number: int) -> str:
        """The state as the script of a page takes it that has this number, on one line."""
        told, anew = [*self.told], self.page.anew(number)
        state = {"told": told, "trouble": self.trouble, "built": self.built}
        return json.dumps({"number": self.page.number, "anew": anew, **state}, ensure_ascii=False)


class Board:
    """What is shown, for threads that wait until there is something newer."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._shown = Shown(Page(as_watched(())))

    def show(self, prepared: Prepared, told: Sequence[str], trouble: str = "") -> None:
        """Show a network: its picture and figures at once, then the rest, which takes longer."""
        parts = parts_of([prepared])
        page, first = self._shown.page, first_of(parts[0])
        if first.keys() <= page.laid.pieces.keys():
            laid = replace(page.laid, pieces={**page.laid.pieces, **first})
            page = page.followed(laid)
        self._put(page=page, told=told, trouble=trouble, built=True)
        self._put(page=page.followed(as_watched(parts)))

    def trouble(self, text: str) -> None:
        """Keep what is shown, and say what is wrong with the spec as it is now."""
        self._put(told=(), trouble=text, built=False)

    def _put(self, **changes: object) -> None:
        with self._changed:
            self._shown = replace(self._shown, turn=self._shown.turn + 1, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    @property
    def html(self) -> str:
        """The whole page."""
        page = self._shown.page
        return page.laid.html(number=str(page.number))

    def newer(self, turn: int, wait: float) -> Shown | None:
        """The state once it isn't that of a turn any more; None where it still is after a while.

        Of several states that came meanwhile the last is told.
        """
        with self._changed:
            if self._changed.wait_for(lambda: self._shown.turn != turn, wait):
                return self._shown
        return None
