"""What the server can be asked, each put to a function of a text and a place."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from compiler.editor.acting import KINDS, actions
from compiler.editor.colouring import LEGEND, tokens
from compiler.editor.completing import complete
from compiler.editor.desk import Sheet
from compiler.editor.finding import definition, references
from compiler.editor.formatting import formatting
from compiler.editor.hinting import hints, lenses
from compiler.editor.hovering import hover
from compiler.editor.naming import name_at
from compiler.editor.outlining import folds, symbols
from compiler.editor.places import mark_at
from compiler.editor.reading import Reading
from compiler.editor.renaming import Refused, nameable, renamed

if TYPE_CHECKING:
    from compiler.editor.server import Server

T = TypeVar("T")
TRIGGERS = " .=/@"
"""What a completion is asked for behind, beside letters."""
Answer = Callable[["Server", Reading, Sheet, Any], Any]


def _completions(
    server: Server, reading: Reading, sheet: Sheet, params: types.CompletionParams
) -> list[types.CompletionItem]:
    return complete(reading, sheet.page, params.position, server.takes_snippets)


def _references(
    server: Server, reading: Reading, sheet: Sheet, params: types.ReferenceParams
) -> list[types.Location]:
    mark = mark_at(reading, sheet.page, params.position)
    name = name_at(reading, mark) if mark else None
    if name is None:
        return []
    texts = [(text.reading, text.page, text.uri) for text in server.family(sheet)]
    return references(name, texts, declaration=params.context.include_declaration)


def _highlights(
    server: Server, reading: Reading, sheet: Sheet, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    del server
    mark = mark_at(reading, sheet.page, params.position)
    name = name_at(reading, mark) if mark else None
    found = references(name, [(reading, sheet.page, sheet.uri)]) if name else []
    return [types.DocumentHighlight(place.range) for place in found]


def _nameable(
    server: Server, reading: Reading, sheet: Sheet, params: types.PrepareRenameParams
) -> types.Range:
    del server
    try:
        return sheet.page.range(nameable(reading, sheet.page, params.position).span)
    except Refused as refused:
        raise _told(refused) from None


def _renamed(
    server: Server, reading: Reading, sheet: Sheet, params: types.RenameParams
) -> types.WorkspaceEdit:
    try:
        mark = nameable(reading, sheet.page, params.position)
        return renamed(mark, params.new_name, server.family(sheet))
    except Refused as refused:
        raise _told(refused) from None


def _told(refused: Refused) -> JsonRpcException:
    """A refusal as the protocol has it: the editor shows the message."""
    return JsonRpcException(str(refused), types.LSPErrorCodes.RequestFailed.value)


FEATURES: tuple[tuple[str, Any, Answer, Any], ...] = (
    (
        types.TEXT_DOCUMENT_HOVER,
        None,
        lambda _, reading, sheet, params: hover(reading, sheet.page, params.position),
        None,
    ),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[*TRIGGERS]),
        _completions,
        [],
    ),
    (
        types.TEXT_DOCUMENT_DEFINITION,
        None,
        lambda _, reading, sheet, params: definition(
            reading, sheet.page, params.position, sheet.uri
        ),
        None,
    ),
    (types.TEXT_DOCUMENT_REFERENCES, None, _references, []),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, None, _highlights, []),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, None, _nameable, None),
    (types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True), _renamed, None),
    (
        types.TEXT_DOCUMENT_DOCUMENT_SYMBOL,
        None,
        lambda _, reading, sheet, __: symbols(reading, sheet.page),
        [],
    ),
    (
        types.TEXT_DOCUMENT_FOLDING_RANGE,
        None,
        lambda _, reading, sheet, __: folds(reading),
        [],
    ),
    (
        types.TEXT_DOCUMENT_INLAY_HINT,
        None,
        lambda _, reading, sheet, params: hints(reading, sheet.page, params.range),
        [],
    ),
    (
        types.TEXT_DOCUMENT_CODE_LENS,
        None,
        lambda _, reading, sheet, __: lenses(reading, sheet.page),
        [],
    ),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[*KINDS]),
        lambda _, reading, sheet, params: actions(
            reading, sheet.page, params.range, sheet.uri, params.context.only
        ),
        [],
    ),
    (
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        LEGEND,
        lambda _, reading, sheet, __: tokens(reading, sheet.page),
        None,
    ),
    (
        types.TEXT_DOCUMENT_FORMATTING,
        None,
        lambda _, reading, sheet, __: formatting(reading, sheet.page),
        [],
    ),
)
"""Every question, what the editor is told of it, what answers it, and what of no open text."""


def register(server: Server) -> None:
    """Have a server answer all of it."""
    for method, options, answer, none in FEATURES:
        server.feature(method, options)(_asked(server, answer, none))


def _asked(server: Server, answer: Answer, none: Any) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    async def asked(params: Any) -> Any:
        def run(reading: Reading, sheet: Sheet) -> Any:
            return answer(server, reading, sheet, params)

        return await server.asked(params.text_document.uri, run, none)

    return asked
