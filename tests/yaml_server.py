"""yaml-language-server, the one that editors run, spoken to as an editor does."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest

PACKAGE = Path(__file__).parent / "editor"
PATIENCE = 60
"""Seconds to wait for an answer: many times what any takes."""
ABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
        },
        "hover": {"contentFormat": ["markdown"]},
    },
}


def installed(cache: Path) -> Path:
    """The server's program, installed in a folder that is kept; skips the test where it can't be.

    It is installed beside its place and put there whole: tests may run side by side.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm run yaml-language-server, and aren't here")
    lock = sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()
    home = cache / lock[:12]
    if not home.is_dir():
        with TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as beside:
            made = Path(beside, "made")
            shutil.copytree(PACKAGE, made)
            _install(npm, made)
            with suppress(OSError):  # Another put it there meanwhile.
                made.rename(home)
    return home / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


def _install(npm: str, folder: Path) -> None:
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    command = [npm, "ci", *options, "--fetch-timeout=30000"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)
    except subprocess.SubprocessError as error:
        said = str(getattr(error, "stderr", b"") or error)
        pytest.skip(f"npm can't install yaml-language-server: {said[:300]}")


class Server:
    """One running server; documents are opened under names of their own."""

    def __init__(self, process: subprocess.Popen[bytes], settings: dict[str, Any]) -> None:
        self.process = process
        self.settings = settings
        self.inbox: Queue[dict[str, Any]] = Queue()
        self.asked = 0
        self.opened = 0
        Thread(target=self._listen, daemon=True).start()
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": ABILITIES})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": settings})

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while header := self.process.stdout.readline():
            size = 0
            while header.strip():
                name, _, value = header.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
                header = self.process.stdout.readline()
            self.inbox.put(json.loads(self.process.stdout.read(size)))

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _wait(self, method: str = "", answer: int = 0) -> Any:
        """The next message of a method, or the answer to a question; what it asks is answered."""
        while True:
            try:
                message = self.inbox.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"no answer to {method or answer}") from None
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", ())
                result = [self.settings.get(item["section"]) for item in items]
                self._send({"id": message["id"], "result": result or None})
            elif method and message.get("method") == method:
                return message["params"]
            elif answer and message.get("id") == answer:
                return message["result"]

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """A request and its answer."""
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        return self._wait(answer=self.asked)

    def tell(self, method: str, params: dict[str, Any]) -> None:
        """A notification."""
        self._send({"method": method, "params": params})

    def open(self, text: str) -> str:
        """Open a text; gives its address."""
        self.opened += 1
        uri = f"file:///net{self.opened}.yaml"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def faults(self, *texts: str) -> list[list[str]]:
        """What the server finds wrong with each of some texts, which it gets all at once."""
        uris = [self.open(text) for text in texts]
        found: dict[str, list[str]] = {}
        while not found.keys() >= {*uris}:
            told = self._wait("textDocument/publishDiagnostics")
            found[told["uri"]] = [each["message"] for each in told["diagnostics"]]
        return [found[uri] for uri in uris]

    def at(self, question: str, text: str) -> Any:
        """An answer about the place of the `|` in a text, which isn't part of it."""
        before, _, after = text.partition("|")
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        where = {"textDocument": {"uri": self.open(before + after)}, "position": place}
        return self.ask(f"textDocument/{question}", where)

    def offers(self, text: str) -> dict[str, str]:
        """What is offered at the `|` in a text, each with what it is said to be."""
        items = self.at("completion", text)["items"]
        texts = (item.get("documentation") or "" for item in items)
        said = [each["value"] if isinstance(each, dict) else each for each in texts]
        return dict(zip((item["label"] for item in items), said, strict=True))

    def hover(self, text: str) -> str:
        """What is shown at the `|` in a text."""
        found = self.at("hover", text)
        return str(found["contents"]["value"]) if found else ""


@contextmanager
def running(program: Path, schemas: dict[str, str]) -> Iterator[Server]:
    """A server that checks files by schemas: each its address, and the files' names."""
    settings = {
        "yaml": {
            "validate": True,
            "hover": True,
            "completion": True,
            "schemas": schemas,
            "schemaStore": {"enable": False},
        }
    }
    command = [str(shutil.which("node")), str(program), "--stdio"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        server = Server(process, settings)
        for _ in range(PATIENCE):  # It answers before it has asked for its settings.
            if server.faults("- no mapping\n") != [[]]:
                break
        yield server
    finally:
        process.kill()
        process.communicate()
