"""The golden files: `generated/` holds just what the compiler makes of every shelf network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.cli import job, pictures
from compiler.files.folder import Folder
from compiler.lowering.prepare import prepare
from tests.shelf import IDS, NETWORKS

GENERATED = Path(__file__).parent.parent / "generated"


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_generated_is_up_to_date(name: str, variant: str | None, accept: bool) -> None:
    prepared = prepare(name, variant)
    results = job.results(prepared)
    where = Folder(job.folder(prepared, GENERATED))
    if accept:
        where.put({**results.every_file, **pictures.untouched(results.drawings)}, force=True)
    assert job.drift(where, results) == []


def folders() -> set[str]:
    """The networks in `generated/`; caches of tools apart."""
    return {path.name for path in GENERATED.iterdir() if path.is_dir() and path.name[0].isalnum()}


def test_generated_holds_nothing_else(accept: bool) -> None:
    wanted = {name if variant is None else f"{name}-{variant}" for name, variant in NETWORKS}
    for name in folders() - wanted if accept else ():
        shutil.rmtree(GENERATED / name)
    assert folders() <= wanted
