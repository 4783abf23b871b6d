"""An editor's side of a language server: JSON-RPC over pipes, spoken by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE = 60
"""Seconds after which a busy machine has no excuse."""
NOTHING: Any = MappingProxyType({})


class Editor:
    """A server in a process of its own, and all that it says."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "compiler", "lsp", "--stdio"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.folder = folder
        self.said: Queue[dict[str, Any] | None] = Queue()
        self.kept: list[dict[str, Any]] = []
        self.number = 0
        self.listener = Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream
        while header := stream.readline():
            length = int(header.partition(b":")[2])
            while stream.readline().strip():
                pass
            self.said.put(json.loads(stream.read(length)))
        self.said.put(None)

    def send(self, message: dict[str, Any]) -> None:
        """Say something."""
        self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def raw(self, body: bytes) -> None:
        """Say whatever bytes."""
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method: str, params: Any = NOTHING) -> None:
        """Say what needs no answer."""
        self.send({"method": method, "params": dict(params)})

    def ask(self, method: str, params: Any = NOTHING) -> int:
        """Ask something; the number of the question."""
        self.number += 1
        given = None if params is None else dict(params)
        self.send({"id": self.number, "method": method, "params": given})
        return self.number

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a question, whatever else is said meanwhile."""
        return self.until(lambda said: said.get("id") == number and "method" not in said)

    def result(self, method: str, params: Any = NOTHING) -> Any:
        """What is answered to a question that can be answered."""
        said = self.answer(self.ask(method, params))
        assert "error" not in said, said
        return said["result"]

    def until(self, wanted: Any) -> dict[str, Any]:
        """The first thing said that is wanted; the rest is kept."""
        for place, said in enumerate(self.kept):
            if wanted(said):
                return self.kept.pop(place)
        while True:
            try:
                next_said = self.said.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"nothing of that kind was said: {self.kept}") from None
            assert next_said is not None, "the server is gone"
            if wanted(next_said):
                return next_said
            self.kept.append(next_said)

    def begin(self, options: Any = None, /, **capabilities: Any) -> dict[str, Any]:
        """Introduce itself; what the server can do."""
        params = {"processId": None, "rootUri": self.folder.as_uri(), "capabilities": capabilities}
        params |= {"initializationOptions": options} if options else {}
        found: dict[str, Any] = self.result("initialize", params)
        self.notify("initialized")
        return found

    def uri(self, name: str) -> str:
        """The address of a file in its folder."""
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Open a text; what is wrong with it."""
        document = {"uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return self.problems(name, 1)

    def change(self, name: str, version: int, *changes: dict[str, Any]) -> list[dict[str, Any]]:
        """Change a text; what is wrong with it then."""
        document = {"uri": self.uri(name), "version": version}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)
        return self.problems(name, version)

    def problems(self, name: str, version: int | None) -> list[dict[str, Any]]:
        """What is said to be wrong with a version of a text."""
        uri = self.uri(name)

        def wanted(said: dict[str, Any]) -> bool:
            told = said.get("params", {})
            published = said.get("method") == "textDocument/publishDiagnostics"
            return published and told["uri"] == uri and told.get("version") == version

        found: list[dict[str, Any]] = self.until(wanted)["params"]["diagnostics"]
        return found

    def at(self, name: str, line: int, character: int, **more: Any) -> dict[str, Any]:
        """A place in a text, as questions name it."""
        position = {"line": line, "character": character}
        return {"textDocument": {"uri": self.uri(name)}, "position": position, **more}

    def end(self) -> int:
        """Say goodbye as one should; the server's exit code."""
        self.result("shutdown", None)
        self.notify("exit")
        return self.process.wait(PATIENCE)


@contextmanager
def editor(folder: Path) -> Iterator[Editor]:
    """An editor whose server is gone afterwards, and said nothing on standard error."""
    found = Editor(folder)
    try:
        yield found
    finally:
        found.process.kill()
        streams = found.process.stdin, found.process.stdout, found.process.stderr
        complaints = found.process.stderr.read() if found.process.stderr else b""
        found.listener.join()
        for stream in filter(None, streams):
            with suppress(BrokenPipeError):
                stream.close()
        found.process.wait()
    assert complaints == b""
