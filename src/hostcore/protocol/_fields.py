"""The content of messages: plain maps to typed messages and back, the same for both encodings.

What a reader finds wrong it raises as `Violation`; keys that it does not know it ignores.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

from hostcore.protocol._limits import (
    MAX_CREDIT,
    MAX_DEPTH,
    MAX_FRAME,
    MAX_ID,
    MAX_INFLIGHT,
    MAX_TIMEOUT_MS,
    MIN_FRAME,
)
from hostcore.protocol._messages import (
    HELLO,
    Cancel,
    Credit,
    Data,
    End,
    ErrorInfo,
    Hello,
    HostHello,
    Limits,
    Log,
    LogLevel,
    Message,
    Notification,
    PluginHello,
    Progress,
    Role,
    UnknownNotification,
)
from hostcore.protocol._values import Violation, check_value

Fields: TypeAlias = Mapping[str, Any]
_Test: TypeAlias = Callable[[Any], bool]

CANCEL: Final = "$/cancel"
PROGRESS: Final = "$/progress"
DATA: Final = "$/data"
END: Final = "$/end"
CREDIT: Final = "$/credit"
LOG: Final = "$/log"

_INTERFACE_VERSION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_MAX_PROTOCOL: Final = 65_535  # protocol versions are small; a bound keeps hostile ones out of messages


def is_id(value: Any) -> bool:
    """Tell whether `value` may name a call."""
    return type(value) is int and 0 < value <= MAX_ID


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_names(value: Any) -> bool:
    return type(value) is list and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def _is_versions(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(version, str) and _INTERFACE_VERSION.fullmatch(version) is not None
        for version in value.values()
    )


def _is_range(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 2  # noqa: PLR2004 - lowest and highest
        and all(type(item) is int for item in value)
        and 0 < value[0] <= value[1] <= _MAX_PROTOCOL
    )


def _integer(lowest: int, highest: int) -> tuple[_Test, str]:
    def within(value: Any) -> bool:
        return type(value) is int and lowest <= value <= highest

    return within, f"an integer from {lowest} to {highest}"


_ID: Final = (is_id, f"an integer from 1 to {MAX_ID}")
_TEXT: Final = (_is_text, "a string")
_NAME: Final = (_is_name, "a string that is not empty")
_MAP: Final = (_is_map, "a map")
_BOOL: Final = (_is_bool, "true or false")
_NAMES: Final = (_is_names, "a list of strings")
_NUMBER: Final = (_is_number, "a finite number")
_VERSIONS: Final = (_is_versions, 'a map of interface names to versions like "1.4"')
_RANGE: Final = (_is_range, "a list of two integers: the lowest and the highest protocol version, from 1")
_VERSION: Final = _integer(1, _MAX_PROTOCOL)
_ANY_INTEGER: Final = (lambda value: type(value) is int, "an integer")

_META: Final[Mapping[str, tuple[_Test, str]]] = {
    "timeout_ms": _integer(0, MAX_TIMEOUT_MS),
    "progress": _BOOL,
    "credit": _integer(0, MAX_CREDIT),
    "parent": _ID,
    "plugin": _NAME,
    "traceparent": _TEXT,
    "tracestate": _TEXT,
}

# What `read_meta` has checked whole; other keys may hold anything, also what cannot be sent.
_SCALAR_META: Final = frozenset(_META)


def _show(value: Any) -> str:
    """Show a value that is wrong, shortened: it may be large or deep."""
    try:
        return reprlib.repr(value)
    except ValueError:
        return "an integer of thousands of digits"


def _need(fields: Fields, key: str, rule: tuple[_Test, str], where: str) -> Any:
    try:
        value = fields[key]
    except KeyError:
        raise Violation(f"{where} lacks {key!r}, {rule[1]}") from None
    if not rule[0](value):
        raise Violation(f"{key!r} of {where} must be {rule[1]}, not {_show(value)}")
    return value


def _may(fields: Fields, key: str, rule: tuple[_Test, str], where: str, default: Any = None) -> Any:
    """Return an optional field; null counts as absent."""
    value = fields.get(key)
    if value is None:
        return default
    if not rule[0](value):
        raise Violation(f"{key!r} of {where} must be {rule[1]}, not {_show(value)}")
    return value


def read_meta(meta: Any) -> Fields:
    """Check the meta of a request and return it, without the keys that are null."""
    if type(meta) is not dict and not isinstance(meta, Mapping):
        raise Violation(f"the meta of a request must be a map, not {_show(meta)}")
    for key, value in meta.items():
        rule = _META.get(key)
        if rule is not None and value is not None and not rule[0](value):
            raise Violation(f"{key!r} of a request's meta must be {rule[1]}, not {_show(value)}")
    if None in meta.values():
        return {key: value for key, value in meta.items() if value is not None}
    return meta


def check_request(method: Any, params: Any, meta: Mapping[str, Any]) -> None:
    """Raise `Violation` for a request of ours that its receiver would refuse."""
    if not _is_name(method):
        raise Violation(f"the method of a request must be a string that is not empty, not {_show(method)}")
    if type(params) is not dict and not isinstance(params, Mapping):
        raise Violation(f"the params of a request must be a map, not {_show(params)}")
    check_value(params)
    if meta:
        read_meta(meta)
        if not meta.keys() <= _SCALAR_META:
            check_value(meta)


def read_error(fields: Any) -> ErrorInfo:
    """Read the error of a response."""
    if type(fields) is not dict:
        raise Violation(f"the error of a response must be a map, not {_show(fields)}")
    where = "an error"
    return ErrorInfo(
        code=_need(fields, "code", _ANY_INTEGER, where),
        message=_need(fields, "message", _TEXT, where),
        name=_may(fields, "name", _TEXT, where),
        data=fields.get("data"),
        retryable=_may(fields, "retryable", _BOOL, where),
    )


def error_fields(error: ErrorInfo) -> dict[str, Any]:
    """Write the error of a response; raises `Violation` for what its receiver would refuse."""
    fields: dict[str, Any] = {
        "code": int(error.code) if isinstance(error.code, int) else error.code,
        "message": error.message,
    }
    if error.name is not None:
        fields["name"] = error.name
    if error.data is not None:
        fields["data"] = error.data
    if error.retryable is not None:
        fields["retryable"] = error.retryable
    check_value(fields)
    read_error(fields)
    return fields


def _read_limits(fields: Fields, where: str) -> Limits:
    limits = _may(fields, "limits", _MAP, where, {})
    defaults = Limits()
    positive = _integer(1, 2**53)
    frame = _may(limits, "frame", positive, f"the limits of {where}", defaults.frame)
    if frame < MIN_FRAME:
        raise Violation(f"{where} announces a frame limit of {frame} bytes; at least {MIN_FRAME} are needed")
    inflight = _may(limits, "inflight", positive, f"the limits of {where}", defaults.inflight)
    return Limits(frame=min(frame, MAX_FRAME), inflight=min(inflight, MAX_INFLIGHT))


def read_plugin_hello(fields: Fields) -> PluginHello:
    """Read the params of a plugin's hello."""
    where = "the plugin's hello"
    lowest, highest = _need(fields, "protocol", _RANGE, where)
    return PluginHello(
        protocol=(lowest, highest),
        name=_need(fields, "name", _NAME, where),
        version=_need(fields, "version", _TEXT, where),
        interfaces=_need(fields, "interfaces", _VERSIONS, where),
        features=tuple(_may(fields, "features", _NAMES, where, ())),
        needs=tuple(_may(fields, "needs", _NAMES, where, ())),
        limits=_read_limits(fields, where),
    )


