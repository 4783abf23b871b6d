"""What the server can be asked, each put to a function of a text and a place."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

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
from compiler.editor.showing import COMMAND, SHOWS, Shown, Shows, shown
from dsl.text.problems import SpecError

if TYPE_CHECKING:
    from compiler.editor.server import Server

TRIGGERS = " .=/@"
"""What a completion is asked for behind, beside letters."""
Answer = Callable[["Server", Reading, Sheet, Any], Any]


def _completions(
    server: Server, reading: Reading, sheet: Sheet, params: types.CompletionParams
) -> list[types.CompletionItem]:
    return complete(reading, sheet.page, params.position, server.takes)


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


def _formatted(
    server: Server, reading: Reading, sheet: Sheet, params: types.DocumentFormattingParams
) -> list[types.TextEdit]:
    """The edits; where there can be none, the editor is told why."""
    del params
    try:
        return formatting(reading, sheet.page)
    except SpecError as error:
        first, *more = error.problems
        place = f"{first.span.line}:{first.span.column}: " if first.span.line else ""
        others = f" (and {len(more)} more)" if more else ""
        server.say(f"nothing was laid out: {place}{first.message}{others}")
        return []


def _told(refused: Refused) -> JsonRpcException:
    """A refusal as the protocol has it: the editor shows the message."""
    return JsonRpcException(str(refused), types.LSPErrorCodes.RequestFailed.value)


class Feature(NamedTuple):
    """Something that can be asked, and what answers it."""

    method: str
    answer: Answer
    none: Any = None
    """The answer where no such text is open."""
    options: Any = None
    """What the editor is told of it."""
    whole: bool = True
    """Whether the answer needs the network, rather than what stands in the text."""


FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_HOVER,
        lambda _, reading, sheet, params: hover(reading, sheet.page, params.position),
    ),
    Feature(
        types.TEXT_DOCUMENT_COMPLETION,
        _completions,
        [],
        types.CompletionOptions(trigger_characters=[*TRIGGERS]),
        whole=False,
    ),
    Feature(
        types.TEXT_DOCUMENT_DEFINITION,
        lambda _, reading, sheet, params: definition(
            reading, sheet.page, params.position, sheet.uri
        ),
    ),
    Feature(types.TEXT_DOCUMENT_REFERENCES, _references, []),
    Feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, _highlights, []),
    Feature(types.TEXT_DOCUMENT_PREPARE_RENAME, _nameable),
    Feature(
        types.TEXT_DOCUMENT_RENAME, _renamed, options=types.RenameOptions(prepare_provider=True)
    ),
    Feature(
        types.TEXT_DOCUMENT_DOCUMENT_SYMBOL,
        lambda _, reading, sheet, __: symbols(reading, sheet.page),
        [],
        whole=False,
    ),
    Feature(
        types.TEXT_DOCUMENT_FOLDING_RANGE,
        lambda _, reading, __, ___: folds(reading),
        [],
        whole=False,
    ),
    Feature(
        types.TEXT_DOCUMENT_INLAY_HINT,
        lambda _, reading, sheet, params: hints(reading, sheet.page, params.range),
        [],
    ),
    Feature(
        types.TEXT_DOCUMENT_CODE_LENS,
        lambda _, reading, sheet, __: lenses(reading, sheet.page, sheet.uri),
        [],
    ),
    Feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        lambda _, reading, sheet, params: actions(
            reading, sheet.page, params.range, sheet.uri, params.context.only
        ),
        [],
        types.CodeActionOptions(code_action_kinds=[*KINDS]),
    ),
    Feature(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        lambda _, reading, sheet, __: tokens(reading, sheet.page),
        options=LEGEND,
        whole=False,
    ),
    Feature(types.TEXT_DOCUMENT_FORMATTING, _formatted, [], whole=False),
)


def register(server: Server) -> None:
    """Have a server answer all of it."""
    for feature in FEATURES:
        server.feature(feature.method, feature.options)(_asked(server, feature))
    server.command(COMMAND)(_shown(server))


def _asked(server: Server, feature: Feature) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    async def asked(params: Any) -> Any:
        def run(reading: Reading, sheet: Sheet) -> Any:
            return feature.answer(server, reading, sheet, params)

        uri = params.text_document.uri
        return await server.asked(uri, run, feature.none, whole=feature.whole)

    return asked


def _shown(server: Server) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def show(*given: Any) -> Any:
        """What a lens leads to, by its text, what it is about, and the name that it stands at."""
        match given:
            case (str(uri), str(about), str(name)) if about in SHOWS:
                shows: Shows = about
            case _:
                raise JsonRpcInvalidParams

        def run(_: Reading, sheet: Sheet) -> Shown:
            texts = [(text.reading, text.page, text.uri) for text in server.family(sheet)]
            return shown(shows, name, texts)

        found = await server.asked(uri, run, None)
        if found and not server.lists_places:
            server.show(found)
        return found.answer if found else None

    return show
