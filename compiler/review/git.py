"""git as a program: what a repository holds, now and at a revision.

Words go to it as a list, no shell reads them, and files of a revision are asked for by their
objects' ids: no name of a file or of a revision is ever taken for an option.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

YAML = (".yaml", ".yml")
QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
"""Nothing is refreshed on the way, nobody is asked for a password, and messages are git's own."""
REGULAR = ("100644", "100755")
"""The modes of files; a link is none, nor is a repository inside."""


class GitFault(ValueError):
    """What git can't do, in a line."""


@dataclass(frozen=True)
class Blob:
    """A file at a revision: its path, its object's id and how large it is."""

    path: str
    id: str
    size: int


@dataclass(frozen=True)
class Repository:
    """A repository with files checked out at `root`."""

    root: Path

    def ask(self, *words: str, given: bytes = b"") -> bytes:
        """What git prints. Raises `GitFault` where it fails."""
        return _git(self.root, words, given)

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision names."""
        if not revision or revision.startswith("-") or "\0" in revision:
            raise GitFault(f"{revision!r} is no revision")
        try:
            found = self.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except GitFault as fault:
            raise GitFault(f"there is no revision {revision} in {self.root}") from fault
        return found.decode().strip()

    def files(self, commit: str) -> dict[str, Blob]:
        """The YAML files of a commit, by path."""
        listed = _parts(self.ask("ls-tree", "-r", "-l", "-z", "--full-tree", commit))
        found = (_blob(entry) for entry in listed)
        return {blob.path: blob for blob in found if blob}

    def contents(self, blobs: list[Blob]) -> Iterator[bytes]:
        """What each file holds."""
        answer = self.ask("cat-file", "--batch", given="".join(f"{b.id}\n" for b in blobs).encode())
        at = 0
        for _ in blobs:
            end = answer.index(b"\n", at)
            size = int(answer[at:end].split()[-1])
            yield answer[end + 1 : end + 1 + size]
            at = end + size + 2

    def present(self) -> set[str]:
        """The YAML files that are checked out, and those that were never added nor ignored.

        As at a revision, links are none: one could lead to what isn't the repository's to tell.
        """
        listed = self.ask("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        places = {path: self.root / path for path in _parts(listed) if path.endswith(YAML)}
        return {path for path, at in places.items() if at.is_file() and not at.is_symlink()}

    def changed(self, commit: str) -> dict[str, str]:
        """What differs from a commit: paths as they are now, with those that they had.

        A file that is gone has its own path on both sides, as one that was edited has.
        """
        words = ("diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", "--no-textconv")
        answer = iter(_parts(self.ask(*words, "--ignore-submodules", commit, "--")))
        found = {}
        for status in answer:
            old = next(answer)
            new = next(answer) if status[0] in "RC" else old
            found[new] = old if status[0] != "C" else new
        return found


def repository(start: Path) -> Repository:
    """The repository that a folder is in. Raises `GitFault`."""
    root = _git(start, ("rev-parse", "--show-toplevel"), b"")
    return Repository(Path(os.fsdecode(root.removesuffix(b"\n"))))


def _git(folder: Path, words: tuple[str, ...], given: bytes) -> bytes:
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", *words]
    try:
        ran = subprocess.run(  # the git that is installed
            command,
            cwd=folder,
            input=given,
            capture_output=True,
            check=False,
            env={**os.environ, **QUIET},
        )
    except FileNotFoundError:
        raise GitFault("git isn't installed, or not on the PATH") from None
    if ran.returncode:
        said = os.fsdecode(ran.stderr).strip().split("\n")
        raise GitFault(f"git {words[0]}: {said[0] or f'it ended with {ran.returncode}'}")
    return ran.stdout


def _parts(answer: bytes) -> list[str]:
    """The parts that end in a null byte, as Python names files."""
    return [os.fsdecode(part) for part in answer.split(b"\0")[:-1]]


def _blob(entry: str) -> Blob | None:
    """A YAML file of a tree's list; None for anything else, and for a path that leaves it."""
    about, _, path = entry.partition("\t")
    mode, _, id, size = about.split()
    parts = path.split("/")
    safe = not {"", ".", "..", ".git"} & {part.lower() for part in parts} and "\\" not in path
    if mode not in REGULAR or not path.endswith(YAML) or not safe:
        return None
    return Blob(path, id, int(size))
