"""Build the documentation site: `python -m website site`. Whatever leads nowhere fails it."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from website.links import dead
from website.staging import stage

HERE = Path(__file__).parent


def main(out: Path) -> int:
    """Build into a folder and look at each link there; what else is in the folder stays."""
    with TemporaryDirectory() as name:
        staged = Path(name) / "source"
        try:
            stage(HERE.parent, staged, out)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        words = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
        words += ["-d", str(Path(name) / "doctrees"), str(staged), str(out)]
        if code := build_main(words):
            return int(code)
    if wrong := [*dead(out)]:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(f"{out}/index.html: {sum(1 for _ in out.rglob('*.html'))} pages, no dead links")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
