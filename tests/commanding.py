"""What the command line says of a spec, by the questions that the playground asks."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from compiler.cli import run

Given = dict[str, Any]


def commanded(*args: str) -> tuple[str, str]:
    """What a command prints, and what it complains of."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        run([*args])
    return out.getvalue(), err.getvalue()


def questions(text: str, file: str, base: str) -> list[Given]:
    """What is asked of each sound spec."""
    own = {"text": text, "file": file}
    of = {**own, "variant": ""}
    drawn = {"what": "overview", "heat": "macs"}
    return [
        {"ask": "check", **own},
        {"ask": "cost", **of, "form": "json"},
        {"ask": "draw", **of, **drawn, "form": "dot"},
        {"ask": "draw", **of, **drawn, "form": "svg"},
        {"ask": "source", **of},
        {"ask": "diff", **of, "base": base},
    ]


def commands(file: str, base: str) -> list[str]:
    """The same of the command line, for a file in the folder that it runs in."""
    commanded("draw", file, "-o", "drawn.svg")
    return [
        commanded("check", file, "--format", "json")[0],
        commanded("cost", file, "--format", "json")[0],
        commanded("draw", file)[0],
        Path("drawn.svg").read_text(encoding="utf-8"),
        commanded("source", file)[0],
        commanded("diff", base, file)[0],
    ]


OWN = ("json", "source", "differs", "picture")
"""Under which key an answer holds what the command prints; the first that it has."""


def texts(answers: list[Given]) -> list[str]:
    """What of each answer is the command line's own."""
    return [next(each[key] for key in OWN if key in each) for each in answers]


def complaints(text: str, file: str, fix: int | None = None) -> list[Given]:
    """What is asked of each wrong spec, and the text with one problem mended."""
    own = {"text": text, "file": file}
    asked = [
        {"ask": "check", **own},
        {"ask": "cost", **own, "variant": ""},
        {"ask": "format", **own},
    ]
    return asked if fix is None else [*asked, {"ask": "fix", **own, "place": fix}]


def complained(file: str, fix: int | None = None) -> list[str]:
    """The same of the command line, which mends and lays out a file in its place."""
    out, err = commanded("check", file)
    found = [
        commanded("check", file, "--format", "json")[0],
        err.rstrip("\n"),
        out,
        commanded("cost", file)[1].rstrip("\n"),
    ]
    text = Path(file).read_text(encoding="utf-8")
    found.append(commanded("fmt", file)[1].rstrip("\n") or Path(file).read_text(encoding="utf-8"))
    Path(file).write_text(text, encoding="utf-8")
    if fix is None:
        return found
    commanded("check", file, "--fix", "--guesses")
    return [*found, Path(file).read_text(encoding="utf-8")]


def refusals(answers: list[Given]) -> list[str]:
    """What of the answers to `complaints` the command line says too."""
    check, cost, *texts = answers
    return [
        check["json"],
        check["text"].rstrip("\n"),
        check["summary"],
        cost.get("refused", "").rstrip("\n"),
        *(each["text"] if "text" in each else each["refused"].rstrip("\n") for each in texts),
    ]
