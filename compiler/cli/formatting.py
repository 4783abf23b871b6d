"""The command `fmt`: specs in their one layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

import dsl
from compiler.checking.gathering import gathered, passed_over
from compiler.cli import terminal
from compiler.cli.files import patch
from compiler.cli.options import STDIN_NAME
from compiler.cli.piped import is_piped, taken
from compiler.files.writing import write
from compiler.lowering.prepare import Piped
from dsl.models import shelf
from dsl.text.counts import count
from dsl.text.problems import printable
from dsl.text.source import read


@dataclass(frozen=True)
class Outcome:
    """A spec's text as it was and as it should be."""

    file: str
    old: str
    new: str
    changes: bool
    """Whether the file isn't that already, to the byte."""


@click.command()
@click.argument(
    "files", type=click.Path(readable=False), metavar="FILE...", nargs=-1, required=True
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@click.option("--diff", is_flag=True, help="The same, and show what would change.")
@STDIN_NAME
def fmt(files: tuple[str, ...], check: bool, diff: bool, stdin_name: str | None) -> int:
    """Give specs, recipes and sweeps their one layout: spaces, line breaks, quotes, words in order.

    Comments stay, and what a spec says stays the same; docs/language.md has the rules. FILE may be
    a folder or a pattern, too, whose YAML files are formatted that look like one of them. Of - the
    standard input is formatted to the standard output.

    \b
    Examples:
      inception-compile fmt my_net.yaml
      inception-compile fmt specs/ --check
      inception-compile fmt specs/ --diff
      inception-compile fmt - <my_net.yaml
    """
    found = gathered(files)
    if not found.files:
        raise click.UsageError(f"there is no spec in {', '.join(files)}")
    if any(map(is_piped, found.files)):
        return _pipe([*found.files], stdin_name, check, diff)
    if stdin_name is not None:
        raise click.UsageError("--stdin-name names a spec that is piped in, and none is")
    specs = list(_each_once([*found.files]))
    changed, failed = [], 0
    for file in specs:
        try:
            outcome = _file(file)
            if outcome.changes and not (check or diff):
                write(Path(file), outcome.new)
        except (dsl.SpecError, OSError) as error:
            _complain(file, error)
            failed += 1
            continue
        if outcome.changes:
            _tell(outcome, check, diff)
            changed.append(file)
    left = len(specs) - len(changed) - failed
    said = _said(len(changed), left, failed, len(found.others), would=check or diff)
    click.echo(said, err=diff)
    return int(bool(failed) or (bool(changed) and (check or diff)))


def _pipe(specs: list[str], name: str | None, check: bool, diff: bool) -> int:
    """Format what is piped in to the standard output."""
    if len(specs) > 1:
        raise click.UsageError("a spec that is piped in is formatted by itself")
    spec = taken(specs[0], name)
    assert isinstance(spec, Piped), "what is piped in is a text"
    new = dsl.formatted(spec.text, spec.file)
    outcome = Outcome(spec.file, spec.text, new, changes=new != spec.text)
    if not (check or diff):
        click.echo(new, nl=False)
        return 0
    if outcome.changes:
        _tell(outcome, check, diff)
    return int(outcome.changes)


def _each_once(files: list[str]) -> Iterator[str]:
    """The files, without other names of those before."""
    seen = set()
    for file in files:
        path = Path(file)
        try:
            there = path.stat()
        except (OSError, ValueError):
            if file in shelf.names():
                raise click.UsageError(f"fmt takes files, and {file} isn't one") from None
            yield file  # whoever reads it says why it can't be read
            continue
        if (there.st_dev, there.st_ino) not in seen:
            yield file
        seen.add((there.st_dev, there.st_ino))


def _file(file: str) -> Outcome:
    path = Path(file)
    old = read(path)
    new = dsl.formatted(old, file)
    return Outcome(file, old, new, changes=path.read_bytes() != new.encode())


def _tell(outcome: Outcome, check: bool, diff: bool) -> None:
    if not diff:
        would = "would reformat" if check else "reformatted"
        click.echo(printable(f"{would} {outcome.file}"))
    elif outcome.old == outcome.new:
        click.echo(printable(f"{outcome.file}: line ends or the byte-order mark alone"))
    else:
        click.echo(patch(outcome.file, outcome.old, outcome.new), nl=False)


def _complain(file: str, error: dsl.SpecError | OSError) -> None:
    """Tell why a file stays as it is; the others needn't."""
    if isinstance(error, dsl.SpecError):
        terminal.complain(str(error))
    else:
        terminal.complain(f"error: {error.filename or file}: {error.strerror or error}")


def _said(changed: int, left: int, failed: int, others: int, *, would: bool) -> str:
    """What became of all files, in a line; in another what was passed over."""
    parts = [
        f"{count(changed, 'file')} {'would be ' if would else ''}reformatted",
        f"{left} as {'it should' if left == 1 else 'they should'} be",
        f"{failed} can't be read or written",
    ]
    line = ", ".join([parts[0], parts[1], *(parts[2:] if failed else ())])
    return "\n".join([line, passed_over(others)] if others else [line])
