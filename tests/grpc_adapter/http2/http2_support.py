"""What the tests of HTTP/2 share: the `h2` library as the other side, and frames made by hand."""

import h2.config
import h2.connection
import h2.settings

from hostcore.errors import RemoteProtocolError
from hostcore_grpc.http2 import Connection, Role, encode_block
from hostcore_grpc.http2._frames import head

REQUEST = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/test.Echo/Say"),
    (b":authority", b"localhost"),
    (b"te", b"trailers"),
    (b"content-type", b"application/grpc"),
)
RESPONSE = ((b":status", b"200"), (b"content-type", b"application/grpc"))
TRAILERS = ((b"grpc-status", b"0"), (b"grpc-message", b""))
REQUEST_BLOCK = encode_block(REQUEST)
RESPONSE_BLOCK = encode_block(RESPONSE)
TRAILERS_BLOCK = encode_block(TRAILERS)


def h2_side(*, client, settings=None):
    """Make the other side with `h2`; what it says first waits in its `data_to_send`."""
    config = h2.config.H2Configuration(client_side=client, header_encoding=None)
    peer = h2.connection.H2Connection(config)
    if settings is not None:
        peer.local_settings = h2.settings.Settings(client=client, initial_values=settings)
    peer.initiate_connection()
    return peer


def events_of(connection):
    """Take all events that wait."""
    events = []
    while (event := connection.next_event()) is not None:
        events.append(event)
    return events


def feed(connection, data):
    """Feed some bytes and take the events; without any nothing is fed, for that would be the end."""
    if data:
        connection.receive_data(data)
    return events_of(connection)


def end(connection):
    """End the input and take the events."""
    connection.receive_data(b"")
    return events_of(connection)


def client_and_h2(*, limits=None, settings=None):
    """Give a client of ours and a server of `h2`, after both have said their settings."""
    ours, peer = Connection(Role.CLIENT, limits), h2_side(client=False, settings=settings)
    peer.receive_data(ours.initiate())
    feed(ours, peer.data_to_send())
    peer.receive_data(ours.take_replies())
    feed(ours, peer.data_to_send())
    return ours, peer


def server_and_h2(*, limits=None, settings=None):
    """Give a server of ours and a client of `h2`, after both have said their settings."""
    ours, peer = Connection(Role.SERVER, limits), h2_side(client=True, settings=settings)
    peer.receive_data(ours.initiate())
    feed(ours, peer.data_to_send())
    peer.receive_data(ours.take_replies())
    feed(ours, peer.data_to_send())
    return ours, peer


def frame(kind, flags, stream_id, payload=b""):
    """Make any frame, lawful or not."""
    return head(len(payload), kind, flags, stream_id) + payload


SETTINGS = frame(4, 0, 0)
ACKNOWLEDGED = frame(4, 1, 0)


def raw_client(*, limits=None, opened=0, ended=True):
    """Give a client whose server has sent empty settings and seen ours, with so many streams opened."""
    ours = Connection(Role.CLIENT, limits)
    ours.initiate()
    feed(ours, SETTINGS + ACKNOWLEDGED)
    ours.take_replies()
    for _ in range(opened):
        ours.open_stream(REQUEST_BLOCK, ended=ended)
    return ours


def violation_of(connection, data):
    """Feed bytes that break the rules; return the events before the breach, and what the error says."""
    connection.receive_data(data)
    events = []
    while True:
        try:
            event = connection.next_event()
        except RemoteProtocolError as error:
            return events, str(error)
        assert event is not None, f"no violation, but {events}"
        events.append(event)
