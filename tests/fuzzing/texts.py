"""Mutants of a text: one edit each, of characters, tokens or lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.fuzzing.seeds import Seed, seeds


@dataclass(frozen=True)
class Edit:
    """What stands in the place of a stretch of text."""

    start: int
    end: int
    text: str
    local: bool = True
    """Whether it is at one place, so that an error can be told there."""

    def made(self, text: str) -> str:
        """The text with it."""
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True)
class Mutant:
    """A text that was changed; `how` says in what way."""

    seed: Seed
    how: str
    text: str
    edit: Edit | None = None

    @property
    def data(self) -> bytes:
        """What the file holds: surrogates stand for bytes that are no text."""
        return self.text.encode("utf-8", "surrogateescape")


VALID = 0.8
"""The share of mutants that are made of specs with nothing wrong: the others are many."""
Cutter = Callable[[Random, str], Edit]

ODD = [
    "\t", " ", "\n", "\r", "\0", "\x1b", "\u202e", "\u2028", "\ufeff", "é", "日", "🙂", "×",
    ":", ": ", ",", "-", "- ", "#", " #", "&a ", "*a", "!", "!!str ", "|", ">", "%", "@", "`",
    "[", "]", "{", "}", "(", ")", "'", '"', "\\", "/", "=", "*", "+", "..", "~", "<<: ", "?",
    "---\n", "...", "x0", "x2", "/2", "in", "classes", "none", "true", "nan", "1e30", "0", "-1",
    "9" * 30, "A", "conv", "\udcff",
]  # fmt: skip  # a grid reads better
"""What is inserted; the last is a byte that is no text."""
TOKEN = re.compile(r"[\w.]+|[^\w\s]")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])|(?<=\d)x\d+|(?<=[ =])\d+")


def _stretch(random: Random, text: str, most: int = 4) -> tuple[int, int]:
    start = random.randrange(len(text))
    return start, min(len(text), start + random.randint(1, most))


def _token(random: Random, text: str) -> tuple[int, int]:
    found = [match.span() for match in TOKEN.finditer(text)]
    return random.choice(found)


def _line(random: Random, text: str) -> tuple[int, int]:
    ends = [match.end() for match in re.finditer(r"\n|$", text)]
    place = random.randrange(len(ends))
    return (ends[place - 1] if place else 0), ends[place]


@cache
def _tokens() -> list[str]:
    """Every token of every valid spec."""
    found = {token for seed in seeds() if seed.valid for token in TOKEN.findall(seed.text)}
    return sorted(found)


@cache
def _lines() -> list[str]:
    return sorted({line for seed in seeds() for line in seed.text.splitlines()})


def delete_characters(random: Random, text: str) -> Edit:
    return Edit(*_stretch(random, text), "")


def double_characters(random: Random, text: str) -> Edit:
    start, end = _stretch(random, text)
    return Edit(end, end, text[start:end])


def swap_characters(random: Random, text: str) -> Edit:
    start = random.randrange(max(1, len(text) - 1))
    return Edit(start, start + 2, text[start : start + 2][::-1])


def insert_odd(random: Random, text: str) -> Edit:
    start = random.randrange(len(text) + 1)
    return Edit(start, start, random.choice(ODD))


def delete_token(random: Random, text: str) -> Edit:
    return Edit(*_token(random, text), "")


def double_token(random: Random, text: str) -> Edit:
    start, end = _token(random, text)
    return Edit(end, end, f" {text[start:end]}")


def swap_tokens(random: Random, text: str) -> Edit:
    """A token and the next one."""
    found = [match.span() for match in TOKEN.finditer(text)]
    place = random.randrange(len(found) - 1)
    (start, end), (other, last) = found[place : place + 2]
    return Edit(start, last, f"{text[other:last]}{text[end:other]}{text[start:end]}")


def other_token(random: Random, text: str) -> Edit:
    return Edit(*_token(random, text), random.choice(_tokens()))


def misspelt_token(random: Random, text: str) -> Edit:
    start, end = _token(random, text)
    at = random.randrange(start, end)
    letter = random.choice("abcdefghijklmnopqrstuvwxyz0123456789_")
    return random.choice([Edit(at, at + 1, ""), Edit(at, at, letter), Edit(at, at + 1, letter)])


def other_number(random: Random, text: str) -> Edit:
    found = [match.span() for match in NUMBER.finditer(text)] or [_token(random, text)]
    start, end = random.choice(found)
    old = re.sub(r"\D", "", text[start:end]) or "1"
    near = [str(int(old) + by) for by in (-1, 1, 2)] + [str(int(old) * 2), f"{old}0"]
    return Edit(start, end, random.choice([*near, "0", "-1", "1", "2", "3", "64", "1e3", "1" * 12]))


def delete_line(random: Random, text: str) -> Edit:
    return Edit(*_line(random, text), "")


def double_line(random: Random, text: str) -> Edit:
    start, end = _line(random, text)
    return Edit(end, end, text[start:end])


def swap_lines(random: Random, text: str) -> Edit:
    start, middle = _line(random, text)
    end = text.find("\n", middle) + 1 or len(text)
    return Edit(start, end, text[middle:end] + text[start:middle])


def other_indent(random: Random, text: str) -> Edit:
    start, end = _line(random, text)
    width = len(text[start:end]) - len(text[start:end].lstrip(" "))
    return Edit(start, start + width, " " * max(0, width + random.choice([-4, -2, -1, 1, 2, 4])))


def insert_line(random: Random, text: str) -> Edit:
    start, _ = _line(random, text)
    return Edit(start, start, f"{random.choice(_lines())}\n")


def cut(random: Random, text: str) -> Edit:
    return Edit(random.randrange(len(text)), len(text), "", local=False)


def repeat_piece(random: Random, text: str) -> Edit:
    """A piece very often: what was small becomes large."""
    start, end = _stretch(random, text, 40)
    return Edit(end, end, text[start:end] * random.choice([10, 100, 1000]), local=False)


CUTTERS: tuple[Cutter, ...] = (
    delete_characters, double_characters, swap_characters, insert_odd,
    delete_token, double_token, swap_tokens, other_token, misspelt_token, other_number,
    delete_line, double_line, swap_lines, other_indent, insert_line, cut, repeat_piece,
)  # fmt: skip


def mutant(random: Random) -> Mutant:
    """One mutant of one of the seeds."""
    valid = random.random() < VALID
    seed = random.choice([seed for seed in seeds() if seed.valid is valid and seed.text.strip()])
    cutter = random.choice(CUTTERS)
    edit = cutter(random, seed.text)
    return Mutant(seed, cutter.__name__, edit.made(seed.text), edit)
