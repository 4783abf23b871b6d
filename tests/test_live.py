"""The page of a spec that is being written: what its server answers, and to whom."""

from __future__ import annotations

import json
import os
import stat
import time
import webbrowser
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import run
from compiler.live.board import Board
from compiler.live.loopback import HOST, Loopback
from compiler.live.opening import opened
from compiler.lowering.prepare import Piped, prepare
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


def test_each_save_is_told_and_the_page_is_the_newest(server: Loopback) -> None:
    board = server.board
    saves = asked(server, "saves")
    assert saves.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert heard(saves)["page"] == 0
    assert "Nothing yet" in asked(server).read().decode()
    parts = board.sketch(prepare(Piped(SPEC, "a.yaml", "a.yaml")))
    sheet, svg = heard(saves)["sketch"]
    board.page(parts, ["+1 parameters", "~ conv1"])
    told = heard(saves)
    told = told if told["page"] else heard(saves)  # The words may come before the page.
    assert (told["page"], told["told"], told["built"]) == (1, ["+1 parameters", "~ conv1"], True)
    page = page_of(asked(server).read().decode())
    (canvas,) = (each for each in page.all("figure") if each.attrs["data-sheet"] == sheet)
    assert canvas.one("svg").text == page_of(svg).one("svg").text
    board.trouble(HOSTILE)
    told = heard(saves)
    assert (told["page"], told["trouble"], told["built"]) == (1, HOSTILE, False)
    assert (
        page_of(asked(server).read().decode()).one("section", "watched").attrs["data-number"] == "1"
    )
    late = heard(asked(server, "saves"))
    assert late == told


def test_the_watched_page_is_the_report_with_one_way_out(server: Loopback) -> None:
    server.board.page(server.board.sketch(prepare("googlenet")), ())
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
    from compiler.report.page import as_html

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
    assert heard(asked(server, "saves"))["page"] == 0
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
