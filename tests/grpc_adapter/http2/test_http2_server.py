"""Our server against a client of the `h2` library."""

import h2.events
import pytest
from http2_support import (
    REQUEST,
    REQUEST_BLOCK,
    RESPONSE,
    RESPONSE_BLOCK,
    TRAILERS,
    TRAILERS_BLOCK,
    feed,
    frame,
    h2_side,
    server_and_h2,
    violation_of,
)

from hostcore.errors import LocalProtocolError
from hostcore_grpc.http2 import (
    PREFACE,
    Connection,
    ConnectionState,
    DataReceived,
    ErrorCode,
    Limits,
    RequestReceived,
    Role,
    StreamReset,
    TrailersReceived,
    encode_block,
)


def request(peer, *, end_stream=False, headers=REQUEST):
    stream_id = peer.get_next_available_stream_id()
    peer.send_headers(stream_id, headers, end_stream=end_stream)
    return stream_id


def test_an_exchange_with_h2():
    """A request of `h2` comes with its data and trailers, and it understands our answer."""
    ours, peer = server_and_h2()
    stream_id = request(peer)
    peer.send_data(stream_id, b"question")
    peer.send_headers(stream_id, [(b"x-sum", b"1")], end_stream=True)
    assert [
        RequestReceived(stream_id, REQUEST, ended=False),
        DataReceived(stream_id, b"question", ended=False),
        TrailersReceived(stream_id, ((b"x-sum", b"1"),)),
    ] == feed(ours, peer.data_to_send())
    answer = (
        ours.send_headers(stream_id, RESPONSE_BLOCK)
        + ours.send_data(stream_id, b"answer")
        + ours.send_headers(stream_id, TRAILERS_BLOCK, ended=True)
    )
    response, data, trailers, ended = peer.receive_data(answer)
    assert (list(RESPONSE), b"answer", list(TRAILERS)) == (response.headers, data.data, trailers.headers)
    assert (stream_id, 0) == (ended.stream_id, ours.streams)


def test_every_split_of_a_request():
    """Wherever the client's first bytes are cut, within the preface too, the events and the answers are the same."""
    peer = h2_side(client=True)
    stream_id = request(peer)
    peer.send_data(stream_id, b"question", end_stream=True, pad_length=2)
    data = peer.data_to_send()

    def replay(parts):
        ours = Connection(Role.SERVER)
        ours.initiate()
        events, replies = [], b""
        for part in parts:
            events += feed(ours, part)
            replies += ours.take_replies()
        return events, replies

    whole = replay([data])
    assert {RequestReceived, DataReceived} <= {type(event) for event in whole[0]}
    for cut in range(1, len(data)):
        assert whole == replay([data[:cut], data[cut:]])
    assert whole == replay([data[i : i + 1] for i in range(len(data))])


def test_what_is_no_http2_is_quoted():
    """A client of HTTP/1.1 is refused with a word that says what it sent, and hears a GOAWAY."""
    ours = Connection(Role.SERVER)
    _, text = violation_of(ours, b"GET / HTTP/1.1\r\n\r\n")
    assert "it does not speak HTTP/2, its first bytes are b'GET / HTTP/1.1" in text
    assert ours.state is ConnectionState.ERROR
    assert ours.take_replies()[3] == 7
    _, text = violation_of(Connection(Role.SERVER), PREFACE + frame(6, 0, 0, b"12345678"))
    assert "its first frame is not SETTINGS" in text


def test_more_requests_than_announced_are_refused():
    """Beyond our MAX_CONCURRENT_STREAMS a stream is refused, so that it may be tried again, and the others go on."""
    ours, peer = server_and_h2(limits=Limits(streams=1))
    ours._limits = Limits(streams=1)
    first = request(peer)
    feed(ours, peer.data_to_send())
    ours_sees = feed(ours, frame(1, 4, 3, REQUEST_BLOCK))
    assert ours_sees == []
    assert frame(3, 0, 3, (7).to_bytes(4, "big")) == ours.take_replies()
    assert ours.is_open(first)


def test_requests_after_our_goaway_are_refused():
    """Who says that it goes away takes nothing more, and names the last stream that it took."""
    ours, peer = server_and_h2()
    first = request(peer)
    feed(ours, peer.data_to_send())
    late = request(peer)
    data = peer.data_to_send()
    (event,) = peer.receive_data(ours.go_away())
    assert (h2.events.ConnectionTerminated, first) == (type(event), event.last_stream_id)
    assert feed(ours, data) == []
    assert frame(3, 0, late, (7).to_bytes(4, "big")) == ours.take_replies()


def test_a_client_cancels():
    """A reset of the client ends the stream here."""
    ours, peer = server_and_h2()
    stream_id = request(peer)
    peer.reset_stream(stream_id, error_code=8)
    assert [
        RequestReceived(stream_id, REQUEST, ended=False),
        StreamReset(stream_id, ErrorCode.CANCEL),
    ] == feed(ours, peer.data_to_send())
    with pytest.raises(LocalProtocolError, match="has ended"):
        ours.send_headers(stream_id, RESPONSE_BLOCK)


def test_large_answers_wait_for_the_client_s_windows():
    """What exceeds the client's window is refused, and can be sent when it has read."""
    ours, peer = server_and_h2()
    stream_id = request(peer, end_stream=True)
    feed(ours, peer.data_to_send())
    peer.receive_data(ours.send_headers(stream_id, RESPONSE_BLOCK))
    peer.receive_data(ours.send_data(stream_id, b"x" * ours.may_send(stream_id)))
    assert ours.may_send(stream_id) == 0
    with pytest.raises(LocalProtocolError, match="1 bytes exceed"):
        ours.send_data(stream_id, b"y")
    peer.acknowledge_received_data(65_535, stream_id)
    feed(ours, peer.data_to_send())
    assert ours.may_send(stream_id) == 65_535


@pytest.mark.parametrize(
    "headers",
    [
        [pair for pair in REQUEST if pair[0] != b":path"],
        [(b":status", b"200"), *REQUEST],
        [*REQUEST, (b"connection", b"close")],
        [*REQUEST, (b"Upper", b"case")],
        [*REQUEST, (b":late", b"pseudo")],
        [REQUEST[0], *REQUEST],
        [*REQUEST[4:], *REQUEST[:4]],
        [*REQUEST[:4], (b"te", b"gzip")],
        [*REQUEST, (b"x", b"line\nbreak")],
        [*REQUEST, (b"", b"nameless")],
    ],
)
def test_malformed_requests_are_reset(headers):
    """A request whose headers break a rule of HTTP is reset, and the connection goes on."""
    ours, _ = server_and_h2()
    assert feed(ours, frame(1, 5, 1, encode_block(headers))) == []
    assert frame(3, 0, 1, (1).to_bytes(4, "big")) == ours.take_replies()
    assert [RequestReceived(3, REQUEST, ended=True)] == feed(ours, frame(1, 5, 3, REQUEST_BLOCK))
