"""Our client against a server of the `h2` library."""

import h2.events
import pytest
from http2_support import (
    REQUEST,
    REQUEST_BLOCK,
    RESPONSE,
    RESPONSE_BLOCK,
    TRAILERS,
    client_and_h2,
    end,
    feed,
    frame,
    h2_side,
    raw_client,
)

from hostcore.errors import LocalProtocolError
from hostcore_grpc.http2 import (
    Connection,
    ConnectionState,
    DataReceived,
    ErrorCode,
    GoawayReceived,
    InformationalReceived,
    InputEnded,
    Limits,
    PingAcknowledged,
    ResponseReceived,
    Role,
    SettingsChanged,
    StreamReset,
    TrailersReceived,
    WindowOpened,
    encode_block,
)
from hostcore_grpc.http2._limits import MAX_STREAM_ID


def of_type(events, kind):
    return [event for event in events if type(event) is kind]


def test_an_exchange_with_h2():
    """A request reaches `h2` as it was meant, and its headers, data and trailers come back as it sent them."""
    ours, peer = client_and_h2()
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, data=b"question", ended=True)
    request, data, ended = peer.receive_data(frames)
    assert list(REQUEST) == request.headers
    assert (b"question", stream_id) == (data.data, ended.stream_id)
    peer.send_headers(stream_id, RESPONSE)
    peer.send_data(stream_id, b"answer")
    peer.send_headers(stream_id, TRAILERS, end_stream=True)
    assert [
        ResponseReceived(stream_id, 200, RESPONSE, ended=False),
        DataReceived(stream_id, b"answer", ended=False),
        TrailersReceived(stream_id, TRAILERS),
    ] == feed(ours, peer.data_to_send())
    assert ours.streams == 0


def test_every_split_of_an_exchange():
    """Wherever the bytes of an exchange are cut in two, and when they come one by one, the events are the same."""
    peer = h2_side(client=False)
    probe = Connection(Role.CLIENT)
    peer.receive_data(probe.initiate() + probe.open_stream(REQUEST_BLOCK, data=b"x", ended=True)[1])
    peer.send_headers(1, RESPONSE)
    peer.send_data(1, b"answer", pad_length=3)
    peer.ping(b"12345678")
    peer.send_headers(1, [*TRAILERS, (b"long", b"y" * 20_000)], end_stream=True)
    peer.close_connection()
    data = peer.data_to_send()
    whole = replay([data])
    assert {
        SettingsChanged,
        WindowOpened,
        ResponseReceived,
        DataReceived,
        TrailersReceived,
        GoawayReceived,
    } >= {type(event) for event in whole[0]}
    for cut in (*range(1, 300), *range(len(data) - 100, len(data))):
        assert whole == replay([data[:cut], data[cut:]])
    assert whole == replay([data[i : i + 1] for i in range(len(data))])


def replay(parts):
    """Return the events, and all that was answered, of a client with one stream that reads in parts."""
    ours = Connection(Role.CLIENT)
    ours.initiate()
    ours.open_stream(REQUEST_BLOCK, data=b"x", ended=True)
    events = []
    replies = b""
    for part in parts:
        events += feed(ours, part)
        replies += ours.take_replies()
    return events, replies


def test_the_dynamic_table_of_the_peer_works():
    """Headers that `h2` puts into its table, before it has seen that none is wanted, are understood later."""
    ours, peer = Connection(Role.CLIENT), h2_side(client=False)
    ours.initiate()
    feed(ours, peer.data_to_send())
    custom = [(b"x-session", b"a value that is worth a place in the table")]
    blocks = []
    for _ in range(3):
        stream_id, _ = ours.open_stream(REQUEST_BLOCK, ended=True)
        block = peer.encoder.encode([*RESPONSE, *custom])
        blocks.append(len(block))
        answer = frame(1, 5, stream_id, block)
        assert [ResponseReceived(stream_id, 200, (*RESPONSE, *custom), ended=True)] == feed(ours, answer)
    assert blocks[0] > blocks[1] == blocks[2]


def test_the_peer_is_asked_for_no_table():
    """Once `h2` has seen our settings, its blocks are the same each time, and are decoded once."""
    ours, peer = client_and_h2()
    for _ in range(3):
        stream_id, frames = ours.open_stream(REQUEST_BLOCK, ended=True)
        peer.receive_data(frames)
        peer.send_headers(stream_id, [*RESPONSE, (b"x-session", b"1")], end_stream=True)
        assert len(feed(ours, peer.data_to_send())) == 1
    assert "table=0 known=1" in repr(ours._decoder)


