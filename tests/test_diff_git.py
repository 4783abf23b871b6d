"""`diff --git BASE`: each changed spec beside what it was, in real repositories."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import run
from compiler.review.git import Repository
from dsl.models import shelf
from tests.repositories import SETTINGS, SPEC, Repo, repository

BASE = f"""{SPEC}variants:
  five: {{set: {{classes: 5}}}}
  plain: {{set: {{body: [1x1 4]}}}}
"""
HEIR = "name: heir\nextends: ../base.yaml\nset: {mixed.branch1.width: 12}\n"
Ran = tuple[int, str, str]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    made = repository(tmp_path / "repo")
    made.write("base.yaml", BASE)
    made.write("nets/heir.yaml", HEIR)
    made.write("workflow.yaml", "name: ci\non: push\n")
    made.commit()
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Any:
    def ran(*words: str) -> Ran:
        code = run(["diff", *words])
        return code, *capsys.readouterr()

    return ran


def edit(repo: Repo, path: str, old: str, new: str) -> None:
    text = (repo.root / path).read_text(encoding="utf-8")
    assert old in text
    repo.write(path, text.replace(old, new))


def statuses(diff: Any, *words: str) -> dict[str, str]:
    code, out, err = diff("--git", "main", *words, "--format", "json")
    assert (code, err) == (0, "")
    return {spec["path"]: spec["status"] for spec in json.loads(out)["specs"]}


def test_a_spec_is_compared_with_what_it_was_and_so_is_its_heir(repo: Repo, diff: Any) -> None:
    edit(repo, "base.yaml", "conv1: 3x3 8", "conv1: 3x3 16")
    code, out, _ = diff("--git", "main", "--exit-code")
    assert code == 1
    base, heir, count = (part.splitlines() for part in out.split("\n\n")[::2])
    assert base[0] == "base.yaml: changed"
    assert "~ conv1: width 8 -> 16" in base[-1]
    assert base[1:-1] == ["  the same differences in variants five, plain"]
    assert heir[:2] == ["nets/heir.yaml: changed", "  by what it extends: base.yaml"]
    assert "~ conv1: width 8 -> 16" in heir[-1]
    assert count == ["2 changed since main"]
    assert re.search(r"^  cost +main +now +change$", out, re.MULTILINE)


def test_bases_are_read_from_the_revision(repo: Repo, diff: Any) -> None:
    edit(repo, "base.yaml", "conv1: 3x3 8", "conv1: 3x3 16")
    edit(repo, "nets/heir.yaml", "12", "20")
    _, out, _ = diff("--git", "main", "nets", "--format", "json")
    (heir,) = json.loads(out)["specs"]
    (found,) = heir["comparisons"]
    said = {(change["path"], change["old"], change["new"]) for change in found["changes"]}
    assert said == {("conv1", 8, 16), ("mixed.branch1", 12, 20)}


def test_what_came_and_went(repo: Repo, diff: Any) -> None:
    assert statuses(diff) == {}
    assert statuses(diff, "base.yaml") == {"base.yaml": "same"}
    repo.git("mv", "nets/heir.yaml", "nets/moved.yaml")
    repo.write("fresh.yml", BASE.replace("base", "fresh"))
    repo.write("deep/er/fresh.yaml", "name: deep\nextends: ../../base.yaml\n")
    edit(repo, "workflow.yaml", "push", "pull_request")
    found = {"nets/moved.yaml": "renamed", "fresh.yml": "new", "deep/er/fresh.yaml": "new"}
    assert statuses(diff) == found
    repo.commit()
    assert statuses(diff) == {}
    (repo.root / "fresh.yml").unlink()
    assert statuses(diff) == {"fresh.yml": "removed"}
    code, out, _ = diff("--git", "HEAD~1", "deep")
    assert code == 0
    assert out.startswith("deep/er/fresh.yaml: new, ")


def test_variants_are_compared_too(repo: Repo, diff: Any) -> None:
    edit(repo, "base.yaml", "plain: {set: {body: [1x1 4]}}", "wide: {width: 2}")
    edit(repo, "base.yaml", "classes: 5", "classes: 7")
    code, out, _ = diff("--git", "main", "base.yaml")
    assert code == 0
    assert "  new variants: wide\n  removed variants: plain\n  variant five:\n" in out
    assert "~ network: classes 5 -> 7" in out


def test_comments_and_line_ends_make_no_other_network(repo: Repo, diff: Any) -> None:
    (repo.root / "base.yaml").write_bytes(BASE.replace("\n", "\r\n").encode())
    assert statuses(diff) == {}
    repo.write("base.yaml", f"# more\n{BASE}")
    _, out, _ = diff("--git", "main", "base.yaml", "--exit-code")
    assert out == "base.yaml: changed, the same network\n\n1 changed since main\n"


def test_a_spec_that_is_wrong_now_is_told_and_one_that_was_does_no_harm(
    repo: Repo, diff: Any
) -> None:
    edit(repo, "base.yaml", "[1x1 8,", "[1x1 eight,")
    code, out, _ = diff("--git", "main", "base.yaml")
    assert code == 1
    assert "base.yaml: changed\n  as it is it can't be compiled:\n    base.yaml:5:29: error[" in out
    repo.commit()
    repo.write("base.yaml", BASE)
    code, out, _ = diff("--git", "main", "base.yaml")
    assert code == 0
    assert "  at main it can't be compiled:\n    main:base.yaml:5:29: error[" in out


WRONG = [
    (["--git", "nope"], "error: there is no revision nope in "),
    (["--git", "--output=x"], "error: '--output=x' is no revision"),
    (["--git", ""], "error: '' is no revision"),
    (["--git", "main:base.yaml"], "error: there is no revision main:base.yaml in "),
    (["--git", "main", "absent.yaml"], "error: there is no YAML file at absent.yaml, neither now"),
    (["--git", "main", "/"], "error: / isn't in the repository "),
    (["--git", "main", "googlenet"], "error: googlenet isn't in the repository "),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda value: str(value)[:20])
def test_what_cannot_be_asked(repo: Repo, diff: Any, words: list[str], said: str) -> None:
    code, out, err = diff(*words)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert len(err.splitlines()) == 1
    assert not (repo.root / "x").exists()


def test_nothing_changes_what_is_compared_with_a_revision(repo: Repo, diff: Any) -> None:
    code, _, err = diff("--git", "main", "--set", "classes=3")
    assert code == 2
    assert "nothing can change them" in err


def test_no_repository_and_no_git(
    tmp_path: Path, diff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, _, err = diff("--git", "main")
    assert code == 2
    assert "not a git repository" in err
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = diff("--git", "main")
    assert (code, err) == (2, "error: git isn't installed, or not on the PATH\n")


HOSTILE = ["-rf.yaml", "a b\n``` @user.yaml", "$(touch owned).yaml", "<img src=x>|`.yaml", "ä.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_hostile_names_stay_names(repo: Repo, diff: Any) -> None:
    for name in HOSTILE:
        repo.write(name, BASE)
    repo.commit()
    for name in HOSTILE:
        edit(repo, name, "conv1: 3x3 8", "conv1: 3x3 16")
    (repo.root / os.fsdecode(b"\xff.yaml")).write_text(BASE)
    code, out, _ = diff("--git", "main", "--format", "markdown")
    assert code == 0
    lines = out.splitlines()
    titles = [line for line in lines if ": changed" in line or ": new" in line]
    assert len(titles) == len(HOSTILE) + 1
    assert all(title.startswith("`") for title in titles)
    assert {line for line in lines if re.fullmatch("`{3,}[^`]*", line)} == {"```diff", "```"}
    assert not (repo.root / "owned").exists()
    assert len(statuses(diff, "./-rf.yaml")) == 1


def test_a_tree_that_leads_out_of_its_folder_is_not_written(repo: Repo, diff: Any) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", given=BASE.encode()).strip()
    entry = b"100644 ..\\x.yaml\0" + bytes.fromhex(blob)
    up = b"40000 ..\0" + bytes.fromhex(
        repo.git("hash-object", "-w", "--literally", "-t", "tree", "--stdin",
                 given=b"100644 evil.yaml\0" + bytes.fromhex(blob)).strip()
    )  # fmt: skip
    tree = repo.git("hash-object", "-w", "--literally", "-t", "tree", "--stdin", given=up + entry)
    commit = repo.git("commit-tree", tree.strip(), "-m", "evil").strip()
    assert b"../evil.yaml" in Repository(repo.root).ask("ls-tree", "-r", "-z", commit)
    assert Repository(repo.root).files(commit) == {}
    code, out, _ = diff("--git", commit, "base.yaml")
    assert (code, out.partition(",")[0]) == (0, "base.yaml: new")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_of_a_revision_are_not_followed(repo: Repo, diff: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(BASE)
    (repo.root / "link.yaml").symlink_to(secret)
    assert statuses(diff) == {}
    repo.commit()
    (repo.root / "link.yaml").unlink()
    repo.write("link.yaml", BASE)
    assert statuses(diff) == {"link.yaml": "new"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_comment_quotes_no_line_of_what_a_spec_names(repo: Repo, diff: Any) -> None:
    repo.write("secret.txt", "key: value\ntoken = 1234\n")
    repo.write("nets/heir.yaml", HEIR.replace("../base.yaml", "../secret.txt"))
    code, out, _ = diff("--git", "main", "nets", "--format", "markdown")
    assert code == 1
    assert "secret.txt:2:1: error[E002]: this is no spec" in out
    assert "1234" not in out
    (repo.root / "nets" / "link.yaml").symlink_to("../secret.txt")
    repo.write("nets/heir.yaml", HEIR.replace("../base.yaml", "link.yaml"))
    assert "1234" not in diff("--git", "main", "nets", "--format", "markdown")[1]
    assert "1234" in diff("--git", "main", "nets")[1]


def test_a_shelf_in_the_repository_is_that_of_the_revision(repo: Repo, diff: Any) -> None:
    repo.write("mine/shelved.yaml", BASE.replace("base", "shelved"))
    repo.write("by_name.yaml", "name: by_name\nextends: shelved\n")
    repo.commit()
    with shelf.standing_at(repo.root / "mine"):
        edit(repo, "mine/shelved.yaml", "conv1: 3x3 8", "conv1: 3x3 16")
        assert statuses(diff) == {"by_name.yaml": "changed", "mine/shelved.yaml": "changed"}


def test_before_the_first_commit(
    tmp_path: Path, diff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository(tmp_path / "empty")
    monkeypatch.chdir(made.root)
    code, _, err = diff("--git", "HEAD")
    assert code == 2
    assert "no revision HEAD" in err


def test_markdown_of_two_networks(diff: Any) -> None:
    code, out, _ = diff("googlenet", "googlenet@torchvision", "--format", "markdown")
    assert code == 0
    lines = out.splitlines()
    assert lines[:3] == ["**`googlenet` → `googlenet@torchvision`**", "", "```diff"]
    assert "| cost | googlenet | `googlenet@torchvision` | change |" in lines
    assert {line.count("|") for line in lines if line.startswith("|")} == {5}


TEXTCONV = 'f() {{ {python} -m compiler ir "$1" 2>/dev/null || cat "$1"; }}; f'


def test_git_shows_specs_as_trees_and_compares_them(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    repo.write(".gitattributes", "*.yaml diff=inception\n")
    repo.git("config", "diff.inception.textconv", TEXTCONV.format(python=sys.executable))
    edit(repo, "base.yaml", "conv1: 3x3 8", "conv1: 3x3 16")
    edit(repo, "nets/heir.yaml", "12", "20")
    shown = repo.git("diff", "--", "base.yaml", "nets/heir.yaml")
    removed = [line for line in shown.splitlines() if line.startswith("-  conv1")]
    assert len(removed) == 1
    assert "Conv2d(3, 8" in removed[0] or "3x32x32 -> 8x16x16" in removed[0]
    assert "+set: {mixed.branch1.width: 20}" in shown or "mixed.branch1" in shown
    tool = f"{sys.executable} -m compiler diff"
    said = repo.git("difftool", "-y", f"--extcmd={tool}", "main", "--", "base.yaml")
    assert "~ conv1: width 8 -> 16" in said
