"""Hears what one process says of its own accord, and hands it to the host in the form that it keeps."""

from __future__ import annotations

from hostcore.protocol import Log
from hostcore.snapshots import LogSource
from hostcore.supervision._facts import Environs
from hostcore.supervision._log_lines import StderrReader, shortened, shortened_fields
from hostcore.transports import ReverseCall


class Hearing:
    """Listens to one process; see `TransportListener`.

    Args:
        instance: index of the process's instance.
        environs: takes what it says.
    """

    def __init__(self, instance: int, environs: Environs) -> None:
        self._instance = instance
        self._environs = environs
        self._stderr = StderrReader()

    def __repr__(self) -> str:
        return f"<Hearing instance={self._instance}>"

    def log_received(self, record: Log) -> None:
        """Take a structured log record."""
        self._environs.log(
            self._instance,
            LogSource.LOG,
            record.level.value,
            shortened(record.message),
            logger=record.logger and shortened(record.logger),
            fields=shortened_fields(record.fields),
        )

    def stderr_received(self, line: str) -> None:
        """Take one line of stderr."""
        level, message, fields = self._stderr.read(line)
        self._environs.log(self._instance, LogSource.STDERR, level, message, fields=fields)

    def stray_received(self, text: str) -> None:
        """Take text that was printed where messages belong."""
        self._environs.log(self._instance, LogSource.STRAY, "warn", text)

    def host_noted(self, level: str, text: str) -> None:
        """Take a remark of the host."""
        self._environs.log(self._instance, LogSource.HOST, level, text)

    def called(self, call: ReverseCall) -> None:
        """Take a call to the host."""
        self._environs.called(call)
