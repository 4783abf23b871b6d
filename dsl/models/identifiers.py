"""What can be a name, of a step, block or parameter, or of a whole spec, and why not."""

from __future__ import annotations

import keyword
import re
from typing import Any

from dsl.text.numbers import Misfit
from dsl.text.problems import shown

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def is_identifier(text: object) -> bool:
    """Whether `text` can name a step, block or parameter."""
    return isinstance(text, str) and bool(IDENTIFIER.fullmatch(text))


RULE = "a letter, then letters, digits or _ (ASCII, 64 at most)"


def _taken(text: str) -> str:
    """Why an identifier can't be a name; empty where it can."""
    if text == "in":
        return "it means the width that comes in"
    if keyword.iskeyword(text) or text in SOFT:
        return "Python source can't use it as a name"
    return ""


def name_fault(text: str) -> str:
    """What is wrong with a name that is being given; empty for nothing."""
    if not is_identifier(text):
        return f"a name is {RULE}, not {shown(text)}"
    why = _taken(text)
    return f"the word '{text}' is taken: {why}" if why else ""


def identifier(value: Any) -> str:
    """A name as a spec gives it. Raises `Misfit` for what can't be one."""
    if not is_identifier(value):
        meant = value.rstrip(",; ") if isinstance(value, str) else ""
        meant = meant if is_identifier(meant) else ""
        raise Misfit(f"must be {RULE}, not {shown(value)}", meant)
    if why := _taken(value):
        raise ValueError(f"can't be '{value}': {why}")
    return str(value)


SOFT = {"_", "case", "match"}
"""Words that mean something in places of Python source. Later versions have more, and a spec is
right or wrong whatever the version: those make good names all the same."""
NEVER = ("in", *keyword.kwlist, *sorted(SOFT))
"""Identifiers that can't be names."""
DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever ending a file has."""


def is_device(name: str) -> bool:
    """Whether no file or folder can be called so on Windows, in whatever case."""
    return bool(DEVICES.fullmatch(name))


def spec_name_fault(text: str) -> str:
    """What is wrong with the name of a whole spec, which files are called by; empty for nothing."""
    if is_device(text):
        return f"can't be '{text}': Windows keeps that word for a device, so no file can have it"
    return ""


def file_name(value: Any) -> str:
    """A name that files can have as well."""
    name = identifier(value)
    if fault := spec_name_fault(name):
        raise ValueError(fault)
    return name
