"""Read the details of a failed call: messages of any kind that came along with its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hostcore.errors import CallFailedError
from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._known import KnownMessages
from hostcore_grpc.methods._runtime import DecodeError, Message, message_class, parse
from hostcore_grpc.methods._scalars import MisfitError, Style, write_bytes
from hostcore_grpc.methods._to_json import JsonWriter

# Headers hold them, so they are small; more than a few are for nobody.
MAX_DETAILS: Final = 16
ERROR_INFO: Final = "google.rpc.ErrorInfo"
RETRY_INFO: Final = "google.rpc.RetryInfo"
_TYPE: Final = "@type"


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """Is one message that came along with a status.

    Attributes:
        name: its full name.
        value: as JSON; of a kind that the plugin did not describe, `{"value": <base64>}`.
        reason: of an ErrorInfo, what it says; else None.
    """

    name: str
    value: dict[str, Any]
    reason: str | None = None


class DetailsReader:
    """Reads details by the plugin's own descriptors, and those of google.rpc that say why and whether to try again.

    Args:
        descriptors: of the plugin.
        known: the messages of the adapter.
        style: how values look.
    """

    def __init__(
        self, descriptors: Descriptors, known: KnownMessages, *, style: Style = Style.MAPPING
    ) -> None:
        self._descriptors = descriptors
        self._known = known
        self._writer = JsonWriter(descriptors.pool, style)

    def __repr__(self) -> str:
        return f"<DetailsReader {self._descriptors!r}>"

    def read(self, details: bytes | None) -> tuple[Detail, ...]:
        """Return what a serialized `google.rpc.Status` holds; nothing when it is none, for the status itself counts."""
        if not details:
            return ()
        try:
            told = parse(self._known.status, details).details[:MAX_DETAILS]
            return tuple(self._detail(item) for item in told)
        except DecodeError:
            return ()

    def error(self, status: int, message: str, details: bytes | None) -> CallFailedError:
        """Return the error of a method that no interface file describes; its data has all details.

        Args:
            status: the gRPC code, 1 to 16.
            message: what the plugin said.
            details: the value of `grpc-status-details-bin`, decoded, or None.
        """
        found = self.read(details)
        data = {"details": [{_TYPE: item.name, **item.value} for item in found]} if found else None
        return CallFailedError(message, status=status, data=data, retryable=retryable(found))

    def _detail(self, item: Message) -> Detail:
        name = item.type_url.rpartition("/")[2]
        if name == ERROR_INFO:
            info = parse(self._known.error_info, item.value)
            metadata = {entry.key: entry.value for entry in info.metadata}
            value = {"reason": info.reason, "domain": info.domain, "metadata": metadata}
            return Detail(name=name, value=value, reason=info.reason)
        if name == RETRY_INFO:
            delay = parse(self._known.retry_info, item.value).retry_delay
            return Detail(name=name, value={"retryDelay": self._writer.write(delay, delay.DESCRIPTOR)})
        descriptor = self._descriptors.find_message(name)
        if descriptor is not None:
            try:
                shown = self._writer.write(parse(message_class(descriptor), item.value), descriptor)
            except (DecodeError, MisfitError):
                shown = None  # then as bytes: a broken detail must not hide the error itself
            if isinstance(shown, dict):
                return Detail(name=name, value=shown)
        return Detail(name=name, value={"value": write_bytes(item.value)})


def retryable(details: tuple[Detail, ...]) -> bool | None:
    """Tell whether the same call may succeed later; None when the details say nothing about it."""
    return True if any(item.name == RETRY_INFO for item in details) else None
