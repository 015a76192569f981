"""What breaks the rules of HTTP/2, frame by frame, and what is only odd."""

import pytest
from http2_support import (
    REQUEST_BLOCK,
    RESPONSE,
    RESPONSE_BLOCK,
    SETTINGS,
    TRAILERS_BLOCK,
    feed,
    frame,
    raw_client,
    violation_of,
)

from hostcore_grpc.http2 import (
    Connection,
    ConnectionState,
    DataReceived,
    ErrorCode,
    Limits,
    ResponseReceived,
    Role,
    StreamReset,
    encode_block,
)
from hostcore_grpc.http2._limits import HEADER_FRAMES, HEADER_LIST, SETTINGS_AT_ONCE

DATA, HEADERS, PRIORITY, RESET, SETTING, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32


def u32(number):
    return number.to_bytes(4, "big")


CONNECTION_ERRORS = {
    "a frame that is too large": (b"\x10\x00\x01\0\0\0\0\0\1", "FRAME_SIZE_ERROR", "1048577 bytes exceeds"),
    "data on the connection": (frame(DATA, 0, 0, b"x"), "PROTOCOL_ERROR", "DATA on stream 0"),
    "data on a stream of the future": (frame(DATA, 0, 3, b"x"), "PROTOCOL_ERROR", "never opened"),
    "data on a server's stream": (frame(DATA, 0, 2, b"x"), "PROTOCOL_ERROR", "never opened"),
    "padding longer than the frame": (
        frame(DATA, PADDED, 1, b"\x05abc"),
        "PROTOCOL_ERROR",
        "5 bytes of padding",
    ),
    "padding without its length": (frame(DATA, PADDED, 1), "FRAME_SIZE_ERROR", "padded DATA frame is empty"),
    "headers on the connection": (
        frame(HEADERS, 5, 0, RESPONSE_BLOCK),
        "PROTOCOL_ERROR",
        "HEADERS on stream 0",
    ),
    "headers on a server's stream": (frame(HEADERS, 5, 2, RESPONSE_BLOCK), "PROTOCOL_ERROR", "never opened"),
    "headers without room for their priority": (
        frame(HEADERS, 4 | PRIORITIZED, 1, b"123"),
        "FRAME_SIZE_ERROR",
        "no room for its priority",
    ),
    "a block that is no HPACK": (
        frame(HEADERS, 4, 1, b"\xff\xff\xff\xff\xff\xff"),
        "COMPRESSION_ERROR",
        "decoded",
    ),
    "an index beyond the table": (frame(HEADERS, 4, 1, b"\xc0"), "COMPRESSION_ERROR", "decoded"),
    "a table larger than ours": (frame(HEADERS, 4, 1, b"\x3f\xff\xff\x03"), "COMPRESSION_ERROR", "decoded"),
    "a frame within a block": (
        frame(HEADERS, 0, 1, RESPONSE_BLOCK[:3]) + frame(PING, 0, 0, bytes(8)),
        "PROTOCOL_ERROR",
        "type 6 interrupts a header block",
    ),
    "an unknown frame within a block": (
        frame(HEADERS, 0, 1, RESPONSE_BLOCK[:3]) + frame(99, 0, 0),
        "PROTOCOL_ERROR",
        "type 99 interrupts a header block",
    ),
    "a continuation of nothing": (frame(CONTINUATION, 4, 1), "PROTOCOL_ERROR", "without the header block"),
    "a continuation of another stream": (
        frame(HEADERS, 0, 1, RESPONSE_BLOCK) + frame(CONTINUATION, 4, 3),
        "PROTOCOL_ERROR",
        "without the header block",
    ),
    "empty continuations without end": (
        frame(HEADERS, 0, 1) + frame(CONTINUATION, 0, 1) * HEADER_FRAMES,
        "ENHANCE_YOUR_CALM",
        f"{HEADER_FRAMES} frames",
    ),
    "a block without end": (
        frame(HEADERS, 0, 1) + frame(CONTINUATION, 0, 1, bytes(2**19)) * 3,
        "ENHANCE_YOUR_CALM",
        f"more than {HEADER_LIST} bytes",
    ),
    "a list that is far larger than its block": (
        frame(
            HEADERS, 4, 1, encode_block([(b"x", b"y" * 4000)]).replace(b"\0\1x", b"\x40\1x") + b"\xbe" * 300
        ),
        "ENHANCE_YOUR_CALM",
        "larger than 1000000",
    ),
    "a reset of the connection": (frame(RESET, 0, 0, u32(8)), "PROTOCOL_ERROR", "RST_STREAM on stream 0"),
    "a reset of the wrong size": (frame(RESET, 0, 1, b"123"), "FRAME_SIZE_ERROR", "3 bytes instead of 4"),
    "settings of a stream": (frame(SETTING, 0, 1), "PROTOCOL_ERROR", "SETTINGS on stream 1"),
    "settings cut off": (frame(SETTING, 0, 0, b"12345"), "FRAME_SIZE_ERROR", "no list of settings"),
    "an acknowledgement with settings": (
        frame(SETTING, ACK, 0, bytes(6)),
        "FRAME_SIZE_ERROR",
        "with settings",
    ),
    "a window beyond 31 bits": (
        frame(SETTING, 0, 0, b"\0\4" + u32(2**31)),
        "FLOW_CONTROL_ERROR",
        "INITIAL_WINDOW",
    ),
    "frames that are too small": (
        frame(SETTING, 0, 0, b"\0\5" + u32(16_383)),
        "PROTOCOL_ERROR",
        "MAX_FRAME_SIZE",
    ),
    "a server that allows pushes": (frame(SETTING, 0, 0, b"\0\2" + u32(1)), "PROTOCOL_ERROR", "ENABLE_PUSH"),
    "settings that burst a window": (
        frame(WINDOW, 0, 1, u32(2**31 - 1 - 65_535)) + frame(SETTING, 0, 0, b"\0\4" + u32(65_536)),
        "FLOW_CONTROL_ERROR",
        "beyond 31 bits",
    ),
    "a push": (frame(PUSH, 4, 1, u32(2)), "PROTOCOL_ERROR", "PUSH_PROMISE"),
    "a ping of a stream": (frame(PING, 0, 1, bytes(8)), "PROTOCOL_ERROR", "PING on stream 1"),
    "a ping of the wrong size": (frame(PING, 0, 0, bytes(7)), "FRAME_SIZE_ERROR", "7 bytes instead of 8"),
    "a goaway of a stream": (frame(GOAWAY, 0, 1, bytes(8)), "PROTOCOL_ERROR", "GOAWAY on stream 1"),
    "a goaway cut off": (frame(GOAWAY, 0, 0, bytes(7)), "FRAME_SIZE_ERROR", "at least 8"),
    "a window opened by nothing": (frame(WINDOW, 0, 0, u32(0)), "PROTOCOL_ERROR", "WINDOW_UPDATE by 0"),
    "a window opened too far": (frame(WINDOW, 0, 0, u32(2**31 - 1)), "FLOW_CONTROL_ERROR", "exceeds 31 bits"),
    "a window update of the wrong size": (
        frame(WINDOW, 0, 0, bytes(3)),
        "FRAME_SIZE_ERROR",
        "3 bytes instead of 4",
    ),
    "a window of the future": (frame(WINDOW, 0, 3, u32(1)), "PROTOCOL_ERROR", "never opened"),
}


