"""Build the documentation site: `python -m website site`. Whatever leads nowhere fails it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from website.links import dead
from website.made import MADE, digest, is_made
from website.staging import PLAYGROUND, stage

HERE = Path(__file__).parent
SPHINX = ".buildinfo"
"""What Sphinx leaves in a site."""


def main(out: Path) -> int:
    """Build into a folder and look at each link there; of what it held the playground stays."""
    with TemporaryDirectory() as name:
        staged, carried = Path(name) / "source", Path(name) / "carried"
        try:
            stage(HERE.parent, staged, carried, playground=(out / PLAYGROUND).is_file())
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        made = digest((staged, carried))
        if is_made(out, made):
            print(f"{out}/index.html: nothing to do")
            return 0
        clear(out)
        (out / MADE).write_text("unfinished", encoding="utf-8")
        words = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
        words += ["-d", str(Path(name) / "doctrees"), str(staged), str(out)]
        if code := build_main(words):
            return int(code)
        shutil.copytree(carried, out, dirs_exist_ok=True)
    if wrong := [*dead(out, scripted=[PLAYGROUND])]:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    (out / MADE).write_text(made, encoding="utf-8")
    print(f"{out}/index.html: {sum(1 for _ in out.rglob('*.html'))} pages, no dead links")
    return 0


def clear(out: Path) -> None:
    """Make a folder, or remove what an earlier build made in it, which may have had other pages."""
    out.mkdir(parents=True, exist_ok=True)
    ours = any((out / name).is_file() for name in (MADE, SPHINX))
    if not ours and any(each.name != "playground" for each in out.glob("*")):
        raise SystemExit(
            f"{out} holds something else than a site: remove it, or name another folder"
        )
    for each in out.glob("*"):
        if each.is_dir() and each.name != "playground":
            shutil.rmtree(each)
        elif each.is_file():
            each.unlink()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
