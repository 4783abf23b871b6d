"""Each changed spec of a repository beside what it was at a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import dsl
from compiler.checking.likeness import looks_like_a_spec
from compiler.diff import Diff, diff
from compiler.ir.network import Network
from compiler.ir.once import once
from compiler.lowering.prepare import prepare
from compiler.review.git import GitFault, Repository
from compiler.review.snapshot import Checkout, snapshot
from dsl.models import shelf
from dsl.text.problems import SpecError

Status = Literal["new", "removed", "renamed", "changed", "same"]
NOW = "now"
"""What the files as they are checked out are called."""
ITSELF = ""
"""What stands for the spec itself among its variants."""


@dataclass(frozen=True)
class Version:
    """A spec at one time: its networks, by variant, or why there are none."""

    networks: Mapping[str, Network] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The files that it was read from, by what they are called."""
    error: SpecError | None = None
    public: SpecError | None = None
    """The same without a word of files that are none of the repository's YAML."""


@dataclass(frozen=True)
class Reviewed:
    """A spec then and now; a version is None where there is no such file."""

    path: str
    before: str
    """Its path at the revision: another one where it was renamed."""
    old: Version | None
    new: Version | None
    names: tuple[str, str]
    """What both times are called."""

    @property
    def status(self) -> Status:
        """What became of the file."""
        if self.old is None:
            return "new"
        if self.new is None:
            return "removed"
        return "renamed" if self.before != self.path else "changed" if self.differs else "same"

    @property
    def differs(self) -> bool:
        """Whether the files that it is read from hold something else."""
        return bool(self.altered)

    @once
    def altered(self) -> tuple[str, ...]:
        """The files that it is read from, now or then, and that hold something else; sorted."""
        if self.old is None or self.new is None:
            return (self.path,)
        new = dict(self.new.texts)
        old = {self.path if file == self.before else file: t for file, t in self.old.texts.items()}
        return tuple(sorted(file for file in old | new if old.get(file) != new.get(file)))

    @once
    def diffs(self) -> dict[str, Diff]:
        """The comparison of each network that there is at both times, by variant."""
        if self.old is None or self.new is None:
            return {}
        olds, news = self.old.networks, self.new.networks
        both = (variant for variant in olds if variant in news)
        return {each: diff(olds[each], news[each], self.names) for each in both}

    def only(self, side: Literal["old", "new"]) -> list[str]:
        """The variants that one version has and the other hasn't, though it can be read."""
        mine, other = (self.old, self.new) if side == "old" else (self.new, self.old)
        if mine is None or other is None or other.error:
            return []
        return [variant for variant in mine.networks if variant not in other.networks]


@dataclass(frozen=True)
class Review:
    """What became of a repository's specs since a revision."""

    base: str
    commit: str
    specs: tuple[Reviewed, ...]

    @property
    def has_problems(self) -> bool:
        """Whether something is wrong with a spec as it is now."""
        return any(spec.new and spec.new.error for spec in self.specs)

    @property
    def alters(self) -> bool:
        """Whether any network is another now, or new, or gone."""
        for spec in self.specs:
            if spec.status in ("new", "removed") or spec.only("old") or spec.only("new"):
                return True
            if any(found.changes for found in spec.diffs.values()):
                return True
        return False


def review(repository: Repository, base: str, scope: Sequence[str | Path], limit: int) -> Review:
    """The specs that are others than at `base`; of a `scope` of files and folders, if there is one.

    What is named there as a file is told also where it is the same. Raises `GitFault`.
    """
    commit = repository.commit(base)
    asked = [_inside(repository, where) for where in scope]
    moved = repository.changed(commit)
    before, now = set(repository.files(commit)), repository.present()
    stirred = now != before or not now.isdisjoint(moved)
    pairs = {path: moved.get(path, path) for path in now}
    gone = before - {*pairs.values()}
    paths = sorted(path for path in now | gone if not asked or _in_scope(path, asked))
    _all_found(asked, scope, paths, base)
    checkout = Checkout(repository.root)
    with snapshot(repository, commit, f"{base}:") as then:
        likely = [
            (path, pairs.get(path, path))
            for path in paths
            if path in asked
            or (stirred and _worth_reading(path, pairs.get(path, path), moved, then, checkout))
        ]
        olds = [_version(then, old, limit) if old in before else None for _, old in likely]
    news = [_version(checkout, path, limit) if path in now else None for path, _ in likely]
    parts = zip(likely, olds, news, strict=True)
    found = [Reviewed(*both, old, new, (base, NOW)) for both, old, new in parts]
    return Review(base, commit, tuple(s for s in found if s.status != "same" or s.path in asked))


def _inside(repository: Repository, where: str | Path) -> str:
    """A file or folder by its path in the repository; empty for all of it."""
    path = Path(where)
    if not path.exists() and str(where) in shelf.names():
        path = shelf.find(where)
    path = path.parent.resolve() / path.name if path.name else path.resolve()
    root = repository.root.resolve()
    if not path.is_relative_to(root):
        raise GitFault(f"{where} isn't in the repository {repository.root}")
    found = path.relative_to(root).as_posix()
    return "" if found == "." else found


def _in_scope(path: str, asked: list[str]) -> bool:
    return any(not each or path == each or path.startswith(f"{each}/") for each in asked)


def _all_found(asked: list[str], scope: Sequence[str | Path], paths: list[str], base: str) -> None:
    """Raise `GitFault` for a file or folder with no spec, neither now nor then."""
    for each, where in zip(asked, scope, strict=True):
        if not any(_in_scope(path, [each]) for path in paths):
            raise GitFault(f"there is no YAML file at {where}, neither now nor at {base}")


def _worth_reading(
    path: str, before: str, moved: Mapping[str, str], then: Checkout, now: Checkout
) -> bool:
    """Whether a file is a spec that may be another one: its own text differs, or it has a base."""
    files = [then.root / before, now.root / path]
    specs = [file.read_bytes() for file in files if file.is_file() and looks_like_a_spec(file)]
    if not specs:
        return False
    changed = path in moved or len(specs) == 1 or specs[0] != specs[-1]
    return changed or any(b"extends" in text for text in specs)


def _version(checkout: Checkout, path: str, limit: int) -> Version:
    """The networks of a file."""
    file = checkout.root / path
    try:
        spec = dsl.load(file)
        names = (None, *spec.variants)
        networks = {name or ITSELF: prepare(file, name, limit=limit).network for name in names}
    except SpecError as error:
        told, public = checkout.named(error), checkout.named(checkout.public(error))
        return Version({}, _by_path(checkout, error.texts), told, public)
    return Version(networks, _by_path(checkout, spec.texts))


def _by_path(checkout: Checkout, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts by their paths in the repository."""
    return {checkout.name(file).removeprefix(checkout.label): t for file, t in texts.items()}
