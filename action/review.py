"""The action's work: specs checked, drift told, and a pull request's comparison as its comment.

It needs Python's library, git and, for the comment, `gh`. Everything of the pull request comes in
by the environment or by files; what goes to the log can't give the runner commands.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = "inception-compile"
LONGEST = 60_000
"""Of a comment's 65,536 characters."""
CUT = "\n\n*The rest is in the job's summary.*\n"
SPEC = re.compile(r"^(#### |<details>)", re.MULTILINE)
"""How what is told of one spec begins."""


def main() -> int:
    """The exit code: of check and drift; a comment that can't be written is only a warning."""
    specs = _lines("REVIEW_SPECS") or ["specs"]
    code = _run(["check", "--format", "github", *_lines("REVIEW_CHECK_OPTIONS"), "--", *specs])
    generated = os.environ.get("REVIEW_GENERATED", "").strip()
    if generated and Path(generated).is_dir():
        code |= _run(["drift", "--format", "github", "--out", generated, "--", *specs])
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    if request := event.get("pull_request"):
        code |= _compared(specs, request)
    return int(bool(code))


def _compared(specs: list[str], request: dict[str, Any]) -> int:
    """Compare with the base, and write that where people look; 2 where that can't be done."""
    base = _base(request)
    there = [path for path in specs if _known(path, base)]
    if not there:
        return 0
    words = ["diff", "--git", base, "--format", "markdown", "--", *there]
    ran = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
    if ran.returncode > 1 or not ran.stdout:
        _log(ran.stderr)
        return 2
    name = str(request["base"].get("ref", base))
    text = ran.stdout.replace(base, _plain(name)) if _plain(name) else ran.stdout
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    if os.environ.get("REVIEW_COMMENT", "true").strip().lower() == "true":
        _comment(text, specs, int(request["number"]))
    return 0


def _lines(name: str) -> list[str]:
    return [line.strip() for line in os.environ.get(name, "").splitlines() if line.strip()]


def _run(words: list[str]) -> int:
    """Run a command that prints annotations; what it says besides is kept from giving any."""
    ran = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
    sys.stdout.write(ran.stdout)
    _log(ran.stderr)
    return ran.returncode


def _log(text: str) -> None:
    """Text for the log alone: nothing in it is a command to the runner."""
    if text.strip():
        token = secrets.token_hex(16)
        print(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::")  # noqa: T201  # the log


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S607


def _base(request: dict[str, Any]) -> str:
    """The commit that the change is compared with, fetched where the clone is shallow.

    Of the merge that GitHub checks out it is the first parent, which is newer than the event's base
    where that has moved on. The raw commit tells its parents in a shallow clone too.
    """
    base, head = (str(request[side]["sha"]) for side in ("base", "head"))
    raw = _git("cat-file", "commit", "HEAD").stdout.partition("\n\n")[0]
    parents = re.findall(r"^parent ([0-9a-f]{40,64})$", raw, re.MULTILINE)
    if len(parents) == 2 and parents[1] == head:
        base = parents[0]
    if not re.fullmatch("[0-9a-f]{40,64}", base):
        raise SystemExit(f"no commit's id: {base!r}")
    if _git("cat-file", "-e", f"{base}^{{commit}}").returncode:
        _git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", base)
    return base


def _known(path: str, base: str) -> bool:
    """Whether a file or folder is there, or was: one that neither has, has nothing to compare."""
    if Path(path).exists():
        return True
    return not _git("cat-file", "-e", f"{base}:./{path}").returncode


def _plain(name: str) -> str:
    """A branch's name where it is harmless in Markdown."""
    return name if re.fullmatch(r"[A-Za-z0-9_./-]{1,100}", name) else ""


def _comment(text: str, specs: list[str], number: int) -> None:
    """Write the comment anew, or change the one that is there; none where nothing is to tell."""
    digest = hashlib.sha256("\n".join(specs).encode()).hexdigest()[:12]
    mark = f"<!-- inception-compile {digest} -->"
    where = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    there = _gh("--paginate", "--slurp", f"{where}/{number}/comments?per_page=100")
    if there is None:
        return
    pages = json.loads(there or "[]")
    comments = [each for page in pages for each in page]
    own = [each for each in comments if mark in each["body"] and each["user"]["type"] == "Bot"]
    body = json.dumps({"body": f"{mark}\n{_fitting(text)}"})
    if own:
        _gh("--method", "PATCH", "--input", "-", f"{where}/comments/{own[0]['id']}", given=body)
    elif SPEC.search(text):
        _gh("--method", "POST", "--input", "-", f"{where}/{number}/comments", given=body)


def _fitting(text: str) -> str:
    """As much as a comment takes, cut where a spec ends."""
    if len(text) <= LONGEST:
        return text
    ends = [found.start() for found in SPEC.finditer(text)]
    end = max((end for end in ends if end <= LONGEST), default=0)
    head = text[:end] if end else text.partition("\n\n")[0]
    return head.rstrip() + CUT


def _gh(*words: str, given: str = "") -> str | None:
    """What GitHub answers; None, and a warning, where it refuses, as it does to a fork's token."""
    try:
        ran = subprocess.run(
            ["gh", "api", *words], input=given, capture_output=True, text=True, check=False  # noqa: S607
        )  # fmt: skip
    except FileNotFoundError:
        print("::warning::gh isn't installed, so there is no comment")  # noqa: T201  # an annotation
        return None
    if ran.returncode:
        print("::warning::the comment can't be written; the job's summary has it")  # noqa: T201
        _log(ran.stderr)
        return None
    return ran.stdout


if __name__ == "__main__":
    sys.exit(main())