@pytest.mark.parametrize("name", CONNECTION_ERRORS)
def test_the_connection_ends_by(name):
    """The breach ends the connection for good, with the code and words that name it; the peer hears a GOAWAY."""
    data, code, text = CONNECTION_ERRORS[name]
    ours = raw_client(limits=Limits(header_list=1_000_000) if "1000000" in text else None, opened=1)
    _, said = violation_of(ours, data)
    assert f"the server broke HTTP/2 ({code}): " in said
    assert text in said
    assert ours.state is ConnectionState.ERROR
    goaway = ours.take_replies()[-9 - 8 - len(said.split("): ", 1)[1]) :]
    assert (GOAWAY, u32(ErrorCode[code])) == (goaway[3], goaway[13:17])
    assert violation_of(ours, SETTINGS) == ([], said)
    assert ours.take_replies() == b""


OPENED = frame(HEADERS, END_HEADERS, 1, RESPONSE_BLOCK)
ENDED = frame(HEADERS, END_HEADERS | END_STREAM, 1, RESPONSE_BLOCK)

STREAM_ERRORS = {
    "data before the headers": (frame(DATA, 0, 1, b"x"), ErrorCode.PROTOCOL_ERROR, "data before the headers"),
    "data after the end": (ENDED + frame(DATA, 0, 1, b"x"), ErrorCode.STREAM_CLOSED, "after the end"),
    "headers after the end": (ENDED + OPENED, ErrorCode.STREAM_CLOSED, "headers after the end"),
    "trailers that do not end": (
        OPENED + frame(HEADERS, END_HEADERS, 1, TRAILERS_BLOCK),
        ErrorCode.PROTOCOL_ERROR,
        "trailers do not end the stream",
    ),
    "trailers with a status": (OPENED + ENDED, ErrorCode.PROTOCOL_ERROR, "trailers with pseudo-headers"),
    "a response without a status": (
        frame(HEADERS, END_HEADERS, 1, TRAILERS_BLOCK),
        ErrorCode.PROTOCOL_ERROR,
        "the status b''",
    ),
    "a status of no number": (
        frame(HEADERS, END_HEADERS, 1, encode_block([(b":status", b"abc")])),
        ErrorCode.PROTOCOL_ERROR,
        "the status b'abc'",
    ),
    "an interim response that ends": (
        frame(HEADERS, END_HEADERS | END_STREAM, 1, encode_block([(b":status", b"100")])),
        ErrorCode.PROTOCOL_ERROR,
        "interim status 100",
    ),
    "a header of HTTP/1.1": (
        frame(HEADERS, END_HEADERS, 1, encode_block([*RESPONSE, (b"connection", b"close")])),
        ErrorCode.PROTOCOL_ERROR,
        "one of HTTP/1.1",
    ),
    "a window opened by nothing": (
        frame(WINDOW, 0, 1, u32(0)),
        ErrorCode.PROTOCOL_ERROR,
        "WINDOW_UPDATE by 0",
    ),
    "a window opened too far": (
        frame(WINDOW, 0, 1, u32(2**31 - 1)),
        ErrorCode.FLOW_CONTROL_ERROR,
        "exceeds 31 bits",
    ),
    "more data than its window": (
        OPENED + frame(DATA, 0, 1, bytes(1001)),
        ErrorCode.FLOW_CONTROL_ERROR,
        "window",
    ),
}


