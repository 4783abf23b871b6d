"""Running the server over standard input and output, which nothing else may touch."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys

from compiler.editor.server import made


def serve() -> int:
    """Serve until the editor says goodbye; 0 if it did so as it should, else 1."""
    # What anybody prints would end up between messages: they go to a stream of their own.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # A thread waits for input, and nothing to clean up.
    logging.disable(logging.CRITICAL)  # pygls and asyncio would log tracebacks.
    gc.set_threshold(700, 10, 10)  # A server lives long, other than a command.
    server = made()
    try:
        server.start_io(stdout=answers)
    except (MemoryError, OverflowError, ValueError):  # A message of a length that nobody sends.
        sys.stderr.write("error: the editor announced a message that is too long\n")
        return 1
    server.worker.shutdown(wait=False, cancel_futures=True)
    return 0 if server.conversation.ended else 1
