"""The reader's own browser, opened at an address."""

from __future__ import annotations

import os
import webbrowser
from threading import Thread


def opened(address: str) -> bool:
    """Open the browser, without waiting for it; whether there is one with a window.

    One that shows text would take the terminal, in which the spec is being watched; whoever wants
    that says so with `BROWSER`.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    windowed = not isinstance(browser, webbrowser.GenericBrowser) or isinstance(
        browser, webbrowser.BackgroundBrowser
    )
    if not windowed and "BROWSER" not in os.environ:
        return False
    Thread(target=browser.open, args=(address,), daemon=True).start()
    return True
