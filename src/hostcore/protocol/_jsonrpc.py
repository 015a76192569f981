"""The JSON-RPC 2.0 encoding: one JSON object a line."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from hostcore.protocol._fields import (
    check_request,
    error_fields,
    is_id,
    notification_fields,
    read_error,
    read_meta,
    read_notification,
)
from hostcore.protocol._limits import EXCERPT, MAX_DEPTH, MAX_JSON_INTEGER, OVERSIZE_HEAD
from hostcore.protocol._messages import (
    ErrorInfo,
    Hello,
    Message,
    Notification,
    Request,
    Response,
    Role,
    UnknownNotification,
)
from hostcore.protocol._values import Violation, check_json_integers, check_value

BYTES_KEY: Final = "$bytes"

_VERSION: Final = "2.0"
_MARK: Final = b'"jsonrpc"'
# Only text with this many digits in a row can hold an integer beyond 2**53 - 1.
_MANY_DIGITS: Final = re.compile(r"[0-9]{16}")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_NO_META: Final[Mapping[str, Any]] = {}
_MISSING: Final = object()


def _write_other(value: Any) -> Any:
    """Give bytes their form in JSON, and turn a mapping that is no dict into one; nothing else passes the checks."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {BYTES_KEY: base64.b64encode(value).decode("ascii")}
    return dict(value)


def _read_integer(text: str) -> int:
    # Sixteen digits are the most that can be in range; longer ones are not even converted.
    value = int(text) if len(text) <= 17 else MAX_JSON_INTEGER + 1  # noqa: PLR2004 - 16 digits and a sign
    if not -MAX_JSON_INTEGER <= value <= MAX_JSON_INTEGER:
        raise Violation("an integer is beyond ±(2^53 - 1); send it as text")
    return value


def _read_float(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise Violation("a number is beyond the range of a 64-bit float")
    return value


def _read_constant(text: str) -> NoReturn:
    raise Violation(f"{text} is no JSON number: NaN and infinity are refused")


_ENCODE: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), default=_write_other
).encode
_DECODE: Final = json.JSONDecoder(
    parse_int=_read_integer, parse_float=_read_float, parse_constant=_read_constant
).decode


class NoMessageError(Exception):
    """Says that a line is no message at all: stray output."""


class JsonCodec:
    """Encodes and decodes messages as lines of JSON-RPC 2.0, seen from one role.

    Attributes:
        overhead: bytes that go over the wire with each line: its end.
    """

    overhead: Final = 1

    def __init__(self, role: Role) -> None:
        self._role = role

    def size(self, frame: bytes) -> int:
        """Return what of a frame counts against the receiver's limit."""
        return len(frame) - self.overhead

    def request(self, call_id: int, method: str, params: Mapping[str, Any], meta: Mapping[str, Any]) -> bytes:
        """Encode a request; raises `Violation`."""
        check_request(method, params, meta)
        message = {"jsonrpc": _VERSION, "id": call_id, "method": method, "params": params}
        if meta:
            message["meta"] = meta
        return _line(message)

    def result(self, call_id: int, result: Any) -> bytes:
        """Encode the response of a call that succeeded; raises `Violation`."""
        check_value(result)
        return _line({"jsonrpc": _VERSION, "id": call_id, "result": result})

    def error(self, call_id: int, error: ErrorInfo) -> bytes:
        """Encode the response of a call that failed; raises `Violation`."""
        return _line({"jsonrpc": _VERSION, "id": call_id, "error": error_fields(error)})

    def notification(self, message: Notification | Hello) -> bytes:
        """Encode a notification or a hello; raises `Violation`."""
        method, params = notification_fields(message)
        return _line({"jsonrpc": _VERSION, "method": method, "params": params})

    def excerpt(self, line: bytes | memoryview) -> str:
        """Show the beginning of a line to people."""
        head = bytes(line[:EXCERPT]).decode("utf-8", "replace")
        return f"{head}… ({len(line)} bytes)" if len(line) > EXCERPT else head

    def decode(self, line: bytes | memoryview) -> Message | UnknownNotification:
        """Decode one line without its end.

        Raises:
            NoMessageError: the line does not claim to be a message.
            Violation: it does, and is wrong.
        """
        message = _parse(line)
        method = message.get("method", _MISSING)
        if method is _MISSING:
            return _response(message)
        if type(method) is not str or not method:
            raise Violation("'method' must be a string that is not empty")
        kind = "request" if "id" in message else "notification"
        params = message.get("params", _MISSING)
        if params is _MISSING:
            params = {}
        elif type(params) is not dict:
            raise Violation(f"the params of a {kind} must be an object")
        if kind == "notification":
            return read_notification(self._role, method, params)
        meta = message.get("meta")
        return Request(
            id=_id(message, kind),
            method=method,
            params=params,
            meta=_NO_META if meta is None else read_meta(meta),
        )


def _parse(line: bytes | memoryview) -> dict[str, Any]:
    head = bytes(line[:OVERSIZE_HEAD])
    claims = head.startswith(b"{") and _MARK in head
    try:
        text = str(line, "utf-8")
        message = _DECODE(text)
    except Violation:
        if claims:
            raise
        raise NoMessageError from None
    except (ValueError, RecursionError) as error:
        if claims:
            raise Violation(f"the line is not one JSON object: {error}") from None
        raise NoMessageError from None
    if type(message) is not dict or message.get("jsonrpc") != _VERSION:
        raise NoMessageError
    if "\\" in text and _SURROGATE.search(text) is not None:
        _check_unicode(message)
    # The envelope is one level more than its params, result or error.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        check_value(message, MAX_DEPTH + 1)
    return message


def _check_unicode(message: dict[str, Any]) -> None:
    """Refuse half a surrogate pair: what is escaped so is no text, and cannot be passed on."""
    try:
        _ENCODE(message).encode("utf-8")
    except UnicodeEncodeError:
        raise Violation("text is not valid Unicode: half of a surrogate pair is escaped") from None


def _id(message: dict[str, Any], kind: str) -> int:
    call_id = message.get("id")
    if not is_id(call_id):
        raise Violation(f"the id of a {kind} must be an integer from 1 to 4294967295")
    return int(call_id)  # type: ignore[arg-type]  # is_id has seen that it is an int


def _response(message: dict[str, Any]) -> Response:
    error = message.get("error")
    result = message.get("result", _MISSING)
    if error is not None:
        if result is not _MISSING and result is not None:
            raise Violation("a response has either 'result' or 'error', not both")
        return Response(id=_id(message, "response"), error=read_error(error))
    if result is _MISSING:
        raise Violation("a message needs 'method', 'result' or 'error'")
    return Response(id=_id(message, "response"), result=result)


def _line(message: dict[str, Any]) -> bytes:
    try:
        text = _ENCODE(message)
        if _MANY_DIGITS.search(text) is not None:
            check_json_integers(message)
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError as error:
        raise Violation(f"text is not valid Unicode: {error}") from None
    except (TypeError, ValueError) as error:
        raise Violation(str(error)) from None
