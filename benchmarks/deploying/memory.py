"""What a process occupies, as Linux accounts for it: pages of files that it has mapped included."""

from __future__ import annotations

from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def start() -> None:
    """Forget the highest so far, where the system lets us."""
    if RESET.exists():
        RESET.write_text("5", encoding="ascii")


def resident() -> int | None:
    """Bytes now; None where the system doesn't say."""
    return _said("VmRSS") if STATUS.exists() else None


def highest() -> int:
    """The most bytes since `start`."""
    return _said("VmHWM")


def _said(key: str) -> int:
    return in_status(STATUS.read_text(encoding="utf-8"), key)


def in_status(text: str, key: str) -> int:
    r"""A size in such a text, in bytes.

    >>> in_status("VmPeak:   9 kB\nVmRSS:   2 kB\n", "VmRSS")
    2048
    """
    lines = dict(line.split(":", 1) for line in text.splitlines())
    return int(lines[key].split()[0]) * 1024
