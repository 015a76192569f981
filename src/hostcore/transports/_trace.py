"""W3C Trace Context: the one text that goes along with a call, so that its parts in several programs are found again."""

from __future__ import annotations

import re
from typing import Final

_TRACEPARENT: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)


def read_traceparent(text: str | None) -> str | None:
    """Return a trace context in its version 00, or None for what is none: a call goes on without it then.

    What a later version of the specification has at the end is left out, as it asks for.
    """
    found = _TRACEPARENT.fullmatch(text) if text else None
    if found is None or found["version"] == "ff":
        return None
    if found["version"] == "00" and found["more"] is not None:
        return None
    if not found["trace"].strip("0") or not found["span"].strip("0"):
        return None
    return f"00-{found['trace']}-{found['span']}-{found['flags']}"
