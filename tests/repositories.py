"""Real git repositories for tests, with an author and nothing of the machine's own settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": f"a@{who}.example" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")},
}  # fmt: skip
"""What git takes from the environment."""


SPEC = """name: base
input: [3, 32, 32]
classes: 10
stem: [conv1: 3x3 8 /2]
body: [mixed: {concat: [1x1 8, [1x1 4, 3x3 8]]}]
head: [globalpool avg, fc classes]
"""
"""A network that is lowered in no time."""
GIT = shutil.which("git") or "git"


@dataclass(frozen=True)
class Repo:
    """A repository in a folder."""

    root: Path

    def git(self, *words: str, given: bytes = b"") -> str:
        environment = {**os.environ, **SETTINGS}
        command = [GIT, *words]
        ran = subprocess.run(
            command, cwd=self.root, input=given, env=environment, capture_output=True, check=False
        )
        assert not ran.returncode, ran.stderr.decode()
        return ran.stdout.decode()

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


def repository(root: Path) -> Repo:
    """A new one, whose branch is `main`."""
    root.mkdir(parents=True, exist_ok=True)
    made = Repo(root)
    made.git("init", "-q", "-b", "main")
    return made
