"""Answers about things that never change, remembered by their identity.

A sweep reads the same specs again and again with one thing changed: what did not change is
the same object, so the answer about it is known. A memory keeps the objects of its answers
alive, which keeps their identities theirs, and holds a bounded number of them: those asked
for since half of it was filled. Two threads may work one answer out twice; nothing else can
happen, since a key never gets another answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
Things = tuple[object, ...]
Key = tuple[tuple[int, ...], Hashable]

MEMORIES: list[Memory[Any]] = []
"""Every memory that there is."""


class Memory(Generic[T]):
    """Answers by the things that they are about, and by what else was asked (plain values)."""

    def __init__(self, most: int) -> None:
        self.half = most // 2
        self.young: dict[Key, tuple[Things, T]] = {}
        self.old: dict[Key, tuple[Things, T]] = {}
        MEMORIES.append(self)

    def get(self, things: Things, asked: Hashable = ()) -> T | None:
        """The answer, if there was one and it wasn't forgotten."""
        key = tuple(map(id, things)), asked
        found = self.young.get(key)
        if found is None:
            found = self.old.get(key)
            if found is None:
                return None
            self._keep(key, found)
        return found[1]

    def put(self, answer: T, things: Things, asked: Hashable = ()) -> None:
        """Remember an answer."""
        self._keep((tuple(map(id, things)), asked), (things, answer))

    def _keep(self, key: Key, found: tuple[Things, T]) -> None:
        if len(self.young) >= self.half:
            self.old, self.young = self.young, {}
        self.young[key] = found

    def forget(self) -> None:
        """Begin anew."""
        self.young, self.old = {}, {}


def by_value(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function of plain values whose last `most` answers are remembered."""

    def remembering(function: Callable[P, T]) -> Callable[P, T]:
        known = lru_cache(maxsize=most)(function)
        CLEARED.append(known.cache_clear)
        return cast("Callable[P, T]", known)

    return remembering


CLEARED: list[Callable[[], None]] = []
"""What empties the memory of each function of plain values."""


class Generation:
    """Counts how often all was forgotten: what things remember of themselves is older or not."""

    now = 0


def forget() -> None:
    """Forget all answers, and let go of what they are about."""
    Generation.now += 1
    for memory in MEMORIES:
        memory.forget()
    for clear in CLEARED:
        clear()
