"""What is wrong with a data set, for the person who reads it."""

from __future__ import annotations


class DataFault(Exception):
    """Images that can't be had; the message says why, and `help` what would do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help
