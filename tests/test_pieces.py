"""A text that is read piece by piece says what it says as a whole, at the same places."""

from __future__ import annotations

from random import Random

import pytest

from compiler.findings.frame import framed
from compiler.lints import every_lint
from dsl.models import shelf
from dsl.text.composing import Composer
from dsl.text.parsing import _put_together, parse
from dsl.text.pieces import pieces
from dsl.text.problems import SpecError
from dsl.text.source import Source
from tests.test_bad import SPECS as BAD

SHELF = [shelf.find(name).read_text(encoding="utf-8") for name in shelf.names()]
SMALL = [
    *(path.read_text(encoding="utf-8") for path in BAD),
    *(framed(each.before) for each in every_lint()),
]
BITS = (
    ":", " ", "\n", "#", "- ", "[", "]", "{", "}", '"', "'", "a: b", "|", "\n\n", "  ", ", ",
    "\nx:", "\n- y", "&a ", "*a", "? ", "\n---\n", "\t", "x: |\n", "\n# c\n", ">", "%", "<<: x",
    "\nx: |\n  y\n  z\n", "\nx: |+\n  y\n\n\n", "\nx: >-\n  y\n\n  z\n", "\nx: y\n  z\n",
    "\nx: 'y\n\n  z'\n",
)  # fmt: skip


def whole(text: str) -> str:
    """All that a text says, its places included; or what is wrong with it."""
    try:
        return repr(Composer(Source("net.yaml", text)).run())
    except SpecError as error:
        return str(error)


def apart(text: str) -> str:
    """The same where it is taken apart, if it can be."""
    found = _put_together(Source("net.yaml", text))
    return repr(found) if found else whole(text)


@pytest.mark.parametrize("text", SHELF, ids=shelf.names())
def test_the_shelf_is_read_in_pieces(text: str) -> None:
    assert _put_together(Source("net.yaml", text)), "nothing of it would be remembered"
    assert apart(text) == whole(text)


def test_whatever_is_written_says_the_same() -> None:
    chance = Random(0)  # noqa: S311  # no secret
    for text in [*SMALL, *(_changed(chance.choice(SMALL), chance) for _ in range(150))]:
        assert apart(text) == whole(text), text


def _changed(text: str, chance: Random) -> str:
    """The text with something put in, taken out, or a line in another place or indented."""
    for _ in range(chance.randint(1, 3)):
        at, lines = chance.randrange(len(text) + 1), text.split("\n")
        line = lines.pop(chance.randrange(len(lines)))
        moved = [*lines]
        moved.insert(
            chance.randrange(len(lines) + 1), chance.choice((line, line.strip(), f"  {line}"))
        )
        text = chance.choice(
            (
                text[:at] + chance.choice(BITS) + text[at:],
                text[:at] + text[at + chance.randint(1, 4) :],
                "\n".join(lines),
                "\n".join(moved),
            )
        )
    return text


@pytest.mark.parametrize(
    "text",
    [
        "", "# nothing\n", "a: 1\na: 2", "a: [1,\nb: 2]", "a: {\n}", "---\na: 1", "- a\nb: 1",
        " a: 1\nb: 2", "a: &x 1\nb: *x", "a: 1\n---\nb: 2", "? a\n: 1", '"a": 1',
        "a: 'x\nb: y'\nc: 1", "a: |\n\tx\nb: 1",
    ],
)  # fmt: skip
def test_what_isnt_taken_apart_is_read_as_ever(text: str) -> None:
    assert _put_together(Source("net.yaml", text)) is None
    assert apart(text) == whole(text)


def test_what_did_not_change_is_the_same_object() -> None:
    text = SHELF[0]
    *some, last = pieces(text.split("\n"))
    before = parse(text, "net.yaml")
    after = parse(text.replace(last.text, f"{last.text.rstrip()}  # more\n"), "net.yaml")
    assert before == after
    assert before is not after
    for one, other in zip(before.entries[: len(some)], after.entries, strict=False):
        assert one is other