def read_host_hello(fields: Fields) -> HostHello:
    """Read the params of a host's hello."""
    where = "the host's hello"
    host = _need(fields, "host", _MAP, where)
    return HostHello(
        protocol=_need(fields, "protocol", _VERSION, where),
        host_name=_need(host, "name", _NAME, f"'host' in {where}"),
        host_version=_need(host, "version", _TEXT, f"'host' in {where}"),
        interfaces=_may(fields, "interfaces", _VERSIONS, where, {}),
        features=tuple(_may(fields, "features", _NAMES, where, ())),
        config=_may(fields, "config", _MAP, where, {}),
        data_dir=_may(fields, "data_dir", _TEXT, where),
        limits=_read_limits(fields, where),
        services=tuple(_may(fields, "services", _NAMES, where, ())),
    )


def _limits_fields(limits: Limits) -> dict[str, int]:
    return {"frame": limits.frame, "inflight": limits.inflight}


def hello_fields(hello: Hello) -> dict[str, Any]:
    """Write the params of either hello."""
    if isinstance(hello, PluginHello):
        return {
            "protocol": list(hello.protocol),
            "name": hello.name,
            "version": hello.version,
            "interfaces": dict(hello.interfaces),
            "features": [str(name) for name in hello.features],
            "needs": list(hello.needs),
            "limits": _limits_fields(hello.limits),
        }
    fields = {
        "protocol": hello.protocol,
        "host": {"name": hello.host_name, "version": hello.host_version},
        "interfaces": dict(hello.interfaces),
        "features": [str(name) for name in hello.features],
        "config": dict(hello.config),
        "limits": _limits_fields(hello.limits),
        "services": list(hello.services),
    }
    if hello.data_dir is not None:
        fields["data_dir"] = hello.data_dir
    return fields


