"""The extension for VS Code: what it declares is what its code uses, and npm has all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from compiler.cli.group import COMMANDS
from compiler.editor.showing import COMMAND, LISTS_PLACES
from compiler.version import __version__

FOLDER = Path(__file__).parent.parent / "editors" / "vscode"
SOURCE = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "src").glob("*.ts"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def loaded(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


PACKAGE = loaded("package.json")
GIVEN = PACKAGE["contributes"]
SETTINGS = set(GIVEN["configuration"]["properties"])


def test_commands_are_those_that_are_registered() -> None:
    declared = {command["command"] for command in GIVEN["commands"]}
    assert declared == set(re.findall(r'registerCommand\("([\w.]+)"', SOURCE))


def test_settings_are_those_that_are_read() -> None:
    read = {f"inceptionCompile.{key}" for key in re.findall(r'\.get<[^>]+>\("(\w+)"', SOURCE)}
    assert read | {"inceptionCompile.trace.server"} == SETTINGS  # The client reads that itself.
    assert {key for key in SETTINGS if f"`{key}`" not in README} == set()
    restricted = PACKAGE["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    scoped = {
        key
        for key, value in GIVEN["configuration"]["properties"].items()
        if value["scope"] == "machine-overridable"
    }
    assert set(restricted) == scoped


def test_the_server_is_a_command_that_there_is() -> None:
    (word,) = re.findall(r'args = \["(\w+)"', SOURCE)
    assert word in COMMANDS
    default = GIVEN["configuration"]["properties"]["inceptionCompile.command"]["default"]
    project = (FOLDER.parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f"\n{default} = " in project


def test_lenses_are_known_by_the_servers_words() -> None:
    assert f'SHOW = "{COMMAND}"' in SOURCE
    assert f"initializationOptions: {{ {LISTS_PLACES}: true }}" in SOURCE


def test_the_language_is_the_one_that_is_served() -> None:
    (language,) = GIVEN["languages"]
    assert f'LANGUAGE = "{language["id"]}"' in SOURCE
    (grammar,) = GIVEN["grammars"]
    assert grammar["language"] == language["id"]
    assert loaded(grammar["path"])["scopeName"] == grammar["scopeName"]
    assert loaded(language["configuration"])["comments"] == {"lineComment": "#"}
    assert f"[{language['id']}]" in GIVEN["configurationDefaults"]


def test_its_version_is_ours() -> None:
    lock = loaded("package-lock.json")
    assert PACKAGE["version"] == lock["version"] == lock["packages"][""]["version"] == __version__


def test_the_lock_names_no_other_registry_and_holds_digests() -> None:
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    hosts = set(re.findall(r'"resolved": "https?://([^/]+)', text))
    assert hosts <= {"registry.npmjs.org"}
    packages = loaded("package-lock.json")["packages"]
    assert all("integrity" in each for path, each in packages.items() if path)


def test_the_sum_of_its_parts_is_there() -> None:
    assert "dist/extension.js" in PACKAGE["main"]
    assert "--outfile=dist/extension.js" in PACKAGE["scripts"]["build"]
    for word in ("build", "test"):
        assert f"npm {'run ' if word == 'build' else ''}{word}" in README
