"""Quotes around a value: none where none are needed, and double ones where any will do."""

from __future__ import annotations

import re

import yaml

from dsl.text.numbers import NUMBER

_MARKS = re.compile(r"""[,\[\]{}#&*!|>'"%@`\\\t]|: |:$|^\W|\s\s|\s$""")
"""What means something to YAML somewhere, if not where it stands: such a value keeps its quotes."""
_LEADING = "_./(+"
_OCTAL = re.compile("0o[0-7]+")


def requoted(raw: str, value: str) -> str:
    """A quoted value on one line, as it should be written.

    >>> requoted("'3x3 64'", "3x3 64"), requoted("'a: b'", "a: b"), requoted("'no'", "no")
    ('3x3 64', '"a: b"', '"no"')
    """
    if _harmless(value):
        return value
    single = raw.startswith("'") and not re.search(r'["\\\n]', value)
    return f'"{value}"' if single and value.isprintable() else raw


def doubled(value: str) -> str:
    r"""Any text in double quotes on one line.

    >>> print(doubled('a "b"'))
    "a \"b\""
    """
    escapes = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t"}
    return '"' + "".join(escapes.get(char, char) for char in value) + '"'


def _harmless(value: str) -> bool:
    """Whether a text means the same without quotes, to this language and to any reader of YAML."""
    if not value or not value.isprintable() or not (value[0].isalnum() or value[0] in _LEADING):
        return False
    if _MARKS.search(value.lstrip(_LEADING)) or value.startswith("..."):
        return False
    return not (NUMBER.fullmatch(value) or _OCTAL.fullmatch(value) or _resolved(value))


def _resolved(value: str) -> bool:
    """Whether YAML's own rules make something else of a text than a text: `no`, `1:30`."""
    rules = yaml.SafeLoader.yaml_implicit_resolvers.get(value[0], [])
    return any(pattern.match(value) for _, pattern in rules)
