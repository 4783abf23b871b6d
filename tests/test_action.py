"""The GitHub Action and the pre-commit hooks, run as their runners would, in real repositories."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.cli import run
from compiler.cli.group import COMMANDS
from tests.repositories import SETTINGS, SPEC, Repo, repository

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
GH = """import json, os, sys
from pathlib import Path
said = sys.argv[1:]
with Path(os.environ["GH_LOG"]).open("a") as log:
    given = sys.stdin.read() if "--input" in said else ""
    log.write(json.dumps([said, given]) + "\\n")
if os.environ.get("GH_REFUSES"):
    sys.exit("HTTP 403: Resource not accessible\\n::error::from outside")
print(os.environ.get("GH_COMMENTS", "[]") if "--slurp" in said else "{}")
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="tools here are scripts of a shell")


@dataclass
class Job:
    """A job of a runner in a repository: its environment, and what came of its last run."""

    repo: Repo
    folder: Path
    environment: dict[str, str]

    def review(self, **more: str) -> tuple[int, str, list[tuple[list[str], str]]]:
        """The exit code, the log, and what was asked of GitHub."""
        log = self.folder / "gh.log"
        log.write_text("")
        ran = subprocess.run(
            [sys.executable, str(ROOT / "action" / "review.py")],
            cwd=self.repo.root, env={**self.environment, **more}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        asked = [json.loads(line) for line in log.read_text().splitlines()]
        return ran.returncode, ran.stdout + ran.stderr, [(words, given) for words, given in asked]

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text(encoding="utf-8")


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A pull request that makes a network wider, checked out as the merge that GitHub makes."""
    repo = repository(tmp_path / "repo")
    repo.write("specs/base.yaml", SPEC)
    repo.write("specs/heir.yaml", "name: heir\nextends: base.yaml\nclasses: 5\n")
    base = repo.commit()
    repo.git("switch", "-q", "-c", "change")
    repo.write("specs/base.yaml", SPEC.replace("conv1: 3x3 8", "conv1: 3x3 16"))
    head = repo.commit()
    repo.git("switch", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "change")
    tools = tmp_path / "bin"
    tools.mkdir()
    script(tools / "gh", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {tools}/gh.py "$@"\n')
    (tools / "gh.py").write_text(GH)
    command = f'exec {shlex.quote(sys.executable)} -m compiler "$@"'
    script(tools / "inception-compile", f"#!/bin/sh\n{command}\n")
    request = {
        "number": 7,
        "base": {"sha": base, "ref": "main"},
        "head": {"sha": head, "ref": "$(touch owned)"},
    }
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": request}))
    environment = {
        **os.environ,
        **SETTINGS,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_REPOSITORY": "somebody/nets",
        "GH_LOG": str(tmp_path / "gh.log"),
        "REVIEW_SPECS": "specs\n",
        "REVIEW_GENERATED": "generated",
        "REVIEW_CHECK_OPTIONS": "",
        "REVIEW_COMMENT": "true",
    }
    return Job(repo, tmp_path, environment)


def test_a_pull_request_gets_its_comparison(job: Job) -> None:
    code, _, asked = job.review()
    assert code == 0
    (listed, _), (posted, given) = asked
    assert listed[-1] == "repos/somebody/nets/issues/7/comments?per_page=100"
    assert posted == [
        "api", "--method", "POST", "--input", "-", "repos/somebody/nets/issues/7/comments"
    ]  # fmt: skip
    mark, _, text = json.loads(given)["body"].partition("\n")
    assert re.fullmatch("<!-- inception-compile [0-9a-f]{12} -->", mark)
    assert text == job.summary
    assert text.startswith("### Networks, compared with `main`\n\n2 changed since main\n")
    assert "~ conv1: width 8 -> 16" in text
    assert "by what it extends: `specs/base.yaml`" in text
    assert "| cost | main | now | change |" in text


def test_its_comment_is_kept_up_to_date(job: Job) -> None:
    _, _, asked = job.review()
    body = json.loads(asked[-1][1])["body"]
    others = [{"id": 1, "body": body, "user": {"type": "User"}}]
    pages = [others, [{"id": 2, "body": body, "user": {"type": "Bot"}}]]
    _, _, asked = job.review(GH_COMMENTS=json.dumps(pages))
    assert asked[-1][0][1:] == [
        "--method", "PATCH", "--input", "-", "repos/somebody/nets/issues/comments/2"
    ]  # fmt: skip
    job.repo.write("specs/base.yaml", SPEC)
    _, _, asked = job.review(GH_COMMENTS=json.dumps(pages))
    assert "no spec changed since" in json.loads(asked[-1][1])["body"]


def test_findings_and_drift_fail_the_job_beside_their_lines(job: Job) -> None:
    root = job.repo.root
    assert run(["compile", str(root / "specs/base.yaml"), "--out", str(root / "generated"),
                "--no-verify"]) == 0  # fmt: skip
    assert job.review()[0] == 0
    job.repo.write("specs/base.yaml", SPEC.replace("fc classes", "fc classes, softmax"))
    code, log, _ = job.review()
    assert code == 1
    lines = log.splitlines()
    assert any(line.startswith("::warning file=specs/base.yaml,line=6,") for line in lines)
    stale = "::error file=specs/base.yaml,line=1,col=1,endLine=1,endColumn=2,title=drift::"
    assert any(line.startswith(f"{stale}generated/base isn't what this gives") for line in lines)
    code, log, _ = job.review(REVIEW_CHECK_OPTIONS="--max-params=10\n--ignore=W140")
    assert "the limit of params is <= 10" in log
    assert "title=W140" not in log


def test_a_fork_has_the_summary_and_a_warning(job: Job) -> None:
    code, log, _ = job.review(GH_REFUSES="yes")
    assert code == 0
    assert "::warning::the comment can't be written" in log
    stop = re.search(r"::stop-commands::([0-9a-f]{32})\n(.*?)\n::\1::", log, re.DOTALL)
    assert stop
    assert "::error::from outside" in stop[2]
    assert "~ conv1" in job.summary


def test_a_shallow_clone_fetches_its_base(job: Job) -> None:
    shallow = job.folder / "shallow"
    job.repo.git("clone", "-q", "--depth=1", f"file://{job.repo.root}", str(shallow))
    job.repo = Repo(shallow)
    code, log, _ = job.review()
    assert code == 0, log
    assert "~ conv1: width 8 -> 16" in job.summary


def test_hostile_names_run_nothing(job: Job) -> None:
    for name in (
        "$(touch owned).yaml",
        "`touch owned`.yaml",
        "a\n::error::b.yaml",
        "-o owned.yaml",
    ):
        job.repo.write(f"specs/{name}", SPEC.replace("fc classes", "fc clases"))
    code, log, asked = job.review(REVIEW_SPECS="specs\n$(touch owned)\n")
    assert code == 1
    assert asked
    assert not list(job.repo.root.rglob("owned"))
    assert not re.search(r"^\s*::error::b", log, re.MULTILINE)


def test_without_a_pull_request_nothing_is_compared(job: Job) -> None:
    Path(job.environment["GITHUB_EVENT_PATH"]).write_text("{}")
    code, _, asked = job.review(REVIEW_GENERATED="")
    assert (code, asked) == (0, [])
    assert not (job.folder / "summary.md").exists()


def test_a_comment_is_cut_where_a_spec_ends() -> None:
    place = importlib.util.spec_from_file_location("review", ROOT / "action" / "review.py")
    assert place and place.loader
    script_of = importlib.util.module_from_spec(place)
    place.loader.exec_module(script_of)
    text = "### Head\n\n200 new\n" + "".join(
        f"\n<details><summary>\n\n{n}\n\n</summary>\n\n```diff\n{'x' * 400}\n```\n</details>\n"
        for n in range(200)
    )
    cut = script_of._fitting(text)
    assert len(cut) < 65_000
    assert cut.count("<details>") == cut.count("</details>") > 100
    assert cut.endswith(script_of.CUT)
    assert script_of._fitting("short") == "short"
    assert script_of._fitting("### Head\n\n" + "x" * 70_000) == "### Head" + script_of.CUT


def test_no_shell_reads_what_a_pull_request_says() -> None:
    steps = ACTION["runs"]["steps"]
    assert all("${{" not in step["run"] for step in steps)
    given = {name for step in steps for name in step.get("env", {})}
    text = (ROOT / "action" / "review.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(REVIEW_\w+)"', text))
    assert read == given - {"GH_TOKEN"}
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert used == set(ACTION["inputs"])
    for step in steps:
        (path,) = re.findall(r"\$GITHUB_ACTION_PATH/([\w./]+)", step["run"])
        assert (ROOT / path).is_file()


def test_installing_leaves_torch_out_and_what_is_there_alone(job: Job) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "action" / "install.py")], env=job.environment, check=True
    )
    assert done.returncode == 0
    code = "import install, json, pathlib; print(json.dumps(install.wanted(pathlib.Path('..'))))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "action", check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    wanted = json.loads(said)
    assert any(need.startswith("pydantic") for need in wanted)
    assert not any(need.startswith("torch") for need in wanted)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_run_as_pre_commit_runs_them(
    hook: dict[str, Any], job: Job, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = job.repo.root
    monkeypatch.chdir(root)
    run(["compile", "specs/base.yaml", "--no-verify"])
    program, *words = shlex.split(f"{hook['entry']} {shlex.join(hook['args'])}")
    assert program == "inception-compile"
    assert words[0] in COMMANDS
    assert hook["pass_filenames"] is False
    assert re.search(hook["files"], "specs/base.yaml")
    capsys.readouterr()
    assert run(words) == 0, capsys.readouterr()
    wrong = SPEC.replace("fc classes", "fc  classes, softmax")
    job.repo.write("specs/base.yaml", wrong)
    mended = run(words) == 0 and (root / "specs/base.yaml").read_text() != wrong
    assert mended == (hook["id"] == "inception-fmt")  # which pre-commit takes for a failure


def test_drift_of_several_specs(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(job.repo.root)
    assert run(["drift", "specs"]) == 0
    assert capsys.readouterr().out == "0 of 0 folders in generated stale\n"
    run(["compile", "specs/base.yaml", "--no-verify"])
    run(["compile", "specs/heir.yaml", "--no-verify"])
    capsys.readouterr()
    assert run(["drift", "specs"]) == 0
    assert capsys.readouterr().out == "0 of 2 folders in generated stale\n"
    job.repo.write("specs/heir.yaml", "name: heir\nextends: base.yaml\nclasses: 6\n")
    assert run(["drift", "specs"]) == 1
    out = capsys.readouterr().out
    assert "generated/heir is stale: run inception-compile specs/heir.yaml again" in out
    assert out.endswith("1 of 2 folders in generated stale\n")
    job.repo.write("specs/heir.yaml", "name: heir\nextends: nothing.yaml\n")
    assert run(["drift", "specs"]) == 1
    said = capsys.readouterr()
    assert "can't read specs/nothing.yaml" in said.err
    assert said.out == "0 of 1 folder in generated stale, 1 spec that can't be compiled\n"
