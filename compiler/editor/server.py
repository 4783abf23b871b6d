"""The language server: what an editor says over a pipe, put to functions of a text and a place.

One thread reads texts and answers, in the order of the questions; the other only speaks with the
editor, so that a question can be taken back while another one is answered. A text that has changed
meanwhile is read no further, and questions about it are told so. Nothing is written anywhere, and
nothing that a spec says is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import (
    FeatureRequestError,
    JsonRpcContentModified,
    JsonRpcException,
)
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from compiler.editor.completing import Takes
from compiler.editor.conversation import Conversation
from compiler.editor.desk import Desk, Sheet, file_of
from compiler.editor.diagnosing import diagnostics
from compiler.editor.family import family, text_on_disk
from compiler.editor.features import register
from compiler.editor.reading import Reading
from compiler.editor.renaming import Text
from compiler.editor.showing import LISTS_PLACES, Shown
from compiler.version import __version__

T = TypeVar("T")
LULL = 0.01
"""Seconds that a text must stand before it is checked: what can be said at once goes first."""


class Server(LanguageServer):
    """The server and the texts that are open."""

    def __init__(self) -> None:
        super().__init__("inception-compile", __version__, protocol_cls=Conversation)
        assert isinstance(self.protocol, Conversation)
        self.conversation: Conversation = self.protocol
        self.desk = Desk()
        self.worker = ThreadPoolExecutor(1, "reader")
        self.tasks: set[asyncio.Future[None]] = set()
        self.loop: asyncio.AbstractEventLoop
        self.lists_places = False
        """Whether the editor itself lists the places that a command answers with."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Say in a line what went wrong; a traceback would tell its reader nothing."""
        if isinstance(error, JsonRpcException) and source is FeatureRequestError:
            return  # It was the answer.
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, said))

    async def asked(
        self, uri: str, answer: Callable[[Reading, Sheet], T], none: T, *, whole: bool = True
    ) -> T:
        """An answer about a text as it is now; `none` where no such text is open.

        Raises `JsonRpcContentModified` once the text has changed. Without `whole` what YAML alone
        says of the text is enough for the answer, and no check of it is waited for.
        """
        sheet = self.desk.sheet(uri)
        if sheet is None:
            return none
        page = sheet.page

        def now() -> Sheet | None:
            found = self.desk.sheet(uri)
            if found and found.page is not page:
                raise JsonRpcContentModified
            return found

        def run() -> T:
            found = now()
            if found is None:
                return none
            read = self.desk.read(found, now) if whole else self.desk.glimpse(found)
            return answer(read, found)

        if whole and sheet.reading is None:
            await asyncio.sleep(LULL)
        self.loop = asyncio.get_running_loop()
        try:
            return await self.loop.run_in_executor(self.worker, run)
        except JsonRpcException:  # A refusal.
            raise
        except Exception as error:  # noqa: BLE001  # A fault of ours: told, and the server goes on.
            self.report_server_error(error, None)
            return none

    def check(self, uri: str, *, changed: bool = False) -> None:
        """Tell the editor what is wrong with a text, soon; if it changed, with its heirs too."""
        task = asyncio.ensure_future(self._check(uri, changed))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def check_heirs(self, uri: str) -> None:
        """Check all that was made from a text."""
        for heir in self.desk.heirs(file_of(uri)):
            self.desk.doubt(heir)
            self.check(heir)

    async def _check(self, uri: str, changed: bool) -> None:
        sheet = self.desk.sheet(uri)
        try:
            found = await self.asked(uri, self._found, None)
        except JsonRpcContentModified:
            return  # The change has its own check.
        if found is not None and sheet and sheet is self.desk.sheet(uri):
            self.tell(uri, found, sheet.version)
            if changed:
                self.check_heirs(uri)

    def _found(self, reading: Reading, sheet: Sheet) -> list[types.Diagnostic]:
        return diagnostics(reading, sheet.page, sheet.uri)

    def say(self, message: str) -> None:
        """Tell whoever sits in front of the editor something, from whichever thread."""
        told = types.ShowMessageParams(types.MessageType.Warning, message)
        self.loop.call_soon_threadsafe(self.window_show_message, told)

    def show(self, found: Shown) -> None:
        """Tell of places, and show the first one, if the editor can."""
        told = types.ShowMessageParams(types.MessageType.Info, found.message)
        self.window_show_message(told)
        window = self.client_capabilities.window
        if found.places and window and window.show_document and window.show_document.support:
            first = found.places[0]
            self.window_show_document(
                types.ShowDocumentParams(first.uri, take_focus=True, selection=first.range)
            )

    @property
    def takes(self) -> Takes:
        """What the editor can do with what it completes."""
        text = self.client_capabilities.text_document
        item = text.completion.completion_item if text and text.completion else None
        modes = item.insert_text_mode_support if item else None
        as_is = bool(modes and types.InsertTextMode.AsIs in modes.value_set)
        return Takes(bool(item and item.snippet_support), as_is)

    def family(self, sheet: Sheet) -> list[Text]:
        """A text, what it is made from, and what is made from that: open or in the workspace."""
        folders = self._folders()
        found = [self._text(sheet, folders)]
        for file in family(sheet.file, folders, self.desk.text_of)[1:]:
            uri = Path(file).as_uri() if Path(file).is_absolute() else file
            other = self.desk.at(file) or self.desk.passing(uri, file, text_on_disk(file))
            found.append(self._text(other, folders))
        return found

    def _text(self, sheet: Sheet, folders: list[str]) -> Text:
        reading = self.desk.read(sheet)
        ours = self.desk.sheet(sheet.uri) is not None or _within(sheet.file, folders)
        return Text(reading, sheet.page, sheet.uri, ours)

    def _folders(self) -> list[str]:
        """The folders of the workspace, by their paths."""
        uris = [*self.workspace.folders, *filter(None, [self.workspace.root_uri])]
        return [*dict.fromkeys(path for uri in uris if (path := to_fs_path(uri)))]

    def tell(self, uri: str, found: list[types.Diagnostic], version: int | None) -> None:
        """Publish what is wrong with a text."""
        told = types.PublishDiagnosticsParams(uri, found, version)
        self.text_document_publish_diagnostics(told)


def _within(file: str, folders: list[str]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


def made() -> Server:
    """A server with all that it can be asked."""
    server = Server()
    register(server)

    @server.feature(types.INITIALIZE)
    def _begun(params: types.InitializeParams) -> None:
        options = params.initialization_options
        server.lists_places = isinstance(options, dict) and options.get(LISTS_PLACES) is True

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveTextDocumentParams) -> None:
        server.check_heirs(params.text_document.uri)

    return server
