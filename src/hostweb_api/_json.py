"""JSON as it leaves the server: ready bytes, binary data in its JSON form."""

from __future__ import annotations

import base64
import json
from typing import Any


def dump_json(value: Any) -> bytes:
    """Encode a value as compact UTF-8 JSON; binary data becomes `{"$bytes": "<base64>"}`.

    Raises:
        ValueError: it holds NaN or infinity, or refers to itself.
        TypeError: it holds what JSON has no form for.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_binary)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8 form; JSON can still carry it, escaped.
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_binary).encode("ascii")


def _binary(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")
