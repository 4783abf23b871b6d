"""The language server: what an editor says over a pipe, put to functions of a text and a place.

One thread reads texts and answers, in the order of the questions; the other only speaks with the
editor, so that a question can be taken back while another one is answered. Nothing is written
anywhere, and nothing that a spec says is run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from compiler.editor.completing import complete
from compiler.editor.conversation import Conversation
from compiler.editor.desk import Desk, Sheet, file_of
from compiler.editor.diagnosing import diagnostics
from compiler.editor.hovering import hover
from compiler.editor.reading import Reading
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
        del source
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, said))

    async def asked(self, uri: str, answer: Callable[[Reading, Sheet], T], none: T) -> T:
        """An answer about a text as it is now; `none` where no such text is open."""
        sheet = self.desk.sheet(uri)
        if sheet is None:
            return none
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.worker, self._answer, sheet, answer)
        except Exception as error:  # noqa: BLE001  # A fault of ours: told, and the server goes on.
            self.report_server_error(error, None)
            return none

    def _answer(self, sheet: Sheet, answer: Callable[[Reading, Sheet], T]) -> T:
        return answer(self.desk.read(sheet), sheet)

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
        found = await self.asked(uri, self._found, None)
        if found is not None and sheet and sheet is self.desk.sheet(uri):
            self.tell(uri, found, sheet.version)
            if changed:
                self.check_heirs(uri)

    def _found(self, reading: Reading, sheet: Sheet) -> list[types.Diagnostic]:
        return diagnostics(reading, sheet.page, sheet.uri)

    def tell(self, uri: str, found: list[types.Diagnostic], version: int | None) -> None:
        """Publish what is wrong with a text."""
        told = types.PublishDiagnosticsParams(uri, found, version)
        self.text_document_publish_diagnostics(told)


def made() -> Server:
    """A server with all that it can be asked."""
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveTextDocumentParams) -> None:
        server.check_heirs(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def _hover(params: types.HoverParams) -> types.Hover | None:
        def answer(reading: Reading, sheet: Sheet) -> types.Hover | None:
            return hover(reading, sheet.page, params.position)

        return await server.asked(params.text_document.uri, answer, None)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[*TRIGGERS])
    )
    async def _complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        def answer(reading: Reading, sheet: Sheet) -> list[types.CompletionItem]:
            return complete(reading, sheet.page, params.position, _takes_snippets(server))

        return await server.asked(params.text_document.uri, answer, [])

    return server


TRIGGERS = " .=/@"
"""What a completion is asked for behind, beside letters."""


def _takes_snippets(server: Server) -> bool:
    text = server.client_capabilities.text_document
    item = text.completion.completion_item if text and text.completion else None
    return bool(item and item.snippet_support)
