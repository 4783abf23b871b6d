"""The texts that are open in an editor, each at its last version, and what was read of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pygls.uris import to_fs_path

from compiler.checking.linting import Between, nothing
from compiler.editor.family import text_on_disk
from compiler.editor.pages import Encoding, Page
from compiler.editor.reading import Reading, glimpse, read
from dsl.text.source import unsaved


@dataclass(eq=False)
class Sheet:
    """One text at one version."""

    uri: str
    file: str
    """Its path, or its address where it has none."""
    page: Page
    version: int | None = None
    before: Reading | None = None
    """What was read of the version before."""
    reading: Reading | None = None
    """What was read of this one, once that has been done."""
    glimpse: Reading | None = None
    """What is in it as far as YAML goes, if that alone was asked for."""


class Desk:
    """Every open text by its address. What one thread reads, the other may close meanwhile."""

    def __init__(self) -> None:
        self.encoding: Encoding = "utf-16"
        self.sheets: dict[str, Sheet] = {}

    def open(self, uri: str, text: str, version: int | None) -> None:
        """Take a text; one that was open already is replaced."""
        self.sheets[uri] = Sheet(uri, file_of(uri), Page(text, self.encoding), version)

    def put(self, uri: str, page: Page, version: int | None) -> None:
        """Take another version of an open text."""
        old = self.sheets[uri]
        before = old.reading or old.before
        self.sheets[uri] = Sheet(uri, old.file, page, version, before)

    def close(self, uri: str) -> None:
        """Let go of a text, if it was open."""
        self.sheets.pop(uri, None)

    def sheet(self, uri: str) -> Sheet | None:
        """An open text as it is now."""
        return self.sheets.get(uri)

    def at(self, file: str) -> Sheet | None:
        """The open text of a file."""
        return next((sheet for sheet in [*self.sheets.values()] if sheet.file == file), None)

    def text_of(self, file: str) -> str:
        """The text of a file, as it is in the editor or else on the disk."""
        sheet = self.at(file)
        return sheet.page.text if sheet else text_on_disk(file)

    def passing(self, uri: str, file: str, text: str) -> Sheet:
        """A text that isn't open, to be looked at once."""
        return Sheet(uri, file, Page(text, self.encoding))

    def read(self, sheet: Sheet, between: Between = nothing) -> Reading:
        """What is in a text; what it extends is taken as it is in the editor, saved or not.

        `between` is called now and then, and may end it.
        """
        if sheet.reading is None:
            others = {other.file: other.page.text for other in [*self.sheets.values()]}
            with unsaved(others):
                sheet.reading = read(sheet.page.text, sheet.file, sheet.before, between)
        return sheet.reading

    def glimpse(self, sheet: Sheet) -> Reading:
        """What is in a text as far as can be said at once, without a check of it."""
        if sheet.reading is None and sheet.glimpse is None:
            sheet.glimpse = glimpse(sheet.page.text, sheet.file, sheet.before)
        found = sheet.reading or sheet.glimpse
        assert found
        return found

    def heirs(self, file: str) -> list[str]:
        """The addresses of the open texts that were made from a file, or would be."""
        name = Path(file).name
        return [
            uri
            for uri, sheet in [*self.sheets.items()]
            if sheet.file != file and sheet.reading and _follows(sheet.reading, file, name)
        ]

    def doubt(self, uri: str) -> None:
        """Have a text read anew: something that it was made from has changed."""
        if old := self.sheets.get(uri):
            self.put(uri, old.page, old.version)


def _follows(reading: Reading, file: str, name: str) -> bool:
    """Whether a text extends a file, by what it read or by what it says."""
    base = reading.root.get("extends") if reading.root else None
    said = getattr(base, "text", "")
    return file in reading.texts or Path(said).name == name


def file_of(uri: str) -> str:
    """The path of a file by its address; an address that is none for what isn't on a disk."""
    return to_fs_path(uri) or uri