@pytest.mark.parametrize("name", STREAM_ERRORS)
def test_the_stream_ends_by(name):
    """The breach resets its stream only: the other one on the connection is answered."""
    data, code, text = STREAM_ERRORS[name]
    ours = raw_client(limits=Limits(stream_window=1000), opened=2, ended=False)
    (reset,) = [event for event in feed(ours, data) if type(event) is StreamReset]
    assert (1, code) == (reset.stream_id, reset.code)
    assert text in reset.violation
    assert frame(RESET, 0, 1, u32(code)) in ours.take_replies()
    assert feed(ours, data) == [], "what still comes on it is ignored"
    answer = frame(HEADERS, END_HEADERS | END_STREAM, 3, RESPONSE_BLOCK)
    assert [ResponseReceived(3, 200, RESPONSE, ended=True)] == feed(ours, answer)


def test_more_data_than_the_connection_s_window_ends_it():
    """A peer that ignores the window of the connection is not served any more."""
    ours = raw_client(limits=Limits(frame=16_777_215, connection_window=65_535), opened=1)
    _, said = violation_of(ours, OPENED + frame(DATA, 0, 1, bytes(65_536)))
    assert "FLOW_CONTROL_ERROR" in said


def test_what_is_odd_and_allowed():
    """Priorities, unknown frames, settings and flags, late frames and reserved bits are passed over."""
    ours = raw_client(opened=2)
    odd = (
        frame(PRIORITY, 0, 1, bytes(5))
        + frame(77, 255, 12_345, b"what is this")
        + frame(SETTING, 0, 0, b"\xff\x00" + u32(1))
        + frame(SETTING, ACK, 0) * 2
        + frame(PING, 0x80, 0x8000_0000, bytes(8))
        + frame(
            HEADERS,
            0xC0 | END_HEADERS | PRIORITIZED | PADDED,
            1,
            b"\x02" + bytes(5) + RESPONSE_BLOCK + b"\0\0",
        )
        + frame(DATA, PADDED | END_STREAM, 1, b"\x00data")
        + frame(RESET, 0, 1, u32(0))
        + frame(WINDOW, 0, 1, u32(0x8000_0001))
        + frame(DATA, 0, 1, b"late")
        + frame(HEADERS, END_HEADERS, 1, RESPONSE_BLOCK)
    )
    events = feed(ours, odd)
    assert [event for event in events if type(event) in {ResponseReceived, DataReceived}] == [
        ResponseReceived(1, 200, RESPONSE, ended=False),
        DataReceived(1, b"data", ended=True),
    ]
    assert (ours.state, ours.streams) == (ConnectionState.OPEN, 1)


