r"""Text as TeX sets it: whatever it holds is shown, and nothing of it is obeyed.

All that comes out is ASCII, and of the commands used none needs a package or an encoding.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from compiler.picture.words import clean

MARKS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "`": r"{\char96}",
    "\u00a0": "~",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "…": r"\ldots{}",
    "→": r"$\rightarrow$",
    "⋮": r"$\vdots$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "⩽": r"$\leq$",
    "⩾": r"$\geq$",
    "±": r"$\pm$",
    "−": "$-$",  # noqa: RUF001  # a minus
    "′": r"$\prime$",
    "–": "--",  # noqa: RUF001  # a dash
    "—": "---",
    "’": "'",  # noqa: RUF001  # an apostrophe
    "²": "$^2$",
    "³": "$^3$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "Φ": r"$\Phi$",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",  # noqa: RUF001  # a letter of Turkish
}
"""What can't stand for itself, and what TeX calls it."""

ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
"""Marks above and below a letter, and the command that sets each."""

OTHER = "netchar"
r"""The command for a character that has no name in TeX."""
DEFINED = rf'\def\{OTHER}#1{{\ifdefined\Umathchar\char"#1 \else?\fi}}'
"""LuaTeX and XeTeX find it in their fonts; pdfTeX, which can't, sets a question mark."""


def tex(text: str) -> str:
    r"""A text as TeX has it, with all its spaces.

    >>> print(tex("1×7 of 50% -- C:\\x"), tex("Ünï 名"))
    1$\times$7 of 50\% -{}- C:\textbackslash{}x \"{U}n\"{i} \netchar{540D}
    """
    spaced = re.sub(r"^ | $| (?= )", "\u00a0", clean(text))
    return re.sub(r"([-',])(?=\1)", r"\1{}", "".join(map(_set, spaced)))


def comment(text: str) -> str:
    """A text behind a percent sign, on one line."""
    return "% " + clean(text).encode("ascii", "backslashreplace").decode()


def _set(char: str) -> str:
    if char in MARKS:
        return MARKS[char]
    if char.isascii():
        return char
    parts = normalize("NFD", char)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in ACCENTS:
        return rf"\{ACCENTS[parts[1]]}{{{parts[0]}}}"
    return rf"\{OTHER}{{{ord(char):X}}}"
