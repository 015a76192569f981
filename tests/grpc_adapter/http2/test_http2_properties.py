"""Properties of the codec, and of two connections that talk to each other."""

from itertools import pairwise

import hpack
from http2_support import REQUEST_BLOCK, RESPONSE_BLOCK, TRAILERS_BLOCK, events_of
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.errors import RemoteProtocolError
from hostcore_grpc.http2 import (
    PREFACE,
    Connection,
    ConnectionState,
    DataReceived,
    Limits,
    RequestReceived,
    Role,
    TrailersReceived,
    encode_block,
)
from hostcore_grpc.http2._frames import FrameReader, data_frames, head, header_frames
from hostcore_grpc.http2._hpack import HeaderDecoder

NAMES = st.binary(min_size=1, max_size=200)
VALUES = st.binary(max_size=300)
LISTS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
KNOWN = st.sampled_from(
    [
        (b":method", b"POST"),
        (b":status", b"200"),
        (b":status", b"404"),
        (b"content-type", b"application/grpc"),
    ]
)
FRAMES = st.tuples(
    st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=100)
)


def parts_of(data, cuts):
    """Cut some bytes at places drawn as shares of their length."""
    places = sorted({round(cut * len(data)) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


CUTS = st.lists(st.floats(0, 1), max_size=20)


@given(st.lists(KNOWN | st.tuples(NAMES, VALUES), max_size=12))
@settings(settings.get_profile("http2"))
def test_blocks_are_understood_by_hpack(headers):
    """Any list that we encode is what the `hpack` library decodes, and so is it by our decoder, again and again."""
    block = encode_block(headers)
    assert headers == [tuple(pair) for pair in hpack.Decoder().decode(block, raw=True)]
    decoder = HeaderDecoder()
    assert [tuple(headers)] * 3 == [decoder.decode(b"\x20" + block).headers for _ in range(3)]


@given(st.lists(LISTS, min_size=1, max_size=8), st.sampled_from([0, 64, 4096]))
@settings(settings.get_profile("http2"))
def test_blocks_of_any_encoder_are_understood(lists, table_size):
    """Whatever use an encoder makes of its table, all lists come out in order; none is mixed up by the memory."""
    encoder = hpack.Encoder()
    encoder.header_table_size = table_size
    decoder = HeaderDecoder()
    for headers in [*lists, *lists]:
        assert tuple(headers) == decoder.decode(encoder.encode(headers)).headers


@given(st.lists(FRAMES, max_size=10), CUTS)
@settings(settings.get_profile("http2"))
def test_frames_come_out_as_they_went_in(frames, cuts):
    """However the bytes are cut, the reader gives the frames in order and holds nothing at the end."""
    reader = FrameReader(16_384)
    data = b"".join(
        head(len(payload), kind, flags, stream) + payload for kind, flags, stream, payload in frames
    )
    assert frames == [frame for part in parts_of(data, cuts) for frame in reader.feed(part)]
    assert reader.held == 0


@given(st.integers(0, 70_000), st.integers(16_384, 40_000), st.booleans())
@settings(settings.get_profile("http2"))
def test_long_data_and_blocks_are_cut_into_lawful_frames(size, max_size, ended):
    """Frames keep to the limit, the last one alone carries the end, and together they carry all bytes."""
    payload = bytes(size)
    data = list(FrameReader(max_size).feed(data_frames(1, payload, end_stream=ended, max_size=max_size)))
    assert payload == b"".join(frame[3] for frame in data)
    assert [0] * (len(data) - 1) + [int(ended)] == [frame[1] for frame in data]
    block = list(FrameReader(max_size).feed(header_frames(1, payload, end_stream=ended, max_size=max_size)))
    assert payload == b"".join(frame[3] for frame in block)
    assert [1] + [9] * (len(block) - 1) == [frame[0] for frame in block]
    assert [bool(frame[1] & 4) for frame in block] == [False] * (len(block) - 1) + [True]
    assert block[0][1] & 1 == ended


@given(st.binary(max_size=300), st.sampled_from(Role), CUTS)
@settings(settings.get_profile("http2"), max_examples=400)
def test_no_bytes_make_a_connection_fall_over(data, role, cuts):
    """Whatever comes, a connection tells events or raises the one error for it."""
    connection = Connection(role, Limits(frame=16_384))
    if role is Role.SERVER:
        connection.receive_data(PREFACE)
    connection.receive_data(head(0, 4, 0, 0))
    _survive(connection, parts_of(data, cuts))


@given(
    st.lists(FRAMES.map(lambda frame: (frame[0] % 11, frame[1], frame[2] % 6, frame[3])), max_size=12), CUTS
)
@settings(settings.get_profile("http2"), max_examples=400)
def test_no_frames_make_a_connection_fall_over(frames, cuts):
    """The same for frames that are whole, of known types and on streams that live."""
    connection = Connection(Role.CLIENT)
    connection.receive_data(head(0, 4, 0, 0))
    for _ in range(2):
        connection.open_stream(REQUEST_BLOCK)
    data = b"".join(
        head(len(payload), kind, flags, stream) + payload for kind, flags, stream, payload in frames
    )
    _survive(connection, parts_of(data, cuts))


def _survive(connection, parts):
    try:
        for part in parts:
            if part:
                connection.receive_data(part)
            events_of(connection)
            connection.take_replies()
    except RemoteProtocolError:
        assert connection.state is ConnectionState.ERROR
        assert connection.take_replies()[-1:]


class Talk:
    """Brings bodies from either side of a pair of connections to the other."""

    def __init__(self, limits, cuts):
        self.client = Connection(Role.CLIENT, limits)
        self.server = Connection(Role.SERVER, limits)
        self.cuts = cuts
        self.rest = {self.client: {}, self.server: {}}
        self.received = {self.client: {}, self.server: {}}
        self.ended = {self.client: set(), self.server: set()}
        self.deliver(self.server, self.client.initiate())
        self.deliver(self.client, self.server.initiate())

    def other(self, side):
        return self.server if side is self.client else self.client

    def deliver(self, side, data):
        for part in parts_of(data, self.cuts):
            side.receive_data(part)

    def begin(self, question, answer):
        stream_id, frames = self.client.open_stream(REQUEST_BLOCK)
        self.deliver(self.server, frames)
        self.rest[self.client][stream_id] = question
        for side in (self.client, self.server):
            self.received[side][stream_id] = b""
        return answer

    def step(self, answers):
        """Let both sides take what has come, return credit, and send what they may; return whether anything went."""
        moved = False
        for side in (self.client, self.server):
            for event in events_of(side):
                moved = True
                if type(event) is RequestReceived:
                    self.deliver(self.client, side.send_headers(event.stream_id, RESPONSE_BLOCK))
                    self.rest[side][event.stream_id] = answers[event.stream_id]
                elif type(event) is DataReceived:
                    self.received[side][event.stream_id] += event.data
                    side.consume(event.stream_id, len(event.data))
                if getattr(event, "ended", False) or type(event) is TrailersReceived:
                    self.ended[side].add(event.stream_id)
            self.deliver(self.other(side), side.take_replies())
            for stream_id in list(self.rest[side]):
                moved |= self.send(side, stream_id)
        return moved

    def send(self, side, stream_id):
        rest = self.rest[side][stream_id]
        size = min(side.may_send(stream_id), len(rest))
        if size < len(rest):
            if not size:
                return False
            data = side.send_data(stream_id, rest[:size])
            self.rest[side][stream_id] = rest[size:]
        else:
            del self.rest[side][stream_id]
            if side is self.client:
                data = side.send_data(stream_id, rest, ended=True)
            else:
                data = side.send_data(stream_id, rest) + side.send_headers(
                    stream_id, TRAILERS_BLOCK, ended=True
                )
        self.deliver(self.other(side), data)
        return True


@given(
    st.lists(st.tuples(st.binary(max_size=5000), st.binary(max_size=5000)), min_size=1, max_size=8),
    st.integers(1, 3000),
    CUTS,
)
@settings(settings.get_profile("http2"))
def test_two_connections_carry_all_data_through_any_windows(exchanges, window, cuts):
    """A client and a server of ours with tiny windows bring all requests and answers over, whatever the cuts."""
    talk = Talk(Limits(stream_window=window), cuts)
    answers = {1 + 2 * index: talk.begin(*exchange) for index, exchange in enumerate(exchanges)}
    while talk.step(answers):
        pass
    assert [question for question, _ in exchanges] == list(talk.received[talk.server].values())
    assert [answer for _, answer in exchanges] == list(talk.received[talk.client].values())
    assert set(answers) == talk.ended[talk.client] == talk.ended[talk.server]
    assert (talk.client.streams, talk.server.streams) == (0, 0)
