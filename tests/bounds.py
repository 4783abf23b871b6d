"""Prints every direct dependency at its declared minimum: `make lowest` installs that.

Needs nothing but Python: it runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

EXTRAS = (
    "bench",
    "editor",
    "int8",
    "onnx",
    "openvino",
    "parquet",
    "ray",
    "sweep",
    "test",
    "train",
    "weights",
)
"""What the tests need."""
BOUND = re.compile(r"(?P<name>[\w.-]+(\[\w+\])?)>=(?P<version>[\w.]+)(?P<marker>\s*;.*)?")
PEERS = {"torchvision": "0.24.0", "timm": "1.0.20", "aeon": "1.5.0", "tsai": "0.4.0"}
"""Peers of about that time, which are installed without what they ask for.

aeon had its network in another file before.
"""


def lowest(project: dict[str, object]) -> Iterator[str]:
    """Each direct dependency, pinned to its lower end."""
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict), extras
    groups = [project["dependencies"], *(extras[extra] for extra in EXTRAS)]
    for requirement in (line for group in groups for line in group):
        if found := BOUND.fullmatch(requirement):
            yield f"{found['name']}=={found['version']}{found['marker'] or ''}"


def main() -> None:
    """Print the pins, or the peers' with `peers`."""
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    pins = lowest(tomllib.loads(text)["project"])
    peers = (f"{name}=={version}" for name, version in PEERS.items())
    sys.stdout.write("\n".join(peers if "peers" in sys.argv else pins) + "\n")


if __name__ == "__main__":
    main()
