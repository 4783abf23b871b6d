"""The table of public networks and their findings, as docs/diagnostics.md has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks.linted.judging import VERDICTS, Judgements
from benchmarks.linted.looking import Looked

DOCS = Path(__file__).parent.parent.parent / "docs" / "diagnostics.md"
MARKS = ("<!-- `make linted` writes from here -->", "<!-- to here -->")
MEANING = {
    "earned": "faults or waste",
    "known": "as published or on purpose",
    "false": "false alarms",
}


def table(found: Iterable[Looked], known: Judgements) -> list[str]:
    """A count, a row for each network that draws something, and the names of the clean ones."""
    every = sorted(found, key=lambda each: (":" in each.name, each.name))
    clean = [each.name for each in every if not each.codes]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torchvision", "timm"))
    own = sum(":" not in each.name for each in every)
    return [
        f"{own} ports and {len(every) - own} models of {libraries}: {counts(every, known)}.",
        "",
        "| network | finding | judged |",
        "| --- | --- | --- |",
        *(row for each in every for row in _rows(each, known)),
        "",
        f"Clean are {len(clean)}: {', '.join(clean)}.",
    ]


def counts(found: Iterable[Looked], known: Judgements) -> str:
    """How many findings there are, and what was made of them."""
    by: Counter[str] = Counter()
    for each in found:
        for code, times in each.codes.items():
            judged = known.get(each.name, {}).get(code)
            by[judged.verdict if judged else "unjudged"] += times
    parts = [f"{by[verdict]} {MEANING[verdict]}" for verdict in VERDICTS]
    if by["unjudged"]:
        parts.append(f"{by['unjudged']} not judged yet")
    return f"{by.total()} findings, of which {', '.join(parts)}"


def _rows(found: Looked, known: Judgements) -> Iterator[str]:
    for code, times in sorted(found.codes.items()):
        judged = known.get(found.name, {}).get(code)
        said = f"{judged.verdict}: {judged.why}" if judged else "not judged yet"
        yield f"| {found.name} | {code}{f', {times} times' if times > 1 else ''} | {said} |"


def replaced(docs: str, lines: Iterable[str]) -> str:
    """The docs with other lines between the marks."""
    before, mark, rest = docs.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert mark and end, "the docs have both marks"
    return f"{before}{mark}\n\n" + "\n".join(lines) + f"\n\n{end}{after}"