def test_data_of_streams_that_ended_counts_against_the_connection():
    """Late data is dropped, and returned to the connection's window: else it would close for all."""
    ours = raw_client(limits=Limits(connection_window=65_535), opened=1)
    feed(ours, frame(RESET, 0, 1, u32(8)))
    for _ in range(100):
        feed(ours, frame(DATA, 0, 1, bytes(16_384)))
    assert ours.state is ConnectionState.OPEN
    assert frame(WINDOW, 0, 0, u32(32_768)) in ours.take_replies()


def test_a_server_that_speaks_something_else_is_quoted():
    """A client says what its server said instead of HTTP/2."""
    ours = Connection(Role.CLIENT)
    _, said = violation_of(ours, b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert "it does not speak HTTP/2, its first bytes are b'HTTP/1.1 400 Bad Request'" in said
    for first in (frame(PING, 0, 0, bytes(8)), frame(SETTING, ACK, 0), frame(99, 0, 0)):
        _, said = violation_of(Connection(Role.CLIENT), first)
        assert "first frame" in said


def test_what_came_before_a_breach_is_told_first():
    """The events before a violation are taken as usual; then it is raised, each time the same."""
    ours = raw_client(opened=1)
    events, _ = violation_of(ours, OPENED + frame(PUSH, 4, 1, u32(2)) + frame(DATA, 0, 1, b"after"))
    assert [ResponseReceived(1, 200, RESPONSE, ended=False)] == events
    assert ours.may_open == 0


def test_floods_that_cost_more_than_their_bytes_are_cut_off():
    """Settings and header fields without end in one read are a violation; as many as any server needs are none."""
    many = frame(SETTING, 0, 0, (b"\x00\x03" + u32(100)) * SETTINGS_AT_ONCE)
    feed(raw_client(), many * SETTINGS_AT_ONCE)
    for flood in (many * (SETTINGS_AT_ONCE + 1), frame(SETTING, 0, 0, bytes(6) * (SETTINGS_AT_ONCE + 1))):
        ours = raw_client()
        _, said = violation_of(ours, flood)
        assert "ENHANCE_YOUR_CALM): a flood of settings" in said
    dead = frame(HEADERS, 5, 1, RESPONSE_BLOCK) + frame(HEADERS, 5, 1, b"\x88" * 8192)
    feed(raw_client(opened=1), dead)
    _, said = violation_of(raw_client(opened=1), dead + frame(HEADERS, 5, 1, b"\x88" * 8192) * 2)
    assert "ENHANCE_YOUR_CALM): a flood of header fields" in said


def test_floods_are_counted_anew_with_each_read():
    """A connection that lives long may bring any number of settings and headers."""
    ours = raw_client(opened=1)
    feed(ours, frame(HEADERS, 5, 1, RESPONSE_BLOCK))
    for _ in range(SETTINGS_AT_ONCE):
        feed(ours, SETTINGS * 2 + frame(HEADERS, 5, 1, b"\x88" * 2048))


@pytest.mark.parametrize(
    "limits",
    [
        {"stream_window": 0},
        {"stream_window": 2**31},
        {"connection_window": 65_534},
        {"frame": 16_383},
        {"frame": 2**24},
        {"header_list": 0},
        {"streams": 0},
    ],
)
def test_limits_that_cannot_be_said_are_refused(limits):
    """Limits beyond what HTTP/2 can express are a mistake of the caller."""
    with pytest.raises(ValueError, match="beyond what HTTP/2 can say"):
        Limits(**limits)


def test_requests_on_the_wire_are_what_they_were():
    """The first block of a connection empties the table, once; later ones are the bytes that were made before."""
    ours = Connection(Role.CLIENT)
    _, first = ours.open_stream(REQUEST_BLOCK, ended=True)
    _, second = ours.open_stream(REQUEST_BLOCK, ended=True)
    assert frame(HEADERS, 5, 1, b"\x20" + REQUEST_BLOCK) == first
    assert frame(HEADERS, 5, 3, REQUEST_BLOCK) == second
