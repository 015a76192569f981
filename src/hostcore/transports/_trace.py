"""W3C Trace Context: what goes along with a call, so that its parts in several programs are found again."""

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


MAX_TRACESTATE: Final = 512
"""Characters: as many as everybody on the way has to pass on."""

MAX_MEMBERS: Final = 32
"""Vendors that may have written something into it, by the specification."""

# A key is that of a vendor, or of a tenant of one; a value has printable ASCII without comma and equals sign.
_MEMBER: Final = re.compile(
    r"([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]"
)


def read_tracestate(text: str | None) -> str | None:
    """Return what vendors say about a trace, or None for what says nothing or is none: a call goes on without it then."""
    if not text or len(text) > MAX_TRACESTATE:
        return None
    members = [each for part in text.split(",") if (each := part.strip(" \t"))]
    keys = {each.partition("=")[0] for each in members}
    if len(members) > MAX_MEMBERS or len(keys) < len(members):
        return None
    if not all(_MEMBER.fullmatch(each) for each in members):
        return None
    return ",".join(members) or None


def is_same_trace(one: str | None, other: str | None) -> bool:
    """Tell whether two trace contexts are of one trace."""
    return one is not None and other is not None and one[_TRACE_ID] == other[_TRACE_ID]


_TRACE_ID: Final = slice(3, 35)
