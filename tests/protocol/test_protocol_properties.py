"""What holds for any bytes and any messages."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_support import (
    ALL_FEATURES,
    drain,
    feed,
    load_vectors,
    make_pair,
    neutral,
    plain,
    receiver_of,
    vector_bytes,
)

from hostcore.errors import RemoteProtocolError
from hostcore.protocol import Connection, Data, Encoding, ErrorInfo, Log, LogLevel, Response, Role

SHORT = settings.get_profile("protocol")
LONG = settings.get_profile("protocol-long")
DECODE = [vector for _, vector in load_vectors("decode")]
ENCODINGS = st.sampled_from(list(Encoding))

JSON_INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
LEAVES = (
    st.none()
    | st.booleans()
    | JSON_INTEGERS
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.binary(max_size=20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=5)
    ),
    max_leaves=20,
)
MAPS = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), VALUES, max_size=4)
METHODS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: not name.startswith("$/")
)
CHUNKS = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def check_round_trip(encoding, method, params, result, data):
    host, plugin = make_pair(encoding)
    call_id, frame = host.send_request(method, params, timeout_ms=5)
    plugin.receive_data(frame)
    request = plugin.next_event()
    assert (call_id, method, plain(params)) == (request.id, request.method, plain(request.params))
    host.receive_data(plugin.send_response(call_id, result))
    assert plain(result) == plain(host.next_event().result)
    call_id, frame = host.send_request(method, {})
    plugin.receive_data(frame)
    error = ErrorInfo(code=5, message=method, data=data)
    host.receive_data(plugin.send_error(call_id, error))
    assert neutral(Response(id=call_id, error=error)) == neutral(host.next_event())


@given(encoding=ENCODINGS, method=METHODS, params=MAPS, result=VALUES, data=VALUES)
@SHORT
def test_any_message_comes_back_as_it_was(encoding, method, params, result, data):
    """What one side sends the other side reads, in both encodings, for any values of the data model."""
    check_round_trip(encoding, method, params, result, data)


@pytest.mark.long
@given(encoding=ENCODINGS, method=METHODS, params=MAPS, result=VALUES, data=VALUES)
@LONG
def test_many_messages_come_back_as_they_were(encoding, method, params, result, data):
    """What one side sends the other side reads, for thousands of examples."""
    check_round_trip(encoding, method, params, result, data)


def conversation(encoding, values, texts):
    """Return the bytes of a whole plugin, hello and stray output included, and a fresh host that can read them."""
    plugin = make_pair(encoding)[1]
    data = b""
    for value, text in zip(values, texts, strict=False):
        stray = text.encode() if encoding is Encoding.MSGPACK else text.encode() + b"\n"
        data += stray.replace(b"\0", b"") + plugin.send(
            Log(level=LogLevel.INFO, message="m", fields={"v": value})
        )
    return data


@given(
    encoding=ENCODINGS,
    values=st.lists(VALUES, max_size=5),
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=5, max_size=5),
    sizes=CHUNKS,
)
@SHORT
def test_any_chunking_gives_the_same_events(encoding, values, texts, sizes):
    """However the bytes are cut, the same events come out in the same order."""
    data = conversation(encoding, values, texts)
    whole, cut = make_pair(encoding)[0], make_pair(encoding)[0]
    feed(whole, data)
    whole.receive_data(b"")
    feed(cut, data, sizes)
    cut.receive_data(b"")
    expected = drain(whole)
    assert expected == drain(cut)
    assert len(values) <= len(expected)


def survive(connection, data, sizes):
    """Feed bytes and take all events: nothing but RemoteProtocolError may come out, and it is sticky."""
    feed(connection, data, sizes)
    connection.receive_data(b"")
    events = drain(connection)
    if events and events[-1] == {"error": "remote"}:
        with pytest.raises(RemoteProtocolError):
            connection.next_event()
        connection.receive_data(data)
    assert len(events) <= len(data) + 1


def any_receiver(encoding, role, opened):
    if opened:
        return make_pair(encoding)[0 if role is Role.HOST else 1]
    return Connection(role, encoding=None if role is Role.HOST else encoding)


@given(
    encoding=ENCODINGS,
    role=st.sampled_from(Role),
    opened=st.booleans(),
    data=st.binary(max_size=400),
    sizes=CHUNKS,
)
@SHORT
def test_random_bytes_are_survived(encoding, role, opened, data, sizes):
    """Random bytes raise nothing but RemoteProtocolError, in every role and state."""
    survive(any_receiver(encoding, role, opened), data, sizes)


def mutate(data, seed):
    """Change, remove, double or insert a few bytes."""
    chance = random.Random(seed)
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        position = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[position : position + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[position : position + chance.randint(1, 8)]
            case 2:
                data[position:position] = data[position : position + chance.randint(1, 16)]
            case _:
                data[position:position] = chance.randbytes(chance.randint(1, 4))
    return bytes(data)


def check_mutations(rounds):
    for index, vector in enumerate(DECODE):
        data = vector_bytes(vector)
        if len(data) > 2000:
            continue
        for seed in range(rounds):
            survive(receiver_of(vector), mutate(data, f"{index} {seed}"), [len(data), 5])


def test_mutated_vectors_are_survived():
    """Valid messages with a few damaged bytes raise nothing but RemoteProtocolError."""
    check_mutations(5)


@pytest.mark.long
def test_many_mutated_vectors_are_survived():
    """Thousands of damaged messages raise nothing but RemoteProtocolError."""
    check_mutations(400)


@pytest.mark.long
@given(
    encoding=ENCODINGS,
    role=st.sampled_from(Role),
    opened=st.booleans(),
    data=st.binary(max_size=2000),
    sizes=CHUNKS,
)
@LONG
def test_many_random_bytes_are_survived(encoding, role, opened, data, sizes):
    """Thousands of random inputs raise nothing but RemoteProtocolError."""
    survive(any_receiver(encoding, role, opened), data, sizes)


BYTES_OF_MSGPACK = st.lists(
    st.sampled_from(
        [
            bytes([byte])
            for byte in (
                0,
                1,
                2,
                0x80,
                0x81,
                0x90,
                0x91,
                0x93,
                0x94,
                0xA1,
                0xC0,
                0xC4,
                0xCA,
                0xCB,
                0xD6,
                0xDC,
                0xDD,
                0xDE,
                0xDF,
                0xFF,
            )
        ]
    )
    | st.binary(min_size=1, max_size=4),
    max_size=40,
).map(b"".join)


@given(
    role=st.sampled_from(Role),
    start=st.sampled_from([b"\x93", b"\x94", b"\x94\x00\x01", b"\x94\x01\x01\xc0", b"\x93\x02"]),
    rest=BYTES_OF_MSGPACK,
)
@SHORT
def test_hostile_msgpack_is_survived(role, start, rest):
    """A frame whose length is right and whose body is hostile raises nothing but RemoteProtocolError."""
    body = start + rest
    survive(any_receiver(Encoding.MSGPACK, role, opened=True), len(body).to_bytes(4) + body, [100])


STEPS = st.lists(st.tuples(st.sampled_from(["grant", "send", "receive"]), st.integers(1, 5)), max_size=60)


@given(encoding=ENCODINGS, upload=st.booleans(), first=st.integers(0, 4), steps=STEPS)
@SHORT
def test_credit_never_goes_wrong(encoding, upload, first, steps):
    """Items sent never exceed the credit granted, and whoever obeys `may_send_data` is never refused."""
    host, plugin = make_pair(encoding, features=ALL_FEATURES)
    call_id, frame = host.send_request("A.B", {}, credit=0 if upload else first)
    plugin.receive_data(frame)
    sender, receiver = (host, plugin) if upload else (plugin, host)
    granted, sent, wire = 0 if upload else first, 0, []

    for step, count in steps:
        if step == "grant":
            sender.receive_data(receiver.grant(call_id, count))
            granted += count
        elif step == "send":
            for _ in range(min(count, sender.may_send_data(call_id))):
                wire.append(sender.send(Data(id=call_id, item=sent)))
                sent += 1
        elif wire:
            receiver.receive_data(wire.pop(0))
        assert sender.may_send_data(call_id) == granted - sent
    for data in wire:
        receiver.receive_data(data)
    drain(sender)
    items = [event["item"] for event in drain(receiver) if event["type"] == "data"]
    assert items == list(range(sent))
