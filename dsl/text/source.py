"""A spec's text before YAML looks at it: safe to open, small, and with nothing hidden in it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from yaml.error import Mark

from dsl.text.problems import NOWHERE, Problem, Span, SpecError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32


@dataclass(slots=True)
class Source:
    """A file's name and text, able to turn PyYAML's marks into spans."""

    file: str
    text: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")

    def line(self, mark: Mark) -> str:
        """The line that `mark` is on."""
        return self.lines[mark.line] if mark.line < len(self.lines) else ""

    def span(self, start: Mark, end: Mark | None = None) -> Span:
        """From `start` to `end`, or to where the first line's text ends if that is sooner."""
        stop = start.column + 1
        if end is not None:
            stop = end.column if end.line == start.line else len(self.line(start).rstrip())
        length, exact = max(1, stop - start.column), end is None or end.line == start.line
        return Span(self.file, start.line + 1, start.column + 1, length, exact)

    def at(self, offset: int) -> Span:
        """The place of the character at `offset` in the text."""
        line_start = self.text.rfind("\n", 0, offset) + 1
        return Span(self.file, self.text.count("\n", 0, offset) + 1, offset - line_start + 1)


def unified(text: str) -> str:
    r"""A text without a byte-order mark, with `\n` line ends: what places are counted in."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


_UNSAVED: ContextVar[Mapping[str, str]] = ContextVar("texts of an editor", default={})  # noqa: B039  # never changed


@contextmanager
def unsaved(texts: Mapping[str, str]) -> Iterator[None]:
    """Read these texts in the place of files, by their paths: what an editor has not saved yet."""
    token = _UNSAVED.set(texts)
    try:
        yield
    finally:
        _UNSAVED.reset(token)


def read(path: Path) -> str:
    r"""The text of a regular file, with `\n` line ends; raises `SpecError`."""
    if (kept := _UNSAVED.get().get(str(path))) is not None:
        return _text(kept.encode("utf-8", "surrogatepass"), str(path))
    try:
        data = _read_bytes(path)
    except SpecError:
        raise
    except (OSError, ValueError) as error:  # a ValueError is a null byte in the path
        why = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, why[:1].lower() + why[1:]) from None
    return _text(data, str(path))


def read_stream(stream: BinaryIO, file: str) -> str:
    r"""The text of a stream until it ends, with `\n` line ends; raises `SpecError`."""
    return _text(stream.read(MAX_BYTES + 1), file)


def _text(data: bytes, file: str) -> str:
    check_size(len(data), NOWHERE, f"{file}: ")
    source = Source(file, _decode(data.removeprefix(b"\xef\xbb\xbf"), file))
    check_characters(source)
    return source.text


_KINDS = {
    stat.S_IFDIR: "it is a directory",
    stat.S_IFIFO: "it is a pipe, not a regular file",
    stat.S_IFSOCK: "it is a socket, not a regular file",
    stat.S_IFCHR: "it is a device, not a regular file",
    stat.S_IFBLK: "it is a device, not a regular file",
}


def _read_bytes(path: Path) -> bytes:
    """At most one byte more than the limit."""
    # Checked before opening, as opening a device can act on it, and again after, as another
    # process may have swapped the file; O_NONBLOCK so that a pipe swapped in can't hang.
    _check_regular(path, path.stat())
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    with os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as stream:
        _check_regular(path, os.fstat(stream.fileno()))
        return stream.read(MAX_BYTES + 1) or b""


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, _KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file"))


def _unreadable(path: Path, why: str) -> SpecError:
    return SpecError([Problem("E001", NOWHERE, f"can't read {path}: {why}")])


def _decode(data: bytes, file: str) -> str:
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        shown = data.decode(errors="replace").replace("\r\n", "\n")
        start = len(data[: error.start].decode().replace("\r\n", "\n"))
        message = f"byte 0x{data[error.start]:02x} is not valid UTF-8"
        problem = Problem(
            "E006", Source(file, shown).at(start), message, help="save the file as UTF-8"
        )
        raise SpecError([problem], {file: shown}) from None


def check_size(size: int, span: Span, prefix: str = "", text: str = "") -> None:
    """Refuse more than `MAX_BYTES`."""
    if size > MAX_BYTES:
        message = f"{prefix}larger than {MAX_BYTES // 1024} KB, the limit for a spec"
        raise SpecError([Problem("E005", span, message)], {span.file: text})


_BREAKS = "\r\x85\u2028\u2029"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_MAX_SHOWN = 10


@cache
def _hidden() -> re.Pattern[str]:
    """Made when first needed: few texts hold any, and it takes as long as loading a module."""
    seen = r"\t\n -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
    return re.compile(f"[^{seen}]|[{_BREAKS}{_BIDI}\ufeff]")


def hidden(text: str) -> list[re.Match[str]]:
    """The characters of a text that can't be seen, or that break lines where an editor doesn't."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return []
    return list(_hidden().finditer(text))


def check_characters(source: Source) -> None:
    """Refuse characters that can't be seen or that break lines where an editor doesn't.

    A character is told once, with the other places where it stands.
    """
    offsets: dict[str, list[int]] = {}
    for match in hidden(source.text):
        offsets.setdefault(match[0], []).append(match.start())
    first = sorted(offsets.items(), key=lambda found: found[1][0])[:_MAX_SHOWN]
    if first:
        problems = [_refused_everywhere(char, at, source) for char, at in first]
        raise SpecError(problems, {source.file: source.text})


def _refused_everywhere(char: str, offsets: list[int], source: Source) -> Problem:
    """One character at all its places."""
    problem = _refused_character(char, source.at(offsets[0]))
    more = len(offsets) - 1
    if more and char in _BREAKS:
        return replace(problem, message=f"{problem.message}, here and {_times(more)}")
    spans = [source.at(offset) for offset in offsets[1:_MAX_SHOWN]]
    notes = [(span, "again") for span in spans]
    if more > len(spans):
        notes[-1] = (spans[-1], f"and {_times(more - len(spans))} after the one")
    return replace(problem, notes=tuple(notes))


def _times(count: int) -> str:
    return f"{count:,} times more" if count > 1 else "once more"


def escaped(text: str, span: Span) -> Iterator[Problem]:
    r"""The same for a string whose escapes (`"\0"`) have been resolved."""
    for char in dict.fromkeys(match[0] for match in hidden(text)):
        yield _refused_character(char, span, " (written as an escape)")


def _refused_character(char: str, span: Span, where: str = "") -> Problem:
    name = f"U+{ord(char):04X}"
    if char in _BREAKS:
        return Problem(
            "E006",
            span,
            f"{name}{where} ends a line for YAML only",
            help="save the file with LF line ends (\\n)",
        )
    if re.match(f"[{_BIDI}]", char):
        message = f"{name}{where} reorders the text around it, so that it can hide content"
        return Problem("E006", span, message, help="delete it")
    return Problem("E006", span, f"the unprintable character {name}{where}", help="delete it")
