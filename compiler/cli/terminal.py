"""What goes to the terminal beside results: progress, colours, and errors in one line."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from dsl.text.problems import printable


class Failed(click.ClickException):
    """Something was found wrong: exit code 1, and the message as it is."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the message without a prefix of click's."""
        complain(self.message)


class Unusable(Failed):
    """What was asked for can't be asked here: exit code 2, and the message as it is."""

    exit_code = 2


def failure(message: str, help: str = "") -> str:
    """What is said of an error, with what would help."""
    return f"error: {message}" + (f"\n  = help: {help}" if help else "")


def tolerate_any_encoding() -> None:
    """Print escapes for what a terminal's encoding lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def coloured() -> bool:
    """Whether standard error is a terminal that wants colours."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ


def shown(text: str) -> str:
    """Text of several lines with nothing in it that a terminal would obey."""
    return "\n".join(map(printable, text.split("\n")))


def sentence(text: str) -> str:
    """A text with a capital letter."""
    return text[:1].upper() + text[1:]


def complain(text: str) -> None:
    """Print an error to standard error, with colours on a terminal."""
    text = shown(text)
    click.echo(paint(text) if coloured() else text, err=True)


COLOURS: dict[str, str] = {"error": "red", "warning": "yellow", "note": "blue"}
HEADS = re.compile(rf"({'|'.join(COLOURS)})\[[A-Z]\d+\]")


def paint(text: str) -> str:
    """The words of an error report in colour."""
    text = HEADS.sub(lambda m: click.style(m[0], fg=COLOURS[m[1]], bold=True), text)
    text = re.sub(r"(?m)^  = (help|note|hint):", lambda m: click.style(m[0], fg="cyan"), text)
    return re.sub(
        r"(?m)(?<=\| )( *)(\^+.*)$", lambda m: m[1] + click.style(m[2], fg="yellow"), text
    )


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Say on a terminal what is being done; wiped when it is over."""
    if not sys.stderr.isatty():
        yield
        return
    start = time.perf_counter()
    click.echo(f"{what}…", err=True, nl=False)
    try:
        yield
    finally:
        width = len(what) + 1
        seconds = time.perf_counter() - start
        done = f"{what}: {seconds:.1f} s" if seconds >= 1 else " " * width
        click.echo(f"\r{done:<{width}}" + ("\n" if seconds >= 1 else "\r"), err=True, nl=False)