def test_large_header_blocks_travel_in_continuations():
    """A header list larger than a frame arrives whole, in both directions."""
    ours, peer = client_and_h2()
    long = (b"x-long", b"z" * 50_000)
    stream_id, frames = ours.open_stream(encode_block((*REQUEST, long)), ended=True)
    assert [*REQUEST, long] == peer.receive_data(frames)[0].headers
    peer.send_headers(stream_id, [*RESPONSE, long], end_stream=True)
    assert [ResponseReceived(stream_id, 200, (*RESPONSE, long), ended=True)] == feed(
        ours, peer.data_to_send()
    )


def test_interim_responses_come_before_the_response():
    """A status of 1xx is told as such, any number of times, and the response follows."""
    ours, peer = client_and_h2()
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, ended=True)
    peer.receive_data(frames)
    peer.send_headers(stream_id, [(b":status", b"103")])
    peer.send_headers(stream_id, [(b":status", b"103")])
    peer.send_headers(stream_id, RESPONSE, end_stream=True)
    hint = InformationalReceived(stream_id, 103, ((b":status", b"103"),))
    assert [hint, hint, ResponseReceived(stream_id, 200, RESPONSE, ended=True)] == feed(
        ours, peer.data_to_send()
    )


def test_padding_is_cut_off_and_counts_as_received():
    """Padded data arrives without its padding, whose bytes are returned to the window at once."""
    ours, peer = client_and_h2(limits=Limits(stream_window=1000))
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, ended=True)
    peer.receive_data(frames)
    peer.send_headers(stream_id, RESPONSE)
    for _ in range(20):
        peer.send_data(stream_id, b"ab", pad_length=200)
        assert [DataReceived(stream_id, b"ab", ended=False)] == of_type(
            feed(ours, peer.data_to_send()), DataReceived
        )
        peer.receive_data(ours.take_replies())
    assert ours._streams[stream_id].consumed < 500


def test_a_message_larger_than_all_windows_is_sent_in_parts():
    """Data is refused beyond the windows, and goes out as `h2` opens them; what `h2` gets is what was sent."""
    ours, peer = client_and_h2()
    payload = bytes(range(256)) * 1000
    stream_id, frames = ours.open_stream(REQUEST_BLOCK)
    peer.receive_data(frames)
    assert ours.may_send(stream_id) == 65_535
    with pytest.raises(LocalProtocolError, match="65536 bytes exceed"):
        ours.send_data(stream_id, payload[:65_536])
    received, sent = b"", 0
    while sent < len(payload):
        size = min(ours.may_send(stream_id), len(payload) - sent)
        assert size > 0
        frames = ours.send_data(stream_id, payload[sent : sent + size], ended=sent + size == len(payload))
        sent += size
        for event in peer.receive_data(frames):
            if isinstance(event, h2.events.DataReceived):
                received += event.data
                peer.acknowledge_received_data(event.flow_controlled_length, stream_id)
        opened = of_type(feed(ours, peer.data_to_send()), WindowOpened)
        assert sent == len(payload) or {event.stream_id for event in opened} == {0, stream_id}
    assert payload == received


def test_frames_are_no_larger_than_the_peer_takes():
    """Data is cut into frames of the peer's MAX_FRAME_SIZE."""
    ours, peer = client_and_h2()
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, data=b"x" * 40_000, ended=True)
    sizes = [
        len(event.data) for event in peer.receive_data(frames) if isinstance(event, h2.events.DataReceived)
    ]
    assert sizes == [16_384, 16_384, 7_232]
    assert ours.may_send(stream_id) == 65_535 - 40_000


def test_a_shrunken_window_is_respected():
    """INITIAL_WINDOW_SIZE changes the windows of streams that live, down to below zero, and up again."""
    ours, peer = client_and_h2()
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, data=b"x" * 1000)
    peer.receive_data(frames)
    peer.update_settings({4: 100})
    feed(ours, peer.data_to_send())
    assert (ours.may_send(stream_id), ours._streams[stream_id].send_window) == (0, -900)
    assert ours.may_send_first == 100
    peer.receive_data(ours.take_replies())
    peer.update_settings({4: 2000})
    feed(ours, peer.data_to_send())
    assert ours.may_send(stream_id) == 1000


