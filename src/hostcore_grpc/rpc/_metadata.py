"""What travels in headers: metadata, timeouts and messages of a status, in the forms that gRPC gives them."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable
from typing import Final, TypeAlias

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Pairs in their order; keys are lower case and may repeat. A key that ends in `-bin` has bytes, any other one text."""

_KEY: Final = re.compile(r"[0-9a-z_.-]+")
_TEXT: Final = re.compile(r"[ -~]*")
_RESERVED: Final = frozenset({"content-type", "te", "user-agent", "host", "connection"})

_TIMEOUT: Final = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS: Final = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}
MAX_TIMEOUT_DIGITS: Final = 8
"""Digits of a timeout: the standard's own bound."""

_UNPERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_TO_PERCENT: Final = re.compile(rb"[^ -$&-~]")  # all but printable ASCII, and the percent sign itself


def encode_metadata(metadata: Iterable[tuple[str, str | bytes]]) -> list[tuple[bytes, bytes]]:
    """Return metadata as header fields.

    Raises:
        ValueError: a key is not one of gRPC or is reserved, or a value does not fit its key.
    """
    return [(key.encode(), _encode_value(key, value)) for key, value in metadata]


def _encode_value(key: str, value: str | bytes) -> bytes:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of metadata: lower case letters, digits, `_`, `-` and `.` are")
    if key in _RESERVED or key.startswith("grpc-"):
        raise ValueError(f"the key {key!r} is reserved to gRPC")
    if key.endswith("-bin"):
        if isinstance(value, bytes):
            return encode_binary(value)
        raise ValueError(f"the value of {key!r} must be bytes, as the keys in `-bin` have them")
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return value.encode()
    raise ValueError(f"the value of {key!r} must be printable ASCII text; keys in `-bin` take any bytes")


def decode_metadata(headers: Iterable[tuple[bytes, bytes]]) -> Metadata:
    """Return the metadata among header fields; what cannot be decoded is passed over, as by other implementations."""
    pairs: list[tuple[str, str | bytes]] = []
    for raw_key, raw_value in headers:
        key = raw_key.decode(errors="replace")
        if key.startswith((":", "grpc-")) or key in _RESERVED:
            continue
        if not key.endswith("-bin"):
            pairs.append((key, raw_value.decode(errors="replace")))
            continue
        for part in raw_value.split(b","):
            value = decode_binary(part)
            if value is not None:
                pairs.append((key, value))
    return tuple(pairs)


def encode_binary(value: bytes) -> bytes:
    """Return bytes as the value of a `-bin` key: base64 without padding, as the standard asks of senders."""
    return base64.b64encode(value).rstrip(b"=")


def decode_binary(value: bytes) -> bytes | None:
    """Return the bytes of a value of a `-bin` key, padded or not; None when it is no base64."""
    try:
        return base64.b64decode(value.strip() + b"=" * (-len(value.strip()) % 4), validate=True)
    except binascii.Error:
        return None


def encode_timeout(seconds: float) -> bytes:
    """Return a timeout in the finest unit that holds it; never less than asked, so that the caller's clock decides."""
    for unit in (b"u", b"m", b"S", b"M", b"H"):
        amount = max(
            0, math.ceil(seconds / _UNITS[unit] - 1e-6)
        )  # 0.3 s are 300 ms, whatever binary fractions say
        if amount < 10**MAX_TIMEOUT_DIGITS:
            return b"%d%b" % (amount, unit)
    return b"99999999H"


def decode_timeout(value: bytes) -> float | None:
    """Return the seconds of a timeout; None for what is none."""
    match = _TIMEOUT.fullmatch(value)
    return int(match[1]) * _UNITS[match[2]] if match else None


def encode_message(text: str) -> bytes:
    """Return the message of a status, percent-encoded."""
    return _TO_PERCENT.sub(lambda found: b"%%%02X" % found[0][0], text.encode(errors="replace"))


def decode_message(value: bytes) -> str:
    """Return the message of a status; what is no percent-encoding stands for itself, as the standard wants it."""
    return _UNPERCENT.sub(lambda found: bytes((int(found[1], 16),)), value).decode(errors="replace")
