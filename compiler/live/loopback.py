"""A server for one page on this machine, and for word of each change of it.

Python's own server does: three answers and few readers, all of them here. It listens on the
loopback address alone, and what others there might do is refused: another user of the machine
doesn't know the word in the address, another page in the browser says by its headers that it is
one, and a name that leads here by a false DNS answer isn't ours.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from compiler.live.board import Board

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
PULSE = 10.0
"""After so many seconds without news a line is sent, so that readers who left are found."""
PATIENCE = 30.0
"""A reader who neither sends nor takes anything for so many seconds has left."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Loopback(ThreadingHTTPServer):
    """Serves a board on a free port; raises `OSError` where there is none."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, board: Board) -> None:
        super().__init__((HOST, 0), Answer)
        self.board = board
        self.word = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/{self.word}/"

    def start(self) -> None:
        """Serve from now on, as long as the program runs."""
        Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader who leaves in the middle of an answer is no news to whoever watches."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Answer(BaseHTTPRequestHandler):
    """One reader's question."""

    server: Loopback
    server_version = "inception-compile"
    sys_version = ""
    timeout = PATIENCE

    def do_GET(self) -> None:
        """The page, or word of its changes for as long as the reader stays."""
        base = f"/{self.server.word}/"
        path, _, asked = self.path.partition("?")
        if not self._ours():
            self.send_error(403)
        elif _same(path, base):
            self._begin("text/html; charset=utf-8")
            self.wfile.write(self.server.board.html.encode())
        elif _same(path, f"{base}saves"):
            self._begin("text/event-stream; charset=utf-8")
            self._tell_saves(self._number(asked))
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal belongs to the spec."""

    def end_headers(self) -> None:
        """What each answer says of itself, a refusal too."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def _ours(self) -> bool:
        """Whether the page itself asks, or a person who opens it."""
        return is_ours(dict(self.headers.items()), self.server.server_port)

    def _number(self, asked: str) -> int:
        """Which page the reader has, as it says when it asks, or asks again; -1 if it doesn't."""
        given = self.headers.get("Last-Event-ID") or asked.removeprefix("since=")
        return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else -1

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _tell_saves(self, number: int) -> None:
        turn = -1
        while True:
            line = ": still here\n\n"
            if shown := self.server.board.newer(turn, PULSE):
                line = f"id: {shown.page.number}\ndata: {shown.as_json(number)}\n\n"
                turn, number = shown.turn, shown.page.number
            self.wfile.write(line.encode())
            self.wfile.flush()


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def is_ours(headers: Mapping[str, str], port: int) -> bool:
    """Whether a question was asked under one of our names, and by no other page.

    >>> is_ours({"Host": "127.0.0.1:8080"}, 8080), is_ours({"Host": "evil.example:8080"}, 8080)
    (True, False)
    """
    given = {name.lower(): value for name, value in headers.items()}
    hosts = [f"{name}:{port}" for name in NAMES]
    origin = given.get("origin")
    opened = (
        given.get("sec-fetch-dest") == "document"
    )  # By a link, say: whoever has it reads nothing.
    return (
        given.get("host", "").lower() in hosts
        and (origin is None or origin in [f"http://{host}" for host in hosts])
        and (opened or given.get("sec-fetch-site", "none") in ("none", "same-origin"))
    )