def test_credit_is_returned_when_data_was_read():
    """The stream's window opens again only for what was consumed; the connection's opens by itself."""
    limits = Limits(stream_window=1000, connection_window=65_535)
    ours, peer = client_and_h2(limits=limits)
    stream_id, frames = ours.open_stream(REQUEST_BLOCK, ended=True)
    peer.receive_data(frames)
    peer.send_headers(stream_id, RESPONSE)
    peer.send_data(stream_id, b"x" * 1000)
    feed(ours, peer.data_to_send())
    assert ours.take_replies() == b""
    assert peer.local_flow_control_window(stream_id) == 0
    ours.consume(stream_id, 400)
    assert ours.take_replies() == b""
    ours.consume(stream_id, 200)
    peer.receive_data(ours.take_replies())
    assert peer.local_flow_control_window(stream_id) == 600
    for _ in range(100):  # a stream that is read takes more than any window
        ours.consume(stream_id, 400)
        peer.receive_data(ours.take_replies())
        peer.send_data(stream_id, b"y" * 600)
        feed(ours, peer.data_to_send())
        ours.consume(stream_id, 200)
        peer.receive_data(ours.take_replies())
    assert ours.state is ConnectionState.OPEN


def test_a_small_window_holds_once_the_peer_knows_it():
    """Until it has acknowledged our settings the peer may use the default window; then its streams are cut to ours."""
    ours, peer = Connection(Role.CLIENT, Limits(stream_window=1000)), h2_side(client=False)
    ours.initiate()
    feed(ours, peer.data_to_send())
    ours.open_stream(REQUEST_BLOCK, ended=True)
    early = frame(1, 4, 1, RESPONSE_BLOCK) + frame(0, 0, 1, bytes(10_000))
    assert [ResponseReceived, DataReceived] == [type(event) for event in feed(ours, early)]
    feed(ours, frame(4, 1, 0))
    assert ours._streams[1].receive_window == 1000 - 10_000
    ours.consume(1, 10_000)
    assert frame(8, 0, 1, (10_000).to_bytes(4, "big")) in ours.take_replies()
    assert of_type(feed(ours, frame(0, 0, 1, bytes(1000))), StreamReset) == []
    assert len(of_type(feed(ours, frame(0, 0, 1, b"x")), StreamReset)) == 1


def test_the_server_s_limit_of_streams_is_respected():
    """No more streams can be opened than MAX_CONCURRENT_STREAMS says, until one has ended."""
    ours, peer = client_and_h2(settings={3: 2})
    (first, frames), (second, more) = (ours.open_stream(REQUEST_BLOCK, ended=True) for _ in range(2))
    peer.receive_data(frames + more)
    assert ours.may_open == 0
    with pytest.raises(LocalProtocolError, match="takes no more streams at once"):
        ours.open_stream(REQUEST_BLOCK)
    peer.send_headers(first, RESPONSE, end_stream=True)
    feed(ours, peer.data_to_send())
    assert ours.may_open == 1
    third, _ = ours.open_stream(REQUEST_BLOCK)
    assert [first, second, third] == [1, 3, 5]


def test_before_the_settings_a_hundred_streams_may_be_opened():
    """A client that has not heard of the server's limit assumes the least that the standard recommends."""
    ours = Connection(Role.CLIENT)
    assert ours.may_open == 100
    assert raw_client().may_open > 1_000_000


def test_a_reset_ends_a_stream_on_both_sides():
    """A stream that we reset ends for `h2`, what it still sends is ignored; one that it resets ends for us."""
    ours, peer = client_and_h2()
    (first, frames), (second, more) = (ours.open_stream(REQUEST_BLOCK) for _ in range(2))
    peer.receive_data(frames + more)
    peer.send_headers(first, RESPONSE)
    peer.send_data(first, b"late")
    peer.send_headers(first, TRAILERS, end_stream=True)
    late = peer.data_to_send()
    (reset,) = peer.receive_data(ours.reset_stream(first))
    assert (first, ErrorCode.CANCEL) == (reset.stream_id, reset.error_code)
    assert feed(ours, late) == []
    peer.reset_stream(second, error_code=11)
    assert [StreamReset(second, ErrorCode.ENHANCE_YOUR_CALM)] == feed(ours, peer.data_to_send())
    assert ours.streams == 0
    with pytest.raises(LocalProtocolError, match="has ended, or was never opened"):
        ours.reset_stream(second)
    assert ours.take_replies() == b""


def test_pings_are_answered_and_ours_come_back():
    """A ping of `h2` is answered with its payload, and it answers ours."""
    ours, peer = client_and_h2()
    peer.ping(b"abcdefgh")
    assert feed(ours, peer.data_to_send()) == []
    (answer,) = peer.receive_data(ours.take_replies())
    assert (h2.events.PingAckReceived, b"abcdefgh") == (type(answer), answer.ping_data)
    peer.receive_data(ours.ping(b"12345678"))
    assert [PingAcknowledged(b"12345678")] == feed(ours, peer.data_to_send())


