"""Reads lines of stderr: plain text, with or without a tag, or a JSON object in one of the two usual forms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from hostcore.supervision._error_blocks import ErrorBlocks

LEVELS: Final[Mapping[str, str]] = {
    "trace": "trace",
    "debug": "debug",
    "info": "info",
    "notice": "info",
    "warn": "warn",
    "warning": "warn",
    "error": "error",
    "err": "error",
    "critical": "fatal",
    "fatal": "fatal",
    "panic": "fatal",
}
"""Words for levels that common logging libraries write, and what they mean here."""

FORMS: Final = (("@level", "@message"), ("level", "msg"))
"""Keys of level and message: hclog's, then those of slog, zap and logrus."""

_TAG: Final = re.compile(r"\[(TRACE|DEBUG|INFO|WARN|ERROR)\]")

MAX_BRACKETS: Final = 64
"""Brackets in a line of JSON that is read as a record; more may be nested deeper than what shows it can follow."""

TEXT_LIMIT: Final = 16 * 1024
"""Characters of a record's message, and of its fields, that are kept, as of a line of stderr.

A record may be as large as a frame, and a thousand of 4 MiB each would fill the memory.
"""

CUT_MARK: Final = " … (cut)"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON, and could not be shown as such")


def _finite(number: str) -> float:
    value = float(number)
    if not isfinite(value):
        _refuse(number)
    return value


def shortened(message: str) -> str:
    """Cut a message that is too long."""
    return message if len(message) <= TEXT_LIMIT else message[:TEXT_LIMIT] + CUT_MARK


def shortened_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return fields as they are, or, when they are too large, the beginning of their text as the field `cut`."""
    text = repr(fields) if fields else ""
    return fields if len(text) <= TEXT_LIMIT else {"cut": text[:TEXT_LIMIT] + CUT_MARK}


class StderrReader:
    """Reads what one process writes to stderr, line by line."""

    def __init__(self) -> None:
        self._blocks = ErrorBlocks()

    def __repr__(self) -> str:
        return f"<StderrReader {self._blocks}>"

    def read(self, line: str) -> tuple[str, str, dict[str, Any]]:
        """Return level, message and further fields.

        A text stands as it is. Its level is that of its tag (`[WARN] …`), else `info`, and `error` for what a
        runtime writes about an error that it was left alone with.
        """
        record = _record_of(line)
        if record is not None:
            return record
        tag = _TAG.match(line)
        if tag is not None:
            return LEVELS[tag[1].lower()], line, {}
        return "error" if self._blocks.takes(line) else "info", line, {}


def _record_of(line: str) -> tuple[str, str, dict[str, Any]] | None:
    """Return level, message and further fields of a line that is structured."""
    if not line.startswith("{") or line.count("{") + line.count("[") > MAX_BRACKETS:
        return None
    try:
        record = json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    for level_key, message_key in FORMS:
        level, message = record.get(level_key), record.get(message_key)
        if isinstance(level, str) and isinstance(message, str):
            rest = {key: value for key, value in record.items() if key not in {level_key, message_key}}
            return LEVELS.get(level.lower(), "info"), message, rest
    return None
