"""Which specs are meant: files, names on the shelf, folders and patterns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path

from compiler.checking.likeness import likeness
from dsl.reading.kinds import Kind
from dsl.text.counts import count

SUFFIXES = (".yaml", ".yml")


@dataclass
class Gathered:
    """Specs and recipes to look at, and the YAML files among them that are something else."""

    files: dict[str, Kind] = field(default_factory=dict)
    """What there is to look at, in order; what was named is called a spec, whatever it is."""
    others: list[str] = field(default_factory=list)

    @property
    def specs(self) -> list[str]:
        """The specs alone."""
        return [path for path, kind in self.files.items() if kind == "spec"]

    def add(self, path: str) -> None:
        """Take a file of a folder for what it looks like."""
        kind = likeness(Path(path))
        if kind:
            self.files.setdefault(path, kind)
        else:
            self.others.append(path)


def passed_over(others: int) -> str:
    """How many YAML files were none of those that were meant."""
    are = "is no spec" if others == 1 else "are no specs"
    return f"{count(others, 'YAML file')} passed over, which {are}"


def gathered(words: tuple[str, ...]) -> Gathered:
    """What the words of a command line name, each once: a file that is named is taken as it is."""
    found = Gathered()
    for word in words:
        if os.path.isdir(word):  # noqa: PTH112  # `is_dir` raises for a name too long
            for path in _inside(word):
                found.add(path)
        elif has_magic(word) and not os.path.lexists(word):
            for path in sorted(glob(word, recursive=True)):  # noqa: PTH207  # as it was written
                if path.endswith(SUFFIXES) and os.path.isfile(path):  # noqa: PTH113  # as above
                    found.add(path)
        else:
            found.files.setdefault(word, "spec")
    once = {os.path.normpath(word): word for word in found.files}
    found.files = {word: found.files[word] for word in once.values()}
    found.others = list(dict.fromkeys(map(os.path.normpath, found.others)))
    return found


def _inside(folder: str) -> Iterator[str]:
    """The YAML files of a folder and of those in it, hidden ones apart.

    Links to folders are not followed.
    """
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = os.path.normpath(os.path.join(where, name))  # noqa: PTH118  # what the user wrote, and the rest
            if name.endswith(SUFFIXES) and not name.startswith(".") and os.path.isfile(path):  # noqa: PTH113
                yield path
