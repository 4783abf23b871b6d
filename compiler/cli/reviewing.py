"""What became of a repository's specs since a revision: `diff --git BASE`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.cli.terminal import Unusable
from compiler.review import telling
from compiler.review.git import GitFault, repository
from compiler.review.specs import review

FORMS = {
    "text": telling.as_text,
    "markdown": telling.as_markdown,
    "json": telling.as_json,
}


def since(base: str, specs: tuple[str, ...], limit: int, form: str, exit_code: bool) -> int:
    """Print the review; the exit code."""
    try:
        found = review(repository(Path.cwd()), base, specs, limit)
    except GitFault as fault:
        raise Unusable(f"error: {fault}") from None
    click.echo(FORMS[form](found), nl=False)
    return int(found.has_problems or (exit_code and found.alters))
