"""Findings as SARIF 2.1.0 (OASIS), which code scanning services read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from compiler.checking.as_annotations import here
from compiler.checking.examining import Examined, explained, problems_of
from compiler.checking.explaining import without_links
from compiler.findings.explained import Explained
from compiler.version import __version__
from dsl.codes.errors import ERRORS
from dsl.text.problems import Problem, Severity, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def written(found: Sequence[Examined]) -> str:
    """One run, with a rule for each code that was met."""
    problems = problems_of(found)
    met = sorted({problem.code for problem in problems})
    driver = {
        "name": "inception-compile",
        "version": __version__,
        "rules": [_rule(code) for code in met],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": f"{Path.cwd().as_uri().rstrip('/')}/"}},
        "results": [_result(problem, met) for problem in problems],
    }
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known: dict[str, Explained] = {each.code: each for each in explained()}
    if code not in known:
        error = ERRORS[code]
        whole = {"text": without_links(error.meaning)}
        return {"id": code, "shortDescription": {"text": error.means}, "fullDescription": whole}
    what = known[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in what.name.split("-")),
        "shortDescription": {"text": what.title},
        "fullDescription": {"text": what.meaning},
        "help": {"text": what.why},
        "defaultConfiguration": {"level": what.severity},
    }


def _result(problem: Problem, met: list[str]) -> dict[str, Any]:
    said = [problem.message, problem.hint, problem.help]
    level: Severity = problem.severity
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": met.index(problem.code),
        "level": level,
        "message": {"text": "\n".join(filter(None, said))},
        "locations": [_location(problem.span)] if problem.span.line else [],
    }
    beside = [
        {"id": number, **(_location(span) if span.line else {}), "message": {"text": note}}
        for number, (span, note) in enumerate(problem.notes)
    ]
    if beside:
        result["relatedLocations"] = beside
    if problem.fix:
        result["fixes"] = [_fix(problem.fix.span, problem.fix.text)]
    return result


def _location(span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _file(span.file), "region": _region(span)}}


def _file(name: str) -> dict[str, str]:
    """A file below the current folder by its path from there, any other by its whole address."""
    path = here(name)
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": ROOT}


def _region(span: Span) -> dict[str, int]:
    column, end = span.column, span.column + span.length
    return {"startLine": span.line, "startColumn": column, "endLine": span.line, "endColumn": end}


def _fix(span: Span, text: str) -> dict[str, Any]:
    replaced = {"deletedRegion": _region(span), "insertedContent": {"text": text}}
    return {
        "description": {"text": f"write {text!r}" if text else "take it away"},
        "artifactChanges": [{"artifactLocation": _file(span.file), "replacements": [replaced]}],
    }
