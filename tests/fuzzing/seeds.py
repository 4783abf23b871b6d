"""The specs that mutants are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests import odd_specs
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Seed:
    """A spec's text; `valid` where nothing is wrong with it."""

    name: str
    text: str
    valid: bool = True


@cache
def seeds() -> tuple[Seed, ...]:
    """The shelf, the edges of the language, and wrong specs."""
    odd = "name: probe\ntitle: A probe\ninput: [3, 16, 16]\nclasses: 5\n{}"
    return (
        Seed("tiny", TINY),
        *(
            Seed(path.stem, path.read_text("utf-8"))
            for path in sorted((ROOT / "specs").glob("*.yaml"))
        ),
        *(Seed(name, odd.format(text)) for name, text in odd_specs.TEXTS.items()),
        *(
            Seed(path.stem, path.read_text("utf-8"), valid=False)
            for path in sorted((ROOT / "tests" / "bad").glob("*.yaml"))
        ),
    )
