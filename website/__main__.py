"""Build the documentation site: `python -m website site`. Whatever leads nowhere fails it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from website.links import dead
from website.staging import PLAYGROUND, stage

HERE = Path(__file__).parent
MADE = "made-of.txt"
MAKERS = ("docutils", "furo", "myst-parser", "pygments", "sphinx")


def main(out: Path) -> int:
    """Build into a folder and look at each link there; of what it held the playground stays."""
    with TemporaryDirectory() as name:
        staged, carried = Path(name) / "source", Path(name) / "carried"
        try:
            stage(HERE.parent, staged, carried, playground=(out / PLAYGROUND).is_file())
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        made = digest((staged, carried, HERE))
        if (out / MADE).is_file() and (out / MADE).read_text(encoding="utf-8") == made:
            print(f"{out}/index.html: nothing to do")
            return 0
        clear(out)
        (out / MADE).write_text("unfinished", encoding="utf-8")
        words = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
        words += ["-d", str(Path(name) / "doctrees"), str(staged), str(out)]
        if code := build_main(words):
            return int(code)
        shutil.copytree(carried, out, dirs_exist_ok=True)
    if wrong := [*dead(out)]:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    (out / MADE).write_text(made, encoding="utf-8")
    print(f"{out}/index.html: {sum(1 for _ in out.rglob('*.html'))} pages, no dead links")
    return 0


def digest(folders: Iterable[Path]) -> str:
    """What the site is made of and by: the same, and it needn't be made again."""
    found = sha256(repr([(maker, version(maker)) for maker in MAKERS]).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(path.relative_to(folder).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def clear(out: Path) -> None:
    """Make a folder, or remove what an earlier build made in it, which may have had other pages."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / MADE).is_file() and any(each.name != "playground" for each in out.glob("*")):
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
