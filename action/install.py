"""Installs the command for the action's next step, unless the job has it: all but torch.

Reviewing builds no network, and torch would take longer than all the rest of a job.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LEFT_OUT = ("torch",)


def wanted(project: Path) -> list[str]:
    """What the package needs besides torch."""
    told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    needs: list[str] = told["project"]["dependencies"]
    return [need for need in needs if re.split(r"[^A-Za-z0-9_-]", need)[0] not in LEFT_OUT]


def main() -> int:
    """Make a virtual environment beside the job's own, and put it on the path."""
    if shutil.which("inception-compile"):
        return 0
    place = Path(os.environ["RUNNER_TEMP"]) / "inception-compile"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *wanted(HERE)], check=True)
    subprocess.run([*pip, "--no-deps", str(HERE)], check=True)
    with Path(os.environ["GITHUB_PATH"]).open("a", encoding="utf-8") as path:
        path.write(f"{scripts}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
