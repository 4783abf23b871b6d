"""`check --fix`: problems that have one answer, mended in their files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from compiler.checking import as_text
from compiler.checking.examining import Asked, Examined, examined
from compiler.checking.mending import mended
from compiler.checking.policy import Policy
from compiler.cli import terminal
from compiler.cli.files import patch
from compiler.cli.piped import is_piped, taken
from compiler.files.writing import write
from compiler.lowering.prepare import Piped
from dsl.text.counts import count
from dsl.text.problems import SpecError
from dsl.text.source import read

MARK = b"\xef\xbb\xbf"


def mend(
    words: Sequence[str],
    policies: Sequence[Policy],
    asked: Asked,
    stdin_name: str | None,
    *,
    guesses: bool,
    diff: bool,
) -> int:
    """Mend each file, or show what would change; then tell what is left. The exit code."""
    left: list[Examined] = []
    done, changed, failed = 0, 0, False
    for word, policy in zip(words, policies, strict=True):
        spec = _read(word, stdin_name)
        if spec is None:
            left.append(policy.applied(examined(word, asked)))
        else:
            look = partial(_look, policy, asked)
            result = mended(spec.text, spec.file, look, guesses=guesses)
            done, changed = done + len(result.done), changed + bool(result.done)
            _deliver(word, spec, result.text, diff=diff)
            left.append(look(Piped(result.text, spec.file)))
        failed |= policy.fails(left[-1].problems)
    if not diff and (said := as_text.written(left)):
        terminal.complain(said.rstrip("\n"))
    would = "would be mended" if diff else "mended"
    click.echo(f"{count(done, 'problem')} {would} in {count(changed, 'file')}", err=True)
    return int(bool(changed) if diff else failed)


def _look(policy: Policy, asked: Asked, spec: Piped) -> Examined:
    return policy.applied(examined(spec, asked))


def _read(word: str, stdin_name: str | None) -> Piped | None:
    """A text that may be mended; None for a file that can't be read, which is told as ever."""
    if is_piped(word):
        spec = taken(word, stdin_name)
        assert isinstance(spec, Piped), "what is piped in is a text"
        return spec
    path = Path(word)
    if not path.exists():
        raise click.UsageError(f"--fix takes files, and {word} isn't one")
    try:
        return Piped(read(path), word)
    except SpecError:
        return None


def _deliver(word: str, spec: Piped, text: str, *, diff: bool) -> None:
    if diff:
        click.echo(patch(spec.file, spec.text, text), nl=False)
    elif is_piped(word):
        click.echo(text, nl=False)
    elif text != spec.text:
        write(Path(word), _as_it_was(Path(word), text))


def _as_it_was(path: Path, text: str) -> bytes:
    """A text with the byte-order mark and the line ends that its file has."""
    there = path.read_bytes()
    data = text.encode()
    if there.count(b"\r\n") == there.count(b"\n") > 0:
        data = data.replace(b"\n", b"\r\n")
    return MARK + data if there.startswith(MARK) else data
