"""The bridge from the standard `logging` module to the host's log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyhost_plugin._plugin import Plugin

_LEVELS = (
    (logging.CRITICAL, "fatal"),
    (logging.ERROR, "error"),
    (logging.WARNING, "warn"),
    (logging.INFO, "info"),
    (logging.DEBUG, "debug"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN = (str, int, float, bool, type(None))


class HostHandler(logging.Handler):
    """Sends log records to the host; what `extra=` adds becomes fields."""

    def __init__(self, plugin: Plugin) -> None:
        super().__init__()
        self._plugin = plugin

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; a failure is reported as `logging` does, never raised."""
        try:
            level = next((name for least, name in _LEVELS if record.levelno >= least), "trace")
            fields: dict[str, Any] = {
                key: value if isinstance(value, _PLAIN) else str(value)
                for key, value in vars(record).items()
                if key not in _STANDARD
            }
            if record.exc_info:
                fields["traceback"] = (self.formatter or logging.Formatter()).formatException(record.exc_info)
            self._plugin.log_record(level, record.getMessage(), logger=record.name, fields=fields)
        except Exception:  # noqa: BLE001 - the contract of logging.Handler: a log line never breaks the program
            self.handleError(record)
