"""What was probably meant by a `residual` that is no mapping."""

from __future__ import annotations

from dsl.models.fields import ACTIVATION_WORDS
from dsl.text.numbers import number_of
from dsl.text.problems import Fix, Report
from dsl.text.values import Scalar, Value

PLAIN = ("true", "yes", "on", "add", "sum", "identity")
NOT = ("false", "no", "off", "none", "null")


def say_no_sum(value: Value, report: Report) -> None:
    """Say how a residual sum is written, and what to write in the place of a word."""
    message = "a residual sum is written `residual: {}`, with what differs in the braces"
    help = "such as {scale: 0.1}, {act: none} or {shortcut: 1x1 64 /2 act=none}"
    word = value.text.lower() if isinstance(value, Scalar) else ""
    if word in NOT:
        report.add("E012", value.span, message, help="without one, leave the key out")
    elif isinstance(value, Scalar) and (meant := _meant(word)):
        fix = Fix(value.span, meant, guess=True) if value.plain and value.span.exact else None
        hint = f"did you mean {meant}?"
        report.add("E012", value.span, message, hint=hint, help=help, fix=fix)
    else:
        report.add("E012", value.span, message, help=help)


def _meant(word: str) -> str:
    """The mapping that says what a word or a number alone may say; empty for anything else."""
    if word in PLAIN:
        return "{}"
    if word in ACTIVATION_WORDS:
        return f"{{act: {word}}}"
    return f"{{scale: {word}}}" if number_of(word) is not None else ""
