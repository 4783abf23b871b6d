"""The language server over a pipe, as an editor would speak, and as none should."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from compiler.cli import run
from compiler.editor.desk import Desk, Sheet
from compiler.editor.features import FEATURES
from compiler.editor.pages import Page
from compiler.editor.reading import Reading, read
from compiler.editor.server import made
from tests.asking import TINY, edited
from tests.speaking import ROOT, Editor, editor

NAME = "tiny.yaml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One that all may ask that end nothing: it takes a moment to start."""
    with editor(tmp_path_factory.mktemp("specs")) as found:
        found.begin()
        yield found


def span(line: int, start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def test_problems_come_and_go_while_one_types(server: Editor) -> None:
    assert server.open(NAME, TINY) == []
    (found,) = server.change(NAME, 2, {"range": span(14, 15, 17), "text": "c"})
    assert (found["code"], found["range"]) == ("E021", span(14, 15, 16))
    assert server.change(NAME, 3, {"range": span(14, 15, 16), "text": "c7"}) == []


def test_changes_count_one_upon_the_other(server: Editor) -> None:
    server.open(NAME, "")
    first = {"range": span(0, 0, 0), "text": TINY}
    second = {"range": span(2, 9, 11), "text": "ten"}
    (found,) = server.change(NAME, 2, first, second)
    assert found["range"] == span(2, 9, 12)
    assert server.change(NAME, 3, {"text": TINY}) == []


def test_of_many_letters_the_last_one_counts(server: Editor) -> None:
    """What was typed meanwhile is not checked one by one."""
    server.open(NAME, TINY)
    document = {"uri": server.uri(NAME)}
    for version in range(2, 40):
        change = {"range": span(14, 18, 18), "text": "1"}
        params = {"textDocument": {**document, "version": version}, "contentChanges": [change]}
        server.notify("textDocument/didChange", params)
    found = server.change(NAME, 40, {"text": edited("A c7=8", "A c=8")})
    assert [each["code"] for each in found] == ["E021"]


def test_columns_are_utf_16_behind_an_emoji(server: Editor) -> None:
    server.open(NAME, edited("{concat: [3x3 32 /2,", "{😋: 3, concat: [3x3 32 /2,"))
    (found,) = server.change(NAME, 2, {"range": span(12, 0, 0), "text": ""})
    assert found["code"] == "E010"
    assert found["range"] == span(12, 6, 8)


def test_windows_line_ends(server: Editor) -> None:
    assert server.open(NAME, TINY.replace("\n", "\r\n")) == []
    (found,) = server.change(NAME, 2, {"range": span(14, 15, 17), "text": "c"})
    assert found["range"] == span(14, 15, 16)


def test_hover_and_completion(server: Editor) -> None:
    server.open(NAME, TINY)
    found = server.result("textDocument/hover", server.at(NAME, 3, 8))
    assert "3×64×64 → 16×32×32" in found["contents"]["value"]
    items = server.result("textDocument/completion", server.at(NAME, 14, 15))
    assert "c7" in {item["label"] for item in items}


def test_what_a_spec_extends_counts_unsaved(server: Editor) -> None:
    base, heir = "base.yaml", "heir.yaml"
    (server.folder / base).write_text(TINY)
    server.open(base, TINY)
    assert server.open(heir, f"name: heir\nextends: {base}\nset: {{mixed_1.c7: 4}}\n") == []
    server.change(base, 2, {"text": TINY.replace("mixed_1", "mixed_0")})
    assert [each["code"] for each in server.problems(heir, 1)] == ["E026"]
    server.notify("textDocument/didClose", {"textDocument": {"uri": server.uri(base)}})
    assert server.problems(base, None) == []
    assert server.problems(heir, 1) == []


WHOLE = {"range": span(0, 0, 0) | {"end": {"line": 10**6, "character": 0}}}
QUESTIONS: dict[str, dict[str, Any]] = {
    types.TEXT_DOCUMENT_REFERENCES: {"context": {"includeDeclaration": True}},
    types.TEXT_DOCUMENT_RENAME: {"newName": "entry"},
    types.TEXT_DOCUMENT_INLAY_HINT: WHOLE,
    types.TEXT_DOCUMENT_CODE_ACTION: {**WHOLE, "context": {"diagnostics": []}},
    types.TEXT_DOCUMENT_FORMATTING: {"options": {"tabSize": 2, "insertSpaces": True}},
}
"""What questions hold besides a text and a place."""
SILENT = (types.TEXT_DOCUMENT_CODE_ACTION, types.TEXT_DOCUMENT_COMPLETION)
"""Those that have nothing to say where a step is given its name and all is well."""


@pytest.mark.parametrize("method", [feature.method for feature in FEATURES])
def test_every_question_has_an_answer(server: Editor, method: str) -> None:
    """About a text, about one that isn't open, and about one that nobody can read."""
    server.open(
        NAME, edited("maxpool 3x3 /2]", "maxpool 3x3 /2  ]", TINY.replace("c7=8", "c7=8  "))
    )
    server.open("bad.yaml", "stem: [conv1: 3x3 16\n  a: : [\n\t- b\n")
    params = QUESTIONS.get(method, {})
    asked = server.result(method, server.at(NAME, 3, 8, **params))
    assert bool(asked) is (method not in SILENT)
    for name in ("nowhere.yaml", "bad.yaml"):
        answer = server.answer(server.ask(method, server.at(name, 0, 8, **params)))
        assert "result" in answer or answer["error"]["code"] == -32803


def test_a_name_that_cannot_be_is_refused_in_words(server: Editor) -> None:
    server.open(NAME, TINY)
    asked = server.ask("textDocument/rename", server.at(NAME, 14, 6, newName="mixed_2"))
    assert "taken" in server.answer(asked)["error"]["message"]
    said = [each for each in server.kept if each.get("method") == "window/logMessage"]
    assert [each for each in said if "taken" in str(each)] == []


def message(server: Editor, beginning: str) -> str:
    """What the editor's user is told that begins so."""

    def wanted(said: dict[str, Any]) -> bool:
        shown = said.get("method") == "window/showMessage"
        return shown and said["params"]["message"].startswith(beginning)

    return str(server.until(wanted)["params"]["message"])


def test_layout_that_cannot_be_says_why(server: Editor) -> None:
    server.open(NAME, edited("classes: 10", "classes: [10"))
    params = server.at(NAME, 0, 0, options={"tabSize": 2, "insertSpaces": True})
    assert server.result("textDocument/formatting", params) == []
    said = message(server, "nothing was laid out: ")
    assert re.search(r" \d+:\d+: \w+", said)


def lenses(server: Editor) -> dict[str, dict[str, Any]]:
    """The command of each lens by what it stands at."""
    found = server.result("textDocument/codeLens", server.at(NAME, 0, 0))
    return {each["command"]["arguments"][2]: each["command"] for each in found}


def test_lenses_lead_to_what_they_are_about(server: Editor) -> None:
    server.open(NAME, TINY)
    commands = lenses(server)
    assert [*commands] == ["name", "A", "R", "helper"]
    answers = {}
    for name, given in commands.items():
        asked = {"command": given["command"], "arguments": given["arguments"]}
        answers[name] = server.result("workspace/executeCommand", asked)
        assert message(server, answers[name]["said"])
    lines = [each["range"]["start"]["line"] for each in answers["A"]["places"]]
    assert lines == [14, 15]
    assert answers["A"]["at"] == {"line": 5, "character": 2}
    assert answers["name"]["said"].startswith("most parameters: shrink")
    assert answers["name"]["places"][0]["range"]["start"]["line"] == 16
    assert answers["helper"]["said"] == "helper stands nowhere else"


def test_an_editor_that_lists_places_is_not_told_them(tmp_path: Path) -> None:
    """And one that can show a place is shown the first."""
    for options in ({"listsPlaces": True}, None):
        with editor(tmp_path) as found:
            found.begin(options, window={"showDocument": {"support": True}})
            found.open(NAME, TINY)
            given = lenses(found)["A"]
            found.result("workspace/executeCommand", given)
            assert found.result("textDocument/hover", found.at(NAME, 3, 8))
            methods = [each.get("method") for each in found.kept]
            assert ("window/showMessage" in methods) is (options is None)
            assert ("window/showDocument" in methods) is (options is None)


@pytest.mark.parametrize("given", [[], [1, 2, 3], ["file:///no", "block", "A"], ["a", "b", "c"]])
def test_commands_that_nobody_gave(server: Editor, given: list[Any]) -> None:
    asked = {"command": "inceptionCompile.show", "arguments": given}
    answer = server.answer(server.ask("workspace/executeCommand", asked))
    assert answer.get("result") is None
    assert answer.get("error", {"code": -32602})["code"] == -32602


def test_snippets_are_for_editors_that_take_them(tmp_path: Path) -> None:
    item = {"snippetSupport": True, "insertTextModeSupport": {"valueSet": [1, 2]}}
    for given in (item, {}):
        with editor(tmp_path) as found:
            found.begin(textDocument={"completion": {"completionItem": given}})
            found.open(NAME, "")
            items = found.result("textDocument/completion", found.at(NAME, 0, 0))
            text = items[-1]["textEdit"]["newText"]
            assert ("${1:other}" in text) is bool(given)
            assert items[-1].get("insertTextMode") == (1 if given else None)


class TestOld:
    """Texts that have changed meanwhile."""

    def test_questions_about_them_are_not_answered(self, server: Editor) -> None:
        server.open(NAME, TINY)
        document = {"uri": server.uri(NAME)}
        asked = []
        for version in range(2, 22):
            change = {"range": span(2, 9, 10), "text": str(version % 9 + 1)}
            params = {"textDocument": {**document, "version": version}, "contentChanges": [change]}
            server.notify("textDocument/didChange", params)
            asked.append(server.ask("textDocument/hover", server.at(NAME, 3, 8)))
        answers = [server.answer(number) for number in asked]
        assert "16×32×32" in answers[-1]["result"]["contents"]["value"]
        refused = [answer["error"]["code"] for answer in answers if "error" in answer]
        assert set(refused) == {-32801}
        assert server.problems(NAME, 21) == []

    def test_they_are_read_no_further(self) -> None:
        """What was asked first ends where the text changes, and only the new one is read whole."""
        server = made()
        whole = []

        def answer(reading: Reading, sheet: Sheet) -> str:
            whole.append(sheet.version)
            return sheet.page.text

        async def talk() -> Sequence[Any]:
            server.desk.open("file:///a", TINY, 1)
            first = asyncio.ensure_future(server.asked("file:///a", answer, ""))
            await asyncio.sleep(0)
            server.desk.put("file:///a", Page(edited("dropout", "relu, dropout")), 2)
            quick = asyncio.ensure_future(server.asked("file:///a", answer, "", whole=False))
            second = asyncio.ensure_future(server.asked("file:///a", answer, ""))
            return await asyncio.gather(first, quick, second, return_exceptions=True)

        first, quick, second = asyncio.run(talk())
        server.worker.shutdown()
        assert isinstance(first, JsonRpcContentModified)
        assert quick == second != TINY
        assert whole == [2, 2]

    def test_a_check_ends_between_two_lints(self) -> None:
        calls = []

        def between() -> None:
            calls.append(1)
            if len(calls) == 5:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            read(TINY, "tiny.yaml", None, between)
        assert len(calls) == 5

    def test_what_is_said_at_once_waits_for_no_check(self) -> None:
        desk = Desk()
        desk.open("file:///a", TINY, 1)
        sheet = desk.sheets["file:///a"]
        assert desk.glimpse(sheet).network is None
        assert desk.read(sheet).network
        assert desk.glimpse(sheet).network


class TestHostile:
    """What no editor should do."""

    def test_questions_about_what_is_not_open(self, server: Editor) -> None:
        unknown = server.at("nowhere.yaml", 3, 4)
        assert server.result("textDocument/hover", unknown) is None
        assert server.result("textDocument/completion", unknown) == []
        server.notify("textDocument/didClose", {"textDocument": unknown["textDocument"]})
        change = {"textDocument": {**unknown["textDocument"], "version": 3}}
        server.notify("textDocument/didChange", {**change, "contentChanges": [{"text": "a"}]})
        assert server.result("textDocument/hover", unknown) is None

    def test_places_outside_the_text(self, server: Editor) -> None:
        server.open(NAME, TINY)
        for place in ((0, 10**6), (10**6, 0), (2**31 - 1, 2**31 - 1)):
            server.result("textDocument/hover", server.at(NAME, *place))
            server.result("textDocument/completion", server.at(NAME, *place))
        found = server.change(NAME, 2, {"range": span(10**6, 5, 9), "text": "head: 3\n"})
        assert found[0]["code"] == "E004"

    def test_what_is_no_message(self, server: Editor) -> None:
        for body in (b"{", b"[]", b"3", b'{"jsonrpc": "2.0"}', b"[" * 10_000, b'{"a": "\xff"}'):
            server.raw(body)
        bad = server.ask("textDocument/hover", {"textDocument": 3})
        assert server.answer(bad)["error"]["code"] == -32602
        unknown = server.answer(server.ask("textDocument/whatever"))
        assert unknown["error"]["code"] == -32601
        assert "data" not in unknown["error"]

    def test_a_text_beyond_the_limits(self, server: Editor) -> None:
        (found,) = server.open(NAME, "# " + "x" * 300_000)
        assert found["code"] == "E005"
        assert server.change(NAME, 2, {"text": TINY}) == []

    def test_a_question_taken_back_while_another_is_answered(self, server: Editor) -> None:
        big = edited("A c7=12 x2", "A c7=12 x40")
        document = {"uri": server.uri(NAME), "languageId": "yaml", "version": 7, "text": big}
        server.notify("textDocument/didOpen", {"textDocument": document})
        asked = [server.ask("textDocument/hover", server.at(NAME, 3, 8)) for _ in range(3)]
        server.notify("$/cancelRequest", {"id": asked[1]})
        server.notify("$/cancelRequest", {"id": 10**6})
        answers = [server.answer(number) for number in asked]
        assert "result" in answers[0] and "result" in answers[2]
        assert answers[1].get("error", {"code": -32800})["code"] == -32800

    def test_closed_while_it_is_read(self, server: Editor) -> None:
        document = {
            "uri": server.uri("gone.yaml"),
            "languageId": "yaml",
            "version": 1,
            "text": TINY,
        }
        server.notify("textDocument/didOpen", {"textDocument": document})
        asked = server.ask("textDocument/hover", server.at("gone.yaml", 3, 8))
        server.notify("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})
        assert "error" not in server.answer(asked)
        assert server.problems("gone.yaml", None) == []

    def test_other_addresses_than_files(self, server: Editor) -> None:
        for uri in ("untitled:Untitled-1", "git:/a.yaml?x", "", "file://host/%00.yaml"):
            document = {"uri": uri, "languageId": "yaml", "version": 1, "text": "extends: x.yaml"}
            server.notify("textDocument/didOpen", {"textDocument": document})
            place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 3}}
            server.result("textDocument/completion", place)

    def test_order(self, tmp_path: Path) -> None:
        """Nothing comes before `initialize` or behind `shutdown`, and no second one counts."""
        with editor(tmp_path) as found:
            early = found.answer(found.ask("textDocument/hover", found.at(NAME, 0, 0)))
            assert early["error"]["code"] == -32002
            found.notify("textDocument/didOpen", {"textDocument": {"uri": "file:///a"}})
            found.begin(general={"positionEncodings": ["utf-8", "utf-16"]})
            again = found.answer(found.ask("initialize", {"processId": None, "capabilities": {}}))
            assert again["error"]["code"] == -32600
            (wrong,) = found.open(NAME, edited("{concat: [3x3 32", "{é: 3, concat: [3x3 32"))
            assert wrong["range"] == span(12, 6, 8)
            found.result("shutdown", None)
            late = found.answer(found.ask("textDocument/hover", found.at(NAME, 0, 0)))
            assert late["error"]["code"] == -32600
            found.notify("exit")
            assert found.process.wait(60) == 0

    def test_gone_without_a_word(self, tmp_path: Path) -> None:
        with editor(tmp_path) as found:
            assert found.process.stdin
            found.process.stdin.close()
            assert found.process.wait(60) == 1


@pytest.mark.parametrize("length", ["9" * 11, "9" * 25, "9" * 5000], ids=len)
def test_a_message_of_a_length_that_nobody_sends(length: str) -> None:
    command = [sys.executable, "-m", "compiler", "lsp"]
    sent = f"Content-Length: {length}\r\n\r\nabc".encode()
    done = subprocess.run(command, cwd=ROOT, input=sent, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pygls", "lsprotocol"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    monkeypatch.delitem(__import__("sys").modules, "compiler.editor.server", raising=False)
    monkeypatch.delitem(__import__("sys").modules, "compiler.editor.serving", raising=False)
    assert run(["lsp"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "inception-compile[editor]" in error
