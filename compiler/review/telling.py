"""A review for people, as Markdown, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from compiler.cost import cost
from compiler.diff import Diff
from compiler.diff.markdown import body, code, fenced
from compiler.ir.network import Network
from compiler.review.specs import ITSELF, Review, Reviewed, Status, Version
from dsl.text.problems import SpecError, printable

OPEN = 3
"""Up to how many specs are shown at once in Markdown; of more, each unfolds."""
FINE: Status = "same"


def as_text(review: Review) -> str:
    """For a terminal: each spec's differences and cost, and how many there are."""
    return "\n".join(printable(line) for line in _text(review)) + "\n"


def _text(review: Review) -> Iterator[str]:
    for spec in review.specs:
        yield f"{spec.path}: {_state(spec)}"
        yield from (f"  {note}" for note in _notes(spec))
        for side, error in _errors(spec, review):
            yield f"  {side} it can't be compiled:"
            yield from (f"    {line}" for line in str(error).split("\n"))
        for label, found in _shown(spec):
            yield from [f"  {label}:"] * bool(label)
            yield from found.structure()
            yield ""
            yield from (f"  {line}" for line in found.costs())
        yield ""
    yield _count(review)


def as_markdown(review: Review) -> str:
    """For a comment on a change, or a job's summary.

    Errors quote the repository's YAML files alone: what a spec names as its base may be another
    file, which isn't for everybody.
    """
    lines = [f"### Networks, compared with {code(review.base)}", "", _count(review)]
    for spec in review.specs:
        lines += ["", *_folded(spec, review, fold=len(review.specs) > OPEN)]
    return "\n".join(lines) + "\n"


def _folded(spec: Reviewed, review: Review, *, fold: bool) -> Iterator[str]:
    title = f"{code(spec.path)}: {_state(spec)}"
    if fold:
        yield f"<details><summary>\n\n{title}\n\n</summary>"
    else:
        yield f"#### {title}"
    yield ""
    yield from (f"{note}\n" for note in _notes(spec, code))
    for side, error in _errors(spec, review, public=True):
        yield f"{side} it can't be compiled:\n"
        yield from fenced(str(error).split("\n"))
    for label, found in _shown(spec):
        yield from [f"{code(label)}\n"] * bool(label)
        yield from body(found)
        yield ""
    if fold:
        yield "</details>"


def as_json(review: Review) -> str:
    """All of it: `base`, `commit`, and each of `specs` with a comparison by variant."""
    data = {
        "base": review.base,
        "commit": review.commit,
        "specs": [_data(spec) for spec in review.specs],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _data(spec: Reviewed) -> dict[str, Any]:
    diffs = {variant: json.loads(found.as_json()) for variant, found in spec.diffs.items()}
    versions = {"old": spec.old, "new": spec.new}
    return {
        "path": spec.path,
        "old_path": spec.before,
        "status": spec.status,
        "comparisons": [{"variant": variant or None, **found} for variant, found in diffs.items()],
        "added_variants": spec.only("new"),
        "removed_variants": spec.only("old"),
        "problems": {
            name: [_problem(error, n) for n in range(len(error.problems))]
            for name, version in versions.items()
            if version and (error := version.error)
        },
    }


def _problem(error: SpecError, number: int) -> dict[str, Any]:
    problem = error.problems[number]
    span = problem.span
    place = {"file": span.file, "line": span.line, "column": span.column}
    return {"code": problem.code, **place, "message": problem.message}


def _state(spec: Reviewed) -> str:
    """What became of the spec, and of a new one what it comes to."""
    match spec.status:
        case "new":
            return f"new{_comes_to(spec.new)}"
        case "removed":
            return f"removed{_comes_to(spec.old)}"
        case "renamed" if not _differing(spec):
            return "renamed, the same network"
        case "same":
            return "the same"
        case status if _differing(spec) or _broken(spec) or spec.only("old") or spec.only("new"):
            return status
    return "changed, the same network"


def _comes_to(version: Version | None) -> str:
    network = version.networks.get(ITSELF) if version else None
    return f", {_sum(network)}" if network else ""


def _sum(network: Network) -> str:
    total = cost(network).total
    return f"{total.params:,} parameters, {total.macs:,} MACs"


def _broken(spec: Reviewed) -> bool:
    return any(version and version.error for version in (spec.old, spec.new))


def _notes(spec: Reviewed, quoted: Any = str) -> Iterator[str]:
    """What isn't seen in the comparison of networks."""
    if spec.status == "renamed":
        yield f"renamed from {quoted(spec.before)}"
    for side, word in (("new", "new"), ("old", "removed")):
        if names := spec.only("new" if side == "new" else "old"):
            yield f"{word} variants: {', '.join(map(quoted, names))}"
    if spec.status == "changed" and spec.path not in spec.altered:
        yield f"by what it extends: {', '.join(map(quoted, spec.altered))}"
    if alike := [variant for variant, found in _differing(spec).items() if _alike(spec, found)]:
        yield f"the same differences in variants {', '.join(map(quoted, alike))}"


def _errors(
    spec: Reviewed, review: Review, *, public: bool = False
) -> Iterator[tuple[str, SpecError]]:
    """What is wrong with the spec: now, or if it is sound now or gone, what was."""
    for side, version in (("as it is", spec.new), (f"at {review.base}", spec.old)):
        if version and version.error:
            yield side, (public and version.public) or version.error
            return


def _differing(spec: Reviewed) -> dict[str, Diff]:
    """The comparisons of networks that are others now, by variant."""
    return {variant: found for variant, found in spec.diffs.items() if _differs(found)}


def _differs(found: Diff) -> bool:
    figures = found.figures.values()
    return bool(found.changes or found.rewritten) or any(old != new for old, new in figures)


def _alike(spec: Reviewed, found: Diff) -> bool:
    """Whether a variant's differences are those of the spec itself."""
    itself = spec.diffs.get(ITSELF)
    return bool(
        itself and found is not itself and found.changes and found.changes == itself.changes
    )


def _shown(spec: Reviewed) -> Iterator[tuple[str, Diff]]:
    """The comparisons that are told, each with the variant that it is of."""
    for variant, found in _differing(spec).items():
        if not _alike(spec, found):
            yield (f"variant {variant}" if variant else ""), found


def _count(review: Review) -> str:
    """`2 specs changed, 1 new, since main`."""
    counted = Counter(spec.status for spec in review.specs)
    said = [f"{count} {status}" for status, count in counted.items() if status != FINE]
    return f"{', '.join(said) or 'no spec changed'} since {review.base}"
