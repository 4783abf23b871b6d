"""Data and scripts inside a page: as they are, and never the end of what holds them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

ESCAPES = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})
"""JSON says each of these with an escape as well: `</script>` and `<!--` can't occur then."""


def island(text: str) -> str:
    r"""JSON for a `script` that isn't run: equal to what it was as data.

    >>> island('["</script>"]')
    '["\\u003c/script\\u003e"]'
    """
    return text.translate(ESCAPES)


def digest_of(script: str) -> str:
    """How a policy names a script that may run: no other one can."""
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"
