"""Makes a text of what a call carried: without secrets, and never longer than a bound, however large it is."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from hostcore.traffic._facts import Body
from hostcore.traffic._secrets import Secrets

BYTES_KEY: Final = "$bytes"
SECRET_VALUE: Final[Mapping[str, Any]] = {"$secret": True}
"""Stands where a secret was."""

CUT_KEY: Final = "$cut"
"""Stands for what was left out: `{"$cut": <how many>}`, as the last item of a list or a member of an object."""

MAX_DEPTH: Final = 64
"""Containers inside each other; messages have no more, and answers of interceptors are cut here."""

_ITEM_COST: Final = 4
"""Characters that count for each item and member beside their own: quotes, commas, and the work of looking at them."""

_EXACT: Final = frozenset({int, bool, type(None)})


def make_body(value: Any, secrets: Secrets | None, limit: int) -> Body:
    """Write a value as JSON.

    Args:
        value: made of JSON's types and bytes; anything else is shown as text and makes the body not whole.
        secrets: where it has secrets; None for nowhere.
        limit: about how many characters it may take; what is beyond is cut.
    """
    copier = _Copier(limit)
    copied = copier.copy(value, secrets, 0)
    text = json.dumps(copied, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Body(text=text, is_whole=copier.is_whole, is_redacted=copier.is_redacted)


class _Copier:
    """Copies a value until its room is used up; looks at no more than that."""

    def __init__(self, limit: int) -> None:
        self.room = limit
        self.is_whole = True
        self.is_redacted = False

    def copy(self, value: Any, secrets: Secrets | None, depth: int) -> Any:
        if secrets is not None and secrets.is_secret:
            self.is_redacted = True
            self.room -= _ITEM_COST
            return SECRET_VALUE
        kind = type(value)
        if kind in _EXACT:
            self.room -= _ITEM_COST
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes | bytearray):
            return self._bytes(value)
        if depth < MAX_DEPTH and isinstance(value, Mapping | list | tuple):
            return self._container(value, secrets, depth)
        return self._other(value)

    def _container(
        self, value: Mapping[Any, Any] | list[Any] | tuple[Any, ...], secrets: Secrets | None, depth: int
    ) -> Any:
        if isinstance(value, Mapping):
            return self._object(value, secrets, depth)
        return self._list(value, secrets, depth)

    def _other(self, value: Any) -> Any:
        if isinstance(value, float) and math.isfinite(value):
            self.room -= _ITEM_COST
            return value
        self.is_whole = False
        return self._text(_shown(value))

    def _text(self, text: str) -> str:
        kept = text[: max(self.room, 0)]
        self.room -= len(kept) + _ITEM_COST
        clean = kept.encode("utf-8", "replace").decode()  # half a surrogate pair is no text that can be kept
        if len(kept) < len(text):
            clean += "…"
        if clean != text:
            self.is_whole = False
        return clean

    def _bytes(self, data: bytes | bytearray) -> Mapping[str, Any]:
        kept = data[: max(self.room, 0) * 3 // 4]
        text = base64.b64encode(kept).decode()
        self.room -= len(text) + _ITEM_COST
        if len(kept) == len(data):
            return {BYTES_KEY: text}
        self.is_whole = False
        return {BYTES_KEY: text, CUT_KEY: len(data) - len(kept)}

    def _object(self, value: Mapping[Any, Any], secrets: Secrets | None, depth: int) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for done, (name, each) in enumerate(value.items()):
            if self.room <= 0:
                self.is_whole = False
                copied[CUT_KEY] = len(value) - done
                break
            key = self._text(name if isinstance(name, str) else _shown(name))
            inner = secrets.member(name) if secrets is not None and isinstance(name, str) else None
            copied[key] = self.copy(each, inner, depth + 1)
        return copied

    def _list(self, value: list[Any] | tuple[Any, ...], secrets: Secrets | None, depth: int) -> list[Any]:
        copied: list[Any] = []
        for index, each in enumerate(value):
            if self.room <= 0:
                self.is_whole = False
                copied.append({CUT_KEY: len(value) - index})
                break
            copied.append(self.copy(each, secrets.item(index) if secrets is not None else None, depth + 1))
        return copied


def _shown(value: Any) -> str:
    try:
        return repr(value)[:80]
    except Exception:  # noqa: BLE001 - the text of a foreign object is foreign code
        return f"<{type(value).__name__}>"
