"""The language server: what an editor says over a pipe, put to functions of a text and a place.

One thread reads texts and answers, in the order of the questions; the other only speaks with the
editor, so that a question can be taken back while another one is answered. Nothing is written
anywhere, and nothing that a spec says is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from compiler.editor.conversation import Conversation
from compiler.editor.desk import Desk, Sheet, file_of
from compiler.editor.diagnosing import diagnostics
from compiler.editor.family import family, text_on_disk
from compiler.editor.features import register
from compiler.editor.reading import Reading
from compiler.editor.renaming import Text
from compiler.version import __version__

T = TypeVar("T")


class Server(LanguageServer):
    """The server and the texts that are open."""

    def __init__(self) -> None:
        super().__init__("inception-compile", __version__, protocol_cls=Conversation)
        assert isinstance(self.protocol, Conversation)
        self.conversation: Conversation = self.protocol
        self.desk = Desk()
        self.worker = ThreadPoolExecutor(1, "reader")
        self.tasks: set[asyncio.Future[None]] = set()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Say in a line what went wrong; a traceback would tell its reader nothing."""
        if isinstance(error, JsonRpcException) and source is FeatureRequestError:
            return  # It was the answer.
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, said))

    async def asked(
        self, uri: str, answer: Callable[[Reading, Sheet], T], none: T, *, last: bool = False
    ) -> T:
        """An answer about a text as it is now; `none` where no such text is open.

        With `last` it is of no use once the text has changed: then it is `none`, too.
        """
        sheet = self.desk.sheet(uri)
        if sheet is None:
            return none

        def run() -> T:
            if last and self.desk.sheet(uri) is not sheet:
                return none
            return answer(self.desk.read(sheet), sheet)

        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.worker, run)
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
        found = await self.asked(uri, self._found, None, last=True)
        if found is not None and sheet and sheet is self.desk.sheet(uri):
            self.tell(uri, found, sheet.version)
            if changed:
                self.check_heirs(uri)

    def _found(self, reading: Reading, sheet: Sheet) -> list[types.Diagnostic]:
        return diagnostics(reading, sheet.page, sheet.uri)

    @property
    def takes_snippets(self) -> bool:
        """Whether the editor fills in places of what it completes."""
        text = self.client_capabilities.text_document
        item = text.completion.completion_item if text and text.completion else None
        return bool(item and item.snippet_support)

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

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveTextDocumentParams) -> None:
        server.check_heirs(params.text_document.uri)

    return server
