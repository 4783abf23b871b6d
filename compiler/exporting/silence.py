"""Tools that are kept from talking: what comes out of them is compared, and the summary says it."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what tools log and warn of; nor do they set up logging for everyone else.

    `logging.warning` does that where the root has no handler.
    """
    root, silent, level = logging.getLogger(), logging.NullHandler(), logging.root.manager.disable
    root.addHandler(silent)
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        root.removeHandler(silent)
