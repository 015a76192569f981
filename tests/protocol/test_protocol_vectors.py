"""The golden vectors hold against the connection and its codecs, in both directions."""

from __future__ import annotations

import json

import pytest
from protocol_support import (
    VECTORS,
    drain,
    feed,
    from_neutral,
    load_vectors,
    make_pair,
    neutral,
    plugin_hello,
    receiver_of,
    vector_bytes,
)

from hostcore.protocol import Connection, Encoding, HostHello, PluginHello, Request, Role

DECODE = load_vectors("decode")
ENCODE = load_vectors("encode")
IDS_DECODE = [f"{file}:{vector['name']}" for file, vector in DECODE]
IDS_ENCODE = [f"{file}:{vector['name']}" for file, vector in ENCODE]


@pytest.mark.parametrize(("file", "vector"), DECODE, ids=IDS_DECODE)
@pytest.mark.parametrize("sizes", [None, [1], [3, 7, 64]], ids=["whole", "byte by byte", "chunks"])
def test_bytes_are_read_as_the_vector_says(file, vector, sizes):
    """A receiver reports what the vector expects, however the bytes are cut."""
    data = vector_bytes(vector)
    if sizes == [1] and len(data) > 2000:
        sizes = [997]
    connection = receiver_of(vector)
    feed(connection, data, sizes)
    if vector.get("end"):
        connection.receive_data(b"")
    assert vector["expect"] == drain(connection)


def sender_of(vector):
    """Return a connection that may send the vector's message, and the peer that may receive it."""
    message = from_neutral(vector["message"])
    role, encoding = Role(vector["role"]), Encoding(vector["encoding"])
    if isinstance(message, PluginHello):
        return Connection(role, encoding=encoding, limits=message.limits), Connection(Role.HOST), message
    if isinstance(message, HostHello):
        host, plugin = Connection(role, limits=message.limits), Connection(Role.PLUGIN, encoding=encoding)
        host.receive_data(plugin.send(plugin_hello()))
        host.next_event()
        return host, plugin, message
    host, plugin = make_pair(encoding)
    sender, receiver = (host, plugin) if role is Role.HOST else (plugin, host)
    call_id = vector["message"].get("id") or vector["message"].get("call")
    if isinstance(message, Request) or call_id is None:
        return sender, receiver, message
    # The message is about a call of the host: it must be in flight, and there must be credit for items.
    plugin.receive_data(
        host.send(
            Request(
                id=call_id + 1 - call_id % 2, method="A.B", params={}, meta={"credit": 1, "progress": True}
            )
        )
    )
    plugin.next_event()
    return sender, receiver, message


@pytest.mark.parametrize(("file", "vector"), ENCODE, ids=IDS_ENCODE)
def test_messages_are_written_as_the_vector_says(file, vector):
    """A sender writes exactly the vector's bytes, and the peer reads them as the same message."""
    sender, receiver, message = sender_of(vector)
    data = sender.send(message)
    assert vector_bytes(vector) == data
    receiver.receive_data(data)
    assert [vector["message"]] == drain(receiver)


def test_vectors_have_unique_names_and_known_keys():
    """Every vector has a name of its own in its file and only keys that the README explains."""
    keys = {"name", "note", "encoding", "role", "after", "hex", "text", "end", "expect", "message"}
    for path in VECTORS.glob("*.json"):
        vectors = json.loads(path.read_text())["vectors"]
        assert len(vectors) == len({vector["name"] for vector in vectors})
        for vector in vectors:
            assert set(vector) <= keys
            assert ("hex" in vector) != ("text" in vector)


def test_neutral_form_is_faithful():
    """The neutral form of every encode vector turns into a message and back without loss."""
    for _, vector in ENCODE:
        assert vector["message"] == neutral(from_neutral(vector["message"]))
