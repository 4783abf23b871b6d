"""Specs that come through a pipe: `-`, `/dev/stdin`, and a shell's `<(…)`."""

from __future__ import annotations

import errno
import stat
import sys
from pathlib import Path

import click

from compiler.lowering.prepare import Piped
from dsl.text.source import hidden, read_stream

STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
"""What names the standard input."""
UNNAMED = "<stdin>"


def is_stdin(spec: str) -> bool:
    """Whether a word on the command line means the standard input."""
    return spec in STDIN


def taken(spec: str, name: str | None) -> str | Piped:
    """What a SPEC names; one that comes through a pipe is read to its end.

    `name` is what messages call it. As of a file, its folder is where `extends` looks; without a
    name that is the current one.
    """
    if not is_piped(spec):
        if name is not None:
            raise click.UsageError(f"--stdin-name names a spec that is piped in, and {spec} isn't")
        return spec
    if name is not None and (not name or hidden(name)):
        raise click.BadParameter("a name of printable characters", param_hint="--stdin-name")
    file = name or UNNAMED
    origin = Path(name).name if name else "-"
    if is_stdin(spec):
        if sys.stdin is None:  # as Python has it for one that is closed
            raise OSError(errno.EBADF, "standard input is closed")
        return Piped(read_stream(sys.stdin.buffer, file), file, origin)
    with open(spec, "rb") as pipe:  # noqa: PTH123  # as the shell names it
        return Piped(read_stream(pipe, file), file, origin)


def is_piped(spec: str) -> bool:
    """Whether a SPEC names a pipe rather than a file."""
    try:
        return is_stdin(spec) or stat.S_ISFIFO(Path(spec).stat().st_mode)
    except (OSError, ValueError):
        return False
