"""What the host may send: the checks that need no memory of earlier messages.

A violation cannot be answered, since nobody knows any more what the other side means; it ends the plugin.
"""

from __future__ import annotations

from polyhost_plugin._errors import HostProtocolError

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

PROTOCOL_VERSION = 1

INFLIGHT = 64
"""How many calls the host may send at once; what no thread is free for waits in the plugin."""

FRAME_LIMIT_LEAST = 4096
"""The least that `limits.frame` may be."""

ID_END = 2**32
CREDIT_MAX = 2**31 - 1
TIMEOUT_MAX_MS = 2**53 - 1

NO_META: Mapping[str, Any] = {}


def _is_integer(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


_META: dict[str, Callable[[Any], bool]] = {
    "timeout_ms": lambda value: _is_integer(value, 0, TIMEOUT_MAX_MS),
    "progress": lambda value: type(value) is bool,
    "credit": lambda value: _is_integer(value, 0, CREDIT_MAX),
    "parent": lambda value: _is_integer(value, 1, ID_END - 1),
    "plugin": lambda value: isinstance(value, str) and value != "",
    "traceparent": lambda value: isinstance(value, str),
    "tracestate": lambda value: isinstance(value, str),
}


def check_request(call_id: Any, name: Any, arguments: Any) -> Mapping[str, Any]:
    """Check a request of the host; return its meta.

    Raises:
        HostProtocolError: names what is wrong.
    """
    if type(call_id) is not int or not call_id & 1 or not 0 < call_id < ID_END:
        raise HostProtocolError(f"the host sent a request with the id {call_id!r}; its ids are odd numbers")
    if type(name) is not str or not name:
        raise HostProtocolError(f"the host sent a request whose method is {name!r}")
    if type(arguments) is not list or not arguments or type(arguments[0]) is not dict:
        raise HostProtocolError(f"the host sent {name} with params that are no map")
    if len(arguments) == 1 or arguments[1] is None:
        return NO_META
    meta: Any = arguments[1]
    if type(meta) is not dict or len(arguments) > 2:  # noqa: PLR2004 - params and meta
        raise HostProtocolError(f"the host sent {name} with more than params and one map of meta")
    absent = False
    for key, value in meta.items():
        check = _META.get(key)
        if value is None:
            absent = True
        elif check is not None and not check(value):
            raise HostProtocolError(f"the host sent {name} with the meta {key} = {value!r}")
    return {key: value for key, value in meta.items() if value is not None} if absent else meta


def check_notification(name: Any, arguments: Any) -> dict[str, Any]:
    """Check a notification of the host; return its params.

    Raises:
        HostProtocolError: names what is wrong.
    """
    if type(name) is not str or not name.startswith("$/") or name == "$/log":
        raise HostProtocolError(f"the host sent a notification {name!r}, which is not the protocol's")
    if type(arguments) is not list or not arguments or type(arguments[0]) is not dict:
        raise HostProtocolError(f"the host sent {name} with params that are no map")
    return arguments[0]


def check_hello(hello: Mapping[str, Any]) -> None:
    """Check the host's hello.

    Raises:
        HostProtocolError: it is none, or it speaks another version of the protocol.
    """
    version = hello.get("protocol")
    if version != PROTOCOL_VERSION or type(version) is not int:
        raise HostProtocolError(
            f"the host speaks protocol {version!r}, this plugin speaks {PROTOCOL_VERSION}"
        )
    host = hello.get("host")
    if type(host) is not dict or not all(isinstance(host.get(key), str) for key in ("name", "version")):
        raise HostProtocolError("the host's hello does not say the host's name and version")
