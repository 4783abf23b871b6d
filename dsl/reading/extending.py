"""The file that another one extends: which it is, and that the chain of them ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dsl.models import shelf
from dsl.text.problems import Report, Span, SpecError

MOST_LINKS = 16
"""How long a chain of `extends` may be."""
MARKS = (".git", "pyproject.toml")
"""What the topmost folder of a project holds."""
Chain = tuple[Path, ...]
"""The files on the way here."""
Find = Callable[[str | Path], Path]
"""What finds a file by its name on a shelf; raises `SpecError`."""


def base_file(where: str, span: Span, chain: Chain, report: Report, find: Find) -> Path | None:
    """The file that `extends` names: on the shelf, or beside the file that names it.

    What a program or an option names is any file of theirs; what files name is in their project,
    whoever wrote them.
    """
    if not span.in_a_file:
        return _found(where, span, report, find)
    folder = Path(span.file).parent
    path = Path(os.path.normpath(folder / where))
    bare = "/" not in where and "\\" not in where and not Path(where).suffix
    if bare and not os.path.isfile(path):  # noqa: PTH113  # `is_file` raises for a name too long
        return _shelved(where, path, span, report, find)
    if Path(where).is_absolute() or not _inside(real(path), chain[0].parent):
        message = f"{where} is outside the project"
        help = (
            "name one on the shelf, or a path relative to the file, inside the folder that holds "
        )
        help += f"{' or '.join(MARKS)} (the file's own folder where there is none)"
        report.add("E032", span, message, help=help)
        return None
    return path


def _shelved(where: str, beside: Path, span: Span, report: Report, find: Find) -> Path | None:
    """The file of that name on the shelf; one beside the heir may have been meant."""
    found = _found(where, span, report, find)
    if found is None and os.path.isfile(f"{beside}.yaml"):  # noqa: PTH113  # as above
        report.problems[-1] = replace(report.problems[-1], hint=f"did you mean {where}.yaml?")
    return found


def _found(where: str, span: Span, report: Report, find: Find) -> Path | None:
    """The file of that path, or of that name on the shelf."""
    try:
        return find(where)
    except SpecError as error:
        pass_on(error, span, report)
    return None


def pass_on(error: SpecError, span: Span, report: Report, how: str = "extended") -> None:
    """The problems of another file, each saying where that is extended, or named otherwise."""
    report.texts.update(error.texts)
    for problem in error.problems:
        if problem.span.line:
            notes = (*problem.notes, (span, how))
            report.problems.append(replace(problem, notes=notes))
        else:
            report.problems.append(replace(problem, span=span))


def real(path: Path) -> Path:
    """The path without links; one that leads in a circle can't be read, which is said then."""
    return Path(os.path.realpath(path))


def _inside(path: Path, folder: Path) -> bool:
    """Whether a file belongs to the project that `folder` is in, or to the shelf."""
    marked = (up for up in (folder, *folder.parents) if any((up / mark).exists() for mark in MARKS))
    project = next(marked, folder)
    return path.is_relative_to(project) or path.is_relative_to(shelf.folder().resolve())


def is_circular(path: Path, span: Span, chain: Chain, report: Report) -> bool:
    """Whether the chain of files comes back to where it was, or never ends; reported if so."""
    if real(path) in chain:
        names = " -> ".join(file.name for file in (*chain, path))
        report.add("E031", span, f"extends leads back to itself: {names}")
        return True
    if len(chain) > MOST_LINKS:
        report.add("E031", span, f"more than {MOST_LINKS} files extend each other in a row")
        return True
    return False
