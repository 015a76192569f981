"""The forms that gRPC gives to metadata, timeouts, status messages and messages of a stream."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore_grpc.rpc._messages import MessageFault, MessageReader, frame_message
from hostcore_grpc.rpc._metadata import (
    decode_message,
    decode_metadata,
    decode_timeout,
    encode_message,
    encode_metadata,
    encode_timeout,
)

KEYS = st.from_regex(r"[0-9a-z_.-]+", fullmatch=True).filter(
    lambda key: key not in {"te", "host", "connection"} and not key.startswith("grpc-")
)
PAIRS = st.one_of(
    st.tuples(
        KEYS.filter(lambda key: not key.endswith("-bin")),
        st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    ),
    st.tuples(KEYS.map(lambda key: f"{key}-bin"), st.binary()),
)


@settings(deadline=None)
@given(st.lists(PAIRS))
def test_metadata_comes_back_as_it_was(pairs):
    """What is encoded is decoded to the same pairs in the same order."""
    assert tuple(pairs) == decode_metadata(encode_metadata(pairs))


def test_metadata_of_others():
    """Base64 with padding and lists of it are understood, what is none is passed over, as is what is no metadata."""
    fields = [
        (b":status", b"200"),
        (b"content-type", b"application/grpc"),
        (b"grpc-status", b"0"),
        (b"a-bin", b"AAE=, Ag=="),
        (b"b-bin", b"!"),
        (b"c", b"\xff"),
    ]
    assert decode_metadata(fields) == (("a-bin", b"\x00\x01"), ("a-bin", b"\x02"), ("c", "\ufffd"))


@settings(deadline=None)
@given(st.text())
def test_messages_come_back_as_they_were(text):
    """A status message of any characters survives, as printable ASCII on its way."""
    encoded = encode_message(text)
    assert all(32 <= octet <= 126 for octet in encoded)
    assert text.encode(errors="replace").decode() == decode_message(encoded)


@pytest.mark.parametrize(
    ("seconds", "encoded"),
    [
        (0, b"0u"),
        (0.000_000_4, b"1u"),
        (0.3, b"300000u"),
        (30, b"30000000u"),
        (99.999_999, b"99999999u"),
        (100, b"100000m"),
        (99_999.999, b"99999999m"),
        (100_000, b"100000S"),
        (99_999_999, b"99999999S"),
        (100_000_000, b"1666667M"),
        (1e10, b"2777778H"),
        (1e300, b"99999999H"),
    ],
)
def test_timeouts(seconds, encoded):
    """A timeout has eight digits at most, in the finest unit that holds it, and is never cut short."""
    assert encoded == encode_timeout(seconds)
    decoded = decode_timeout(encoded)
    assert seconds > 1e11 or decoded >= seconds - 1e-9


@pytest.mark.parametrize("value", [b"", b"1", b"m", b"-1S", b"1.5S", b"123456789S", b"1s", b"1S "])
def test_what_is_no_timeout(value):
    """What is no timeout of gRPC is none."""
    assert decode_timeout(value) is None


@pytest.mark.parametrize(("value", "seconds"), [(b"1H", 3600), (b"2M", 120), (b"3S", 3), (b"5n", 5e-9)])
def test_timeouts_of_others(value, seconds):
    """All units are understood."""
    assert decode_timeout(value) == pytest.approx(seconds)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300)), st.lists(st.integers(1, 100), min_size=1))
def test_messages_in_any_pieces(messages, sizes):
    """However data is cut, the messages come out in order, and each is ready exactly when it can be taken."""
    reader = MessageReader()
    rest = b"".join(map(frame_message, messages))
    taken = []
    index = 0
    while rest:
        size = sizes[index % len(sizes)]
        index += 1
        reader.feed(rest[:size])
        rest = rest[size:]
        while reader.is_ready:
            taken.append(reader.take())
        assert reader.take() is None
    assert messages == taken
    assert repr(reader) == "<MessageReader held=0>"


def test_a_limit_is_seen_in_the_prefix():
    """A message that is too large is refused before it has come; one at the limit is taken."""
    reader = MessageReader(100)
    reader.feed(frame_message(bytes(100)) + frame_message(bytes(101))[:5])
    assert len(reader.take()) == 100
    assert reader.is_ready
    with pytest.raises(MessageFault, match="101 bytes exceeds the limit of 100") as caught:
        reader.take()
    assert caught.value.is_limit


def test_a_small_message_that_unpacks_to_a_large_one():
    """What gzip makes of a message is bounded by the limit, too, and not unpacked beyond it."""
    reader = MessageReader(100_000)
    packed = gzip.compress(bytes(50_000_000))
    reader.feed(b"\1" + len(packed).to_bytes(4, "big") + packed)
    with pytest.raises(MessageFault, match="exceeds the limit") as caught:
        reader.take(b"gzip")
    assert caught.value.is_limit