def _read_cancel(fields: Fields) -> Cancel:
    return Cancel(id=_need(fields, "id", _ID, CANCEL), reason=_may(fields, "reason", _TEXT, CANCEL))


def _read_progress(fields: Fields) -> Progress:
    return Progress(
        id=_need(fields, "id", _ID, PROGRESS),
        progress=_need(fields, "progress", _NUMBER, PROGRESS),
        total=_may(fields, "total", _NUMBER, PROGRESS),
        message=_may(fields, "message", _TEXT, PROGRESS),
    )


def _read_data(fields: Fields) -> Data:
    if "item" not in fields:
        raise Violation(f"{DATA} lacks 'item'")
    return Data(id=_need(fields, "id", _ID, DATA), item=fields["item"])


def _read_end(fields: Fields) -> End:
    return End(id=_need(fields, "id", _ID, END))


_CREDIT_RULE: Final = _integer(1, MAX_CREDIT)


def _read_credit(fields: Fields) -> Credit:
    return Credit(id=_need(fields, "id", _ID, CREDIT), n=_need(fields, "n", _CREDIT_RULE, CREDIT))


_LEVELS: Final = {level.value: level for level in LogLevel}


def _read_log(fields: Fields) -> Log:
    level = _may(fields, "level", _TEXT, LOG, "info")
    return Log(
        level=_LEVELS.get(level, LogLevel.INFO),
        message=_need(fields, "message", _TEXT, LOG),
        logger=_may(fields, "logger", _TEXT, LOG),
        fields=_may(fields, "fields", _MAP, LOG, {}),
        call=_may(fields, "call", _ID, LOG),
    )


_READERS: Final[Mapping[str, Callable[[Fields], Message]]] = {
    CANCEL: _read_cancel,
    PROGRESS: _read_progress,
    DATA: _read_data,
    END: _read_end,
    CREDIT: _read_credit,
    LOG: _read_log,
}


def read_notification(role: Role, method: str, params: Fields) -> Message | UnknownNotification:
    """Read a notification as `role` understands it; what it does not know stays as it came."""
    reader = _READERS.get(method)
    if reader is not None:
        return reader(params)
    if method == HELLO:
        return read_plugin_hello(params) if role is Role.HOST else read_host_hello(params)
    return UnknownNotification(method=method, params=params)


def notification_fields(message: Notification | Hello) -> tuple[str, dict[str, Any]]:
    """Write a notification, its method and its params; raises `Violation` for what its receiver would refuse."""
    if isinstance(message, Data):
        check_value(message.item, MAX_DEPTH - 1)
        return DATA, {"id": message.id, "item": message.item}
    if isinstance(message, PluginHello | HostHello):
        method, fields, reader = HELLO, hello_fields(message), _HELLO_READERS[type(message)]
    else:
        method = _METHODS[type(message)]
        fields = {name: getattr(message, name) for name in message.__slots__}
        fields = {name: value for name, value in fields.items() if value is not None and value != {}}
        reader = _READERS[method]
    check_value(fields)
    reader(fields)
    return method, fields


_METHODS: Final[Mapping[type, str]] = {
    Cancel: CANCEL,
    Progress: PROGRESS,
    End: END,
    Credit: CREDIT,
    Log: LOG,
}
_HELLO_READERS: Final[Mapping[type, Callable[[Fields], Message]]] = {
    PluginHello: read_plugin_hello,
    HostHello: read_host_hello,
}
