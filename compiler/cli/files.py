"""Writing where the user says, and comparing results with what is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from compiler.cli.terminal import shown
from compiler.files.folder import Folder
from compiler.files.writing import Content, same_file, write
from dsl.text.counts import count
from dsl.text.problems import printable

__all__ = ["deliver", "keep", "patch", "stale"]

MOST_LINES = 60


def deliver(content: Content, output: Path | None, sources: Iterable[str | Path]) -> None:
    """Write to `output`, or to standard output without one.

    Raises a usage error where the output is one of the files that it was made from, as a
    compiler does.
    """
    if output is None:
        click.echo(content, nl=False)
        return
    keep(output, sources)
    write(output, content)


def keep(output: Path, sources: Iterable[str | Path]) -> None:
    """Raise a usage error where the output is one of the files that it was made from."""
    for source in sources:
        if same_file(output, Path(source)):
            raise click.UsageError(f"{output} is what this is made from, so it isn't written over")


def patch(file: str, old: str, new: str) -> str:
    """What changes of a text, as a unified diff that `patch` takes.

    Whatever a terminal would obey is an escape, but for tabs, which are what some lines change.
    """
    before, after = (side.splitlines(keepends=True) for side in (old, new))
    lines = difflib.unified_diff(before, after, printable(file), printable(file))
    ended = (line if line.endswith("\n") else f"{line}\n{UNENDED}\n" for line in lines)
    return "\t".join(map(shown, "".join(ended).split("\t")))


UNENDED = "\\ No newline at end of file"


def stale(folder: Folder, wanted: Mapping[str, bytes]) -> Iterator[str]:
    """What differs between the texts wanted and those on disk, as unified diffs."""
    for name, text in wanted.items():
        path, there = folder.path / name, folder.see(name)
        if there.obstacle:
            yield f"stale: {path}: {there.obstacle}"
        elif there.data is None:
            yield f"missing: {path}"
        elif _lines(there.data) != _lines(text):
            readable = path.suffix in (".py", ".txt")
            yield from _diff(path, there.data, text) if readable else [f"stale: {path}"]


def _lines(data: bytes) -> bytes:
    """A text with the line ends that we write, whichever version control gave it."""
    return data.replace(b"\r\n", b"\n")


def _diff(path: Path, old: bytes, new: bytes) -> Iterator[str]:
    lines = difflib.unified_diff(
        old.decode(errors="backslashreplace").splitlines(),
        new.decode().splitlines(),
        f"{path} (on disk)",
        f"{path} (now)",
        lineterm="",
    )
    found = list(lines)
    yield from found[:MOST_LINES]
    if len(found) > MOST_LINES:
        more = len(found) - MOST_LINES
        yield f"… {count(more, 'more line')} differ{'s' * (more == 1)}"
