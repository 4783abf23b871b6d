"""The page of a spec that is being written: what its server answers, and to whom."""

from __future__ import annotations

import json
import os
import re
import stat
import time
import webbrowser
from collections.abc import Iterator
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import run
from compiler.live.board import Board
from compiler.live.loopback import HOST, Loopback
from compiler.live.opening import opened
from compiler.lowering.prepare import Piped, Prepared, prepare
from compiler.report.page import as_html
from dsl.text.memory import forget
from tests.pages import page_of
from tests.repositories import SPEC

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def server() -> Iterator[Loopback]:
    found = Loopback(Board())
    found.start()
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()


def asked(server: Loopback, path: str = "", method: str = "GET", **headers: str) -> HTTPResponse:
    """The answer to a question that a browser could ask; `_` of a header's name is `-`."""
    connection = HTTPConnection(HOST, server.server_port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/{server.word}/{path}", headers=named)
    return connection.getresponse()


def heard(answer: HTTPResponse) -> dict[str, Any]:
    """The next state that is told."""
    while True:
        line = answer.fp.readline().decode()
        if line.startswith("data: "):
            found: dict[str, Any] = json.loads(line.removeprefix("data: "))
            return found


def prepared(text: str) -> Prepared:
    return prepare(Piped(text, "a.yaml", "a.yaml"))


def number_of(html: str) -> int:
    return int(page_of(html).one("section", "watched").attrs["data-number"])


def pieces_of(html: str) -> dict[str, str]:
    """The pieces of a page, each cut out of its text."""
    page, starts = html, [found.start() for found in re.finditer(r"<\w+ [^>]*data-piece=", html)]
    found = {}
    for start in starts:
        name = re.search(r'data-piece="([^"]*)"', page[start:])
        tag = re.match(r"<(\w+)", page[start:])
        assert name and tag
        depth = 0
        for end in re.finditer(rf"</?{tag[1]}\b[^>]*>", page[start:]):
            depth += -1 if end[0].startswith("</") else 1
            if not depth:
                found[unescape(name[1])] = page[start : start + end.end()]
                break
    return found


def test_each_save_is_told_and_the_page_is_the_newest(server: Loopback) -> None:
    board = server.board
    saves = asked(server, "saves")
    assert saves.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert heard(saves)["number"] == 0
    assert "Nothing yet" in asked(server).read().decode()
    board.show(prepared(SPEC), ["+1 parameters", "~ conv1"])
    told = heard(saves)
    told = told if told["number"] else heard(saves)  # The words may come before the page.
    assert (told["told"], told["built"], told["anew"]) == (["+1 parameters", "~ conv1"], True, None)
    assert number_of(asked(server).read().decode()) == told["number"] == 1
    board.trouble(HOSTILE)
    told = heard(saves)
    assert (told["number"], told["trouble"], told["built"]) == (1, HOSTILE, False)
    assert number_of(asked(server).read().decode()) == 1
    late = heard(asked(server, "saves?since=1"))
    assert late == told


WIDER = SPEC.replace("3x3 8 /2", "3x3 16 /2")
LONGER = WIDER.replace("body: [", "body: [more: 3x3 8, ")
EDITS = [
    WIDER,
    WIDER.replace("classes: 10", "classes: 12"),
    f"# a line above\n{WIDER}",
    LONGER,
    LONGER.replace("more", "named"),
    SPEC,
]
NOTHING: dict[str, Any] = {"htmls": [], "runs": None}


def test_pieces_that_are_told_make_the_page_that_is_asked_for(server: Loopback) -> None:
    server.board.show(prepared(SPEC), ())
    page = pieces_of(first := asked(server).read().decode())
    saves = asked(server, f"saves?since={number_of(first)}")
    assert heard(saves)["anew"] == NOTHING
    for text in EDITS:
        server.board.show(prepared(text), ())
        now = asked(server).read().decode()
        number = number_of(first)
        while number < number_of(now):
            told = heard(saves)
            number, runs = told["number"], told["anew"]["runs"]
            page |= pieces_of("\n".join(told["anew"]["htmls"]))
            page = {name: page[name] for run in runs or [[*page]] for name in run}
        assert [*page.items()] == [*pieces_of(now).items()]
        forget()
        assert (
            as_html([prepared(text)]).partition("<main")[2].partition("</main>")[0]
            == (now.partition("<main")[2].partition("</main>")[0])
        )
        first = now
    assert heard(asked(server, "saves?since=1", Last_Event_ID=str(number)))["anew"] == NOTHING


@pytest.mark.parametrize("since", ["", "?since=", "?since=-1", "?since=999", "?since=9e9", "?x"])
def test_a_page_that_is_none_of_these_is_fetched_whole(server: Loopback, since: str) -> None:
    server.board.show(prepared(SPEC), ())
    assert heard(asked(server, f"saves{since}"))["anew"] is None


def test_another_network_is_another_page(server: Loopback) -> None:
    server.board.show(prepared(SPEC), ())
    number = number_of(asked(server).read().decode())
    server.board.show(prepared(SPEC.replace("name: base", "name: other")), ())
    assert heard(asked(server, f"saves?since={number}"))["anew"] is None


def test_the_watched_page_is_the_report_with_one_way_out(server: Loopback) -> None:
    server.board.show(prepare("googlenet"), ())
    answer = asked(server)
    text = answer.read().decode()
    top = page_of(text)
    policy = next(
        each.attrs["content"]
        for each in top.all("meta")
        if each.attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ") and policy.endswith("; connect-src 'self'")
    assert answer.getheader("Content-Security-Policy") == "frame-ancestors 'none'"
    assert answer.getheader("Cache-Control") == "no-store"
    plain = page_of(report_of("googlenet"))
    assert [each.attrs for each in top.one("main").all()] == [
        each.attrs for each in plain.one("main").all()
    ]
    assert top.one("main").text == plain.one("main").text


def report_of(name: str) -> str:
    return as_html([prepare(name)])


STRANGERS: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"Host": f"{HOST}:1"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "script"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "iframe"},
    {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Dest": "empty"},
]


@pytest.mark.parametrize("path", ["", "saves"])
@pytest.mark.parametrize("headers", STRANGERS, ids=lambda each: " ".join(each.values()))
def test_another_page_gets_nothing(server: Loopback, headers: dict[str, str], path: str) -> None:
    assert asked(server, path, **headers).status == 403


def test_the_page_itself_and_a_person_are_answered(server: Loopback) -> None:
    own = f"http://{HOST}:{server.server_port}"
    assert asked(server, Origin=own, Sec_Fetch_Site="same-origin").status == 200
    assert asked(server, Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document").status == 200
    assert asked(server, Host=f"localhost:{server.server_port}").status == 200


def test_only_who_knows_the_word_is_answered(server: Loopback) -> None:
    word = server.word
    for wrong in ("x", word[:-1], f"{word}x", "..", "%00"):
        server.word = wrong
        path = f"/{wrong}/"
        server.word = word
        connection = HTTPConnection(HOST, server.server_port, timeout=20)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
    assert asked(server, "other").status == 404
    assert asked(server, method="POST").status == 501
    assert server.server_address[0] == "127.0.0.1"
    assert len(word) >= 20


def test_a_reader_who_leaves_is_no_news(
    server: Loopback, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        saves = asked(server, "saves")
        heard(saves)
        saves.close()
        server.board.trouble("x" * 1_000_000)
    assert heard(asked(server, "saves"))["number"] == 0
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_ours_is_told(server: Loopback, capfd: pytest.CaptureFixture[str]) -> None:
    del server.board
    assert asked(server, "saves").read() == b""
    deadline = time.monotonic() + 20
    said = ""
    while "AttributeError" not in said and time.monotonic() < deadline:
        said += capfd.readouterr().err
    assert "AttributeError" in said


def test_a_browser_with_a_window_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "_tryorder", ["text"])
    monkeypatch.setattr(webbrowser, "_browsers", {"text": [None, webbrowser.GenericBrowser("w3m")]})
    monkeypatch.delenv("BROWSER", raising=False)
    assert not opened("http://here/")
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    assert not opened("http://here/")
    said = tmp_path / "said"
    os.mkfifo(said)
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >{said}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(webbrowser, "_tryorder", ["own"])
    own = webbrowser.GenericBrowser(str(program))
    monkeypatch.setattr(webbrowser, "_browsers", {"own": [None, own]})
    monkeypatch.setenv("BROWSER", str(program))
    assert opened("http://here/")
    assert said.read_text() == "http://here/\n"


def test_no_port_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("socketserver.TCPServer.server_bind", refuse)
    assert run(["watch", "googlenet", "--open"]) == 1
    assert capsys.readouterr().err == "error: no page can be served here: Too many open files\n"