def test_goaway_cuts_off_what_the_server_has_not_seen():
    """Streams above the last id are cut off and named, those below go on; nothing can be opened any more."""
    ours, peer = client_and_h2()
    for _ in range(3):
        peer.receive_data(ours.open_stream(REQUEST_BLOCK, ended=True)[1])
    peer.send_headers(1, RESPONSE)
    before = peer.data_to_send()
    peer.close_connection(error_code=0, additional_data=b"maintenance", last_stream_id=1)
    goaway = peer.data_to_send()
    events = feed(ours, before + goaway)
    assert GoawayReceived(1, ErrorCode.NO_ERROR, b"maintenance", (3, 5)) == events[-1]
    assert (ours.streams, ours.may_open, ours.is_going_away) == (1, 0, True)
    assert ours.why_not_open() == "the server is going away (NO_ERROR: maintenance)"
    with pytest.raises(LocalProtocolError, match="maintenance"):
        ours.open_stream(REQUEST_BLOCK)
    assert [TrailersReceived(1, TRAILERS)] == feed(ours, frame(1, 5, 1, encode_block(TRAILERS)))
    assert ours.streams == 0


def test_a_second_goaway_may_only_cut_off_more():
    """A polite GOAWAY that cuts off nothing may be followed by one that does; the last id never rises again."""
    ours = raw_client(opened=3)
    polite = frame(7, 0, 0, b"\x7f\xff\xff\xff\0\0\0\0")
    assert [GoawayReceived(2**31 - 1, 0, b"", ())] == feed(ours, polite)
    final = frame(7, 0, 0, b"\0\0\0\x03\0\0\0\x02")
    assert [GoawayReceived(3, 2, b"", (5,))] == feed(ours, final)
    assert [GoawayReceived(3, 0, b"", ())] == feed(ours, polite)


def test_our_goaway_is_understood():
    """`h2` hears that we go away and why; we open nothing any more."""
    ours, peer = client_and_h2()
    (event,) = peer.receive_data(ours.go_away(debug=b"bye"))
    assert (h2.events.ConnectionTerminated, 0, b"bye") == (
        type(event),
        event.error_code,
        event.additional_data,
    )
    assert (ours.may_open, ours.why_not_open()) == (0, "the connection is being closed")


def test_stream_ids_run_out():
    """After the last id the connection says that a new one is needed."""
    ours = raw_client()
    ours._last_opened = MAX_STREAM_ID - 2
    assert ours.open_stream(REQUEST_BLOCK, ended=True)[0] == MAX_STREAM_ID
    assert (ours.may_open, ours.is_exhausted) == (0, True)
    with pytest.raises(LocalProtocolError, match="run out: connect anew"):
        ours.open_stream(REQUEST_BLOCK)


def test_sending_out_of_turn_is_refused_and_changes_nothing():
    """Data after the end, headers in the middle and a server's first word are refused; the stream goes on."""
    ours, _ = client_and_h2()
    stream_id, _ = ours.open_stream(REQUEST_BLOCK)
    with pytest.raises(LocalProtocolError, match="HEADERS is not due on stream 1, where this side is OPEN"):
        ours.send_headers(stream_id, RESPONSE_BLOCK)
    ours.send_data(stream_id, b"all", ended=True)
    with pytest.raises(LocalProtocolError, match="DATA is not due on stream 1, where this side is ENDED"):
        ours.send_data(stream_id, b"more")
    with pytest.raises(LocalProtocolError, match="stream 3 has ended, or was never opened"):
        ours.send_data(3, b"more")
    with pytest.raises(LocalProtocolError, match="a server opens no streams"):
        Connection(Role.SERVER).open_stream(REQUEST_BLOCK)
    assert ours.is_open(stream_id)


def test_the_end_of_the_input():
    """The end is told once, with whether it came between two frames; data after it is a mistake of ours."""
    ours = raw_client()
    assert [InputEnded(clean=True)] == end(ours)
    assert (ours.state, ours.may_open, ours.why_not_open()) == (
        ConnectionState.ENDED,
        0,
        "the connection has ended",
    )
    assert end(ours) == []
    with pytest.raises(LocalProtocolError, match="after the end"):
        ours.receive_data(b"x")
    cut = raw_client()
    assert [InputEnded(clean=False)] == feed(cut, b"\0\0\x08\x06") + end(cut)


def test_what_a_connection_says_of_itself():
    """The representation and the statistics tell role, state, streams and bytes."""
    ours, _ = client_and_h2()
    ours.open_stream(REQUEST_BLOCK, data=b"abc")
    assert repr(ours) == "<Connection client open streams=1 send_window=65532>"
    statistics = ours.statistics()
    assert (statistics.streams, statistics.streams_opened) == (1, 1)
    assert statistics.bytes_sent > statistics.bytes_received > 0
    assert (ours.role, ours.peer_settings.max_frame_size) == (Role.CLIENT, 16_384)
