"""The specs of a revision as files, so that what they extend is read from that revision too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.review.git import YAML, Blob, Repository
from dsl.models import shelf
from dsl.reading.extending import MARKS
from dsl.text.problems import Problem, Span, SpecError
from dsl.text.source import MAX_BYTES

UNTOLD = "this is no spec"


@dataclass(frozen=True)
class Checkout:
    """A folder with a repository's files, of a revision or as they are now.

    `label` stands before the files' names: `main:` for a revision, nothing for now.
    """

    root: Path
    label: str = ""

    def name(self, file: str) -> str:
        """What a file of it is called; one from elsewhere keeps its name."""
        path = Path(file)
        if not path.is_relative_to(self.root):
            return file
        return f"{self.label}{path.relative_to(self.root).as_posix()}"

    def public(self, error: SpecError) -> SpecError:
        """The error as it may be told to everybody: nothing is quoted but the own YAML files.

        A base may be any file of the project, such as one of git's own, and a link to one.
        """
        texts = {file: text for file, text in error.texts.items() if self._is_public(file)}
        return SpecError(map(self._unquoted, error.problems), texts)

    def _unquoted(self, problem: Problem) -> Problem:
        if self._is_public(problem.span.file):
            return problem
        return replace(problem, message=UNTOLD, hint="", help="", fix=None)

    def _is_public(self, file: str) -> bool:
        """Whether it is a YAML file by its own name, or one from outside: of the shelf."""
        path = Path(file)
        if not path.is_relative_to(self.root):
            return True
        real = self.root.resolve() / path.relative_to(self.root)
        return path.suffix in YAML and path.resolve() == real and MARKS[0] not in path.parts

    def named(self, error: SpecError) -> SpecError:
        """The error in the names that its files go by."""
        texts = {self.name(file): text for file, text in error.texts.items()}
        return SpecError(map(self._problem, error.problems), texts)

    def _problem(self, problem: Problem) -> Problem:
        notes = tuple((self._span(span), note) for span, note in problem.notes)
        message = problem.message.replace(f"{self.root}/", self.label)
        return replace(problem, span=self._span(problem.span), notes=notes, message=message)

    def _span(self, span: Span) -> Span:
        return replace(span, file=self.name(span.file))


@contextmanager
def snapshot(repository: Repository, commit: str, label: str) -> Iterator[Checkout]:
    """The YAML files of a commit in a folder of their own, which goes again.

    A shelf that is in the repository is the commit's own while they are read.
    """
    blobs = [*repository.files(commit).values()]
    with TemporaryDirectory(prefix="inception-compile-") as made:
        root = Path(made).resolve()
        (root / MARKS[0]).mkdir()  # Where the project ends, beyond which nothing may be extended.
        _write(repository, blobs, root)
        own = shelf.folder().resolve()
        inside = own.is_relative_to(repository.root.resolve())
        its = root / own.relative_to(repository.root.resolve()) if inside else own
        with shelf.standing_at(its):
            yield Checkout(root, label)


def _write(repository: Repository, blobs: list[Blob], root: Path) -> None:
    """Write the files; of one that is larger than any spec only so much that it is refused."""
    small = [blob for blob in blobs if blob.size <= MAX_BYTES]
    for blob, data in zip(small, repository.contents(small), strict=True):
        _put(root / blob.path, data)
    for blob in blobs:
        if blob.size > MAX_BYTES:
            _put(root / blob.path, b" " * (MAX_BYTES + 1))


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
