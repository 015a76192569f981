"""Lines in the log of a plugin."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class LogSource(enum.StrEnum):
    """Says which way a log line came from the plugin."""

    LOG = "log"
    STDERR = "stderr"
    STRAY = "stdout-stray"
    HOST = "host"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """Is one line in the log of a plugin.

    Attributes:
        sequence: counts the lines of this plugin, from 1, without gaps.
        at: seconds since the epoch.
        plugin: the plugin's id.
        instance: index of the instance.
        source: which way it came.
        level: trace, debug, info, warn, error or fatal.
        message: the text; over-long lines are cut.
        logger: the plugin's logger, if it named one.
        fields: further key and value pairs.
    """

    sequence: int
    at: float
    plugin: str
    instance: int
    source: LogSource
    level: str
    message: str
    logger: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
