"""The table of families as docs/importing.md has it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.families.trial import Verdict

DOCS = Path(__file__).parent.parent.parent / "docs" / "importing.md"
MARKS = (
    "<!-- `make families` writes from here -->",
    "<!-- to here -->",
)
MOST = 3
"""How many reasons of a model are printed; the import says them all."""


def versions() -> str:
    """Whose networks these are."""
    return ", ".join(f"{name} {version(name)}" for name in ("torchvision", "timm"))


def replaced(docs: str, lines: Iterable[str]) -> str:
    """The docs with other lines between the marks."""
    before, mark, rest = docs.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    assert mark and end, "the docs have both marks"
    return f"{before}{mark}\n\n" + "\n".join(lines) + f"\n\n{end}{after}"


def between(docs: str) -> str:
    """What stands between the marks."""
    return docs.partition(MARKS[0])[2].partition(MARKS[1])[0]


def table(found: Mapping[str, Verdict]) -> list[str]:
    """The lines of the table: a count, who is equal, who is refused and why, who attends."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in found.values():
        groups["attends" if verdict.attends else verdict.word].append(verdict)
    others = len(found) - len(groups["attends"])
    count = (
        f"With {versions()}: {len(found)} families, of which {len(groups['attends'])} attend. Of "
        f"the other {others}, {len(groups['equal'])} are equal, {len(groups['refused'])} are "
        f"refused, and {len(groups['wrong'])} are wrong."
    )
    lines = [count, "", "| model | comes out |", "| --- | --- |"]
    equal = dict(_by_library(groups["equal"]))
    lines += [f"| {library}: {', '.join(names)} | equal |" for library, names in equal.items()]
    for verdict in sorted(groups["refused"] + groups["wrong"], key=lambda each: each.source):
        lines.append(f"| {verdict.source} | {_why(verdict)} |")
    for library, names in _by_library(groups["attends"]):
        lines.append(f"| {library}: {', '.join(names)} | refused: attention |")
    return lines


def _by_library(verdicts: Iterable[Verdict]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        library, _, name = verdict.source.partition(":")
        found[library].append(name)
    for library, names in sorted(found.items()):
        yield library, sorted(names)


def _why(verdict: Verdict) -> str:
    """The reasons in short: what the modules do, each once."""
    if verdict.word == "wrong":
        return f"**wrong**: off by {verdict.error:.1e} {verdict.failure}".rstrip()
    whys = list(dict.fromkeys(map(_short, verdict.reasons)))
    more = f" and {len(whys) - MOST} more" if len(whys) > MOST else ""
    return "; ".join(whys[:MOST]) + more


def _short(reason: str) -> str:
    """A reason without its modules' paths: `SqueezeExcite: multiplies two tensors`."""
    place, _, why = reason.partition(": ")
    kind = re.search(r"\((\w+)\)", place)
    why = re.sub(r"arranges \(.*?\) as \(.*?\)", "arranges axes anew", why)
    said = re.split(r": torch\.|, and a spec|; a spec|, a spec|, and here it gets|, by ", why)[0]
    return f"{kind[1]} {said}" if kind else reason
