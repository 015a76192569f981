"""Reads lines of stderr: plain text, or a JSON object in one of the two usual forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

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


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON, and could not be shown as such")


def parse_stderr(line: str) -> tuple[str, str, dict[str, Any]]:
    """Return level, message and further fields; whatever is not structured is `info` text as it stands."""
    if line.startswith("{"):
        try:
            record = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return "info", line, {}
        for level_key, message_key in FORMS:
            level, message = record.get(level_key), record.get(message_key)
            if isinstance(level, str) and isinstance(message, str):
                rest = {key: value for key, value in record.items() if key not in {level_key, message_key}}
                return LEVELS.get(level.lower(), "info"), message, rest
    return "info", line, {}
