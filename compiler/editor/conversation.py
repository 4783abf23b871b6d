"""What an editor may say when, and what becomes of the texts that it opens and changes.

pygls speaks the protocol; its own texts end lines where YAML and editors don't, so ours are kept
here. Answers that are faults carry a line, never a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from compiler.editor.pages import ENCODINGS, Encoding

if TYPE_CHECKING:
    from compiler.editor.server import Server


class Conversation(LanguageServerProtocol):
    """pygls's protocol with its order kept, and with our own texts."""

    begun = False
    ended = False

    @property
    def server(self) -> Server:
        """Our own."""
        return cast("Server", self._server)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message as what it is; one that can't be read is answered, if it was a question."""
        try:
            return super().structure_message(data)
        except JsonRpcException:
            number = data.get("id")
            if "method" in data and isinstance(number, (int, str)):
                self._refuse(number, JsonRpcInvalidParams())
            raise

    def handle_message(self, message: Any) -> None:
        """Take a message if it may be said now."""
        method, number = getattr(message, "method", ""), getattr(message, "id", None)
        if not method:
            super().handle_message(message)
            return
        fault = self._fault(method)
        if fault and number is not None:
            self._refuse(number, fault)
        elif not fault:
            self.begun |= method == types.INITIALIZE
            self.ended |= method == types.SHUTDOWN
            super().handle_message(message)

    def _fault(self, method: str) -> JsonRpcException | None:
        """Why something can't be said now."""
        if method == types.EXIT:
            return None
        if self.ended:
            return JsonRpcInvalidRequest("the server was shut down")
        if self.begun:
            again = method == types.INITIALIZE
            return JsonRpcInvalidRequest("the server is initialized already") if again else None
        wrong = method != types.INITIALIZE
        return JsonRpcServerNotInitialized("initialize comes first") if wrong else None

    def _refuse(self, number: int | str, fault: JsonRpcException) -> None:
        self._send_response(number, error=fault.to_response_error())

    def _send_response(
        self,
        msg_id: int | str,
        result: Any | None = None,
        error: types.ResponseError | None = None,
    ) -> None:
        if error:
            error = types.ResponseError(error.code, error.message.partition("\n")[0])
        super()._send_response(msg_id, result, error)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a text."""
        document, desk = params.text_document, self.server.desk
        given = cast("Encoding", str(self.workspace.position_encoding))
        desk.encoding = given if given in ENCODINGS else "utf-16"
        desk.open(document.uri, document.text, document.version)
        self.server.check(document.uri, changed=True)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a text; one that isn't open can't be changed, and that is nobody's concern."""
        document, desk = params.text_document, self.server.desk
        if sheet := desk.sheet(document.uri):
            desk.put(document.uri, sheet.page.changed(params.content_changes), document.version)
            self.server.check(document.uri, changed=True)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Let go of a text, and of what was said of it."""
        uri = params.text_document.uri
        if self.server.desk.sheet(uri):
            self.server.desk.close(uri)
            self.server.tell(uri, [], None)
            self.server.check_heirs(uri)
