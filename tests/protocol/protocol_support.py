"""What the tests of the protocol share: the neutral form of the vectors, and pairs of connections."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from hostcore.errors import RemoteProtocolError
from hostcore.protocol import (
    BYTES_KEY,
    Cancel,
    Connection,
    Credit,
    Data,
    Discarded,
    Encoding,
    End,
    ErrorInfo,
    Feature,
    HostHello,
    Limits,
    Log,
    LogLevel,
    OversizeSkipped,
    PluginHello,
    Progress,
    Request,
    Response,
    Role,
    StrayOutput,
    UnknownNotification,
)

VECTORS = Path(__file__).parents[2] / "schemas" / "protocol" / "1" / "vectors"
ALL_FEATURES = tuple(Feature)


def load_vectors(direction):
    """Return `(file name, vector)` for all vectors of one direction."""
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        content = json.loads(path.read_text())
        if content["direction"] == direction:
            found += [(path.stem, vector) for vector in content["vectors"]]
    return found


def vector_bytes(vector):
    return bytes.fromhex(vector["hex"]) if "hex" in vector else vector["text"].encode()


# Values


def plain(value):
    """Give bytes their neutral form."""
    if isinstance(value, bytes):
        return {BYTES_KEY: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def rich(value):
    """Take bytes from their neutral form."""
    if isinstance(value, dict):
        if set(value) == {BYTES_KEY}:
            return base64.b64decode(value[BYTES_KEY])
        return {key: rich(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rich(item) for item in value]
    return value


# Messages

_SIMPLE = {
    Cancel: ("cancel", ("id",), ("reason",)),
    Progress: ("progress", ("id", "progress"), ("total", "message")),
    Data: ("data", ("id", "item"), ()),
    End: ("end", ("id",), ()),
    Credit: ("credit", ("id", "n"), ()),
    Log: ("log", ("level", "message"), ("logger", "fields", "call")),
    StrayOutput: ("stray", ("text",), ()),
    OversizeSkipped: ("oversize", ("size", "kind", "id"), ()),
    UnknownNotification: ("unknown-notification", ("method", "params"), ()),
    Request: ("request", ("id", "method", "params"), ("meta",)),
}
_ERROR = (("code", "message"), ("name", "data", "retryable"))
_PLUGIN_HELLO = ("protocol", "name", "version", "interfaces", "features", "needs")
_HOST_HELLO = ("protocol", "interfaces", "features", "config", "data_dir", "services")


def _pick(message, required, optional):
    fields = {name: plain(getattr(message, name)) for name in required}
    for name in optional:
        value = plain(getattr(message, name))
        if value is not None and value != {}:
            fields[name] = value
    return fields


def _limits(limits):
    return {"frame": limits.frame, "inflight": limits.inflight}


def neutral(message):
    """Turn a message or event into the neutral form of the vectors."""
    if isinstance(message, PluginHello):
        return {
            "type": "plugin-hello",
            **_pick(message, _PLUGIN_HELLO, ()),
            "limits": _limits(message.limits),
        }
    if isinstance(message, HostHello):
        return {
            "type": "host-hello",
            **_pick(message, _HOST_HELLO, ()),
            "host": {"name": message.host_name, "version": message.host_version},
            "limits": _limits(message.limits),
        }
    if isinstance(message, Response):
        if message.error is not None:
            return {"type": "response", "id": message.id, "error": _pick(message.error, *_ERROR)}
        return {"type": "response", "id": message.id, "result": plain(message.result)}
    if isinstance(message, Discarded):
        return {"type": "discarded", "reason": message.reason, "message": neutral(message.message)}
    kind, required, optional = _SIMPLE[type(message)]
    return {"type": kind, **_pick(message, required, optional)}


def from_neutral(form):
    """Turn the neutral form of a message that can be sent into the message."""
    fields = rich({key: value for key, value in form.items() if key != "type"})
    match form["type"]:
        case "plugin-hello":
            fields["limits"] = Limits(**fields["limits"])
            fields["protocol"] = tuple(fields["protocol"])
            return PluginHello(**fields)
        case "host-hello":
            host = fields.pop("host")
            fields["limits"] = Limits(**fields["limits"])
            return HostHello(host_name=host["name"], host_version=host["version"], **fields)
        case "response" if "error" in fields:
            return Response(id=fields["id"], error=ErrorInfo(**fields["error"]))
        case "response":
            return Response(**fields)
        case "log":
            return Log(**(fields | {"level": LogLevel(fields["level"])}))
        case kind:
            classes = {name: cls for cls, (name, *_) in _SIMPLE.items()}
            return classes[kind](**fields)


# Connections


def drain(connection):
    """Return the neutral forms of all events; a violation is the last one."""
    events = []
    while True:
        try:
            event = connection.next_event()
        except RemoteProtocolError:
            return [*events, {"error": "remote"}]
        if event is None:
            return events
        events.append(neutral(event))


def take(connection):
    """Return all events as they are."""
    events = []
    while (event := connection.next_event()) is not None:
        events.append(event)
    return events


def plugin_hello(*, features=ALL_FEATURES, limits=None):
    return PluginHello(
        name="kv",
        version="1.0.0",
        interfaces={"KeyValue": "1.4"},
        features=features,
        limits=limits or Limits(),
    )


def host_hello(*, features=ALL_FEATURES, limits=None):
    return HostHello(
        host_name="polyhost",
        host_version="0.1.0",
        features=features,
        limits=limits or Limits(),
        services=("Host",),
    )


def make_pair(encoding=Encoding.MSGPACK, *, features=ALL_FEATURES, host_limits=None, plugin_limits=None):
    """Return a host's and a plugin's connection that have said hello to each other."""
    host = Connection(Role.HOST, limits=host_limits)
    plugin = Connection(Role.PLUGIN, encoding=encoding, limits=plugin_limits)
    host.receive_data(plugin.send(plugin_hello(features=features, limits=plugin_limits)))
    plugin.receive_data(host.send(host_hello(features=features, limits=host_limits)))
    assert len(take(host)) == len(take(plugin)) == 1
    return host, plugin


def receiver_of(vector):
    """Return the connection that a vector's bytes are for, brought to where the vector begins."""
    role, encoding = Role(vector["role"]), Encoding(vector["encoding"])
    after = vector.get("after", {})
    limits = Limits(**after["limits"]) if "limits" in after else None
    if "features" in after:
        own = {"host_limits": limits} if role is Role.HOST else {"plugin_limits": limits}
        pair = make_pair(encoding, features=tuple(after["features"]), **own)
        connection = pair[0] if role is Role.HOST else pair[1]
    elif role is Role.HOST:
        connection = Connection(role, limits=limits)
    else:
        connection = Connection(role, encoding=encoding, limits=limits)
        if after.get("hello") == "sent":
            connection.send(plugin_hello(limits=limits))
    for form in after.get("sent", ()):
        if form["type"] == "abandon":
            connection.abandon(form["id"])
        else:
            connection.send(from_neutral(form))
    return connection


def feed(connection, data, sizes=None):
    """Feed bytes in chunks of the given sizes, over and over; None feeds all at once."""
    position = 0
    index = 0
    while position < len(data):
        size = len(data) if not sizes else sizes[index % len(sizes)]
        connection.receive_data(data[position : position + size])
        position += size
        index += 1
