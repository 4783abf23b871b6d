"""Mutants of the values in a spec: YAML that can be read, of the wrong shape or of wrong words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import yaml

from dsl.text.parsing import parse
from dsl.text.values import plain
from tests.fuzzing.seeds import Seed, seeds
from tests.fuzzing.texts import ODD, Mutant

Holder = dict[Any, Any] | list[Any]
Change = Callable[[Random, Holder, Any], None]
"""Changes what a holder has at a key or place."""


@cache
def trees() -> tuple[tuple[Seed, Any], ...]:
    """The values of every valid seed."""
    return tuple((seed, plain(parse(seed.text, seed.name))) for seed in seeds() if seed.valid)


def places(tree: Any) -> Iterator[tuple[Holder, Any]]:
    """Every value by what holds it."""
    if isinstance(tree, (dict, list)):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from places(tree[key])


@cache
def _scalars() -> list[str]:
    found = {
        holder[key] for _, tree in trees() for holder, key in places(tree)
        if isinstance(holder[key], str)
    }  # fmt: skip
    return sorted(found)


@cache
def _keys() -> list[str]:
    return sorted({key for _, tree in trees() for _, key in places(tree) if isinstance(key, str)})


def retype(random: Random, holder: Holder, key: Any) -> None:
    value = holder[key]
    forms: list[Any] = [[value], {"do": value}, {random.choice(_keys()): value}, [], {}, "", [[]]]
    holder[key] = random.choice(forms)


def drop(random: Random, holder: Holder, key: Any) -> None:
    del holder[key]


def double(random: Random, holder: Holder, key: Any) -> None:
    value = deepcopy(holder[key])
    if isinstance(holder, list):
        holder[key:key] = [value] * random.choice([1, 1, 3, 40])
    else:
        holder[random.choice([f"{key}2", random.choice(_keys())])] = value


def nest(random: Random, holder: Holder, key: Any) -> None:
    value = holder[key]
    join = random.choice(["concat", "add", "mul", "do", "split", "residual", "then", "shortcut"])
    for _ in range(random.choice([1, 1, 2, 40])):
        value = {join: [value, *([value] if random.random() < 0.05 else [])]}
    holder[key] = value


def rename(random: Random, holder: Holder, key: Any) -> None:
    if isinstance(holder, dict):
        new = random.choice([random.choice(_keys()), f"{key}x", key[:-1], key.upper(), "in", ""])
        entries = [(new if old == key else old, value) for old, value in holder.items()]
        holder.clear()
        holder.update(entries)
    else:
        holder[key] = {random.choice(_keys()): holder[key]}


def other_scalar(random: Random, holder: Holder, key: Any) -> None:
    holder[key] = random.choice([random.choice(_scalars()), random.choice(ODD)])


def more_words(random: Random, holder: Holder, key: Any) -> None:
    """Words of another op-string behind those of this."""
    words = random.choice(_scalars()).split() or ["x2"]
    holder[key] = (
        f"{holder[key] if isinstance(holder[key], str) else '1x1 8'} {random.choice(words)}"
    )


def transplant(random: Random, holder: Holder, key: Any) -> None:
    """A part of any spec in the place of a part of this."""
    _, tree = random.choice(trees())
    other, where = random.choice(list(places(tree)))
    holder[key] = deepcopy(other[where])


def swap(random: Random, holder: Holder, key: Any) -> None:
    other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]


CHANGES: tuple[Change, ...] = (
    retype, drop, double, nest, rename, other_scalar, more_words, transplant, swap,
)  # fmt: skip


def mutant(random: Random) -> Mutant:
    """One to three changes of the values of one of the seeds."""
    seed, tree = random.choice(trees())
    tree = deepcopy(tree)
    made = []
    for _ in range(random.choice([1, 1, 2, 3])):
        if found := list(places(tree)):
            change = random.choice(CHANGES)
            change(random, *random.choice(found))
            made.append(change.__name__)
    text = yaml.dump(tree, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)
    return Mutant(seed, "+".join(made), text)
