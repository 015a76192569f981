"""How bytes move: at once, in parts, encrypted, and how a wire ends; over real socket pairs."""

import errno
import socket
import ssl
import subprocess

import pytest
import trio
import trio.testing
from rpc_support import ECHO, PATIENCE, client_and_server, collect

from hostcore_grpc.rpc import RpcError, StatusCode, start_tls, unary
from hostcore_grpc.rpc._wire import SocketWire, StreamWire, reason_of


def socket_pair():
    """Give two connected streams of trio."""
    pair = socket.socketpair()
    for each in pair:
        each.setblocking(False)
    return tuple(trio.SocketStream(trio.socket.from_stdlib_socket(each)) for each in pair)


class Ear:
    """Hears what a wire tells."""

    def __init__(self, wire):
        self.data = b""
        self.error = None
        self.drains = 0
        self.told = trio.Event()
        wire.received, wire.broken, wire.drained = self.received, self.broken, self.drained

    def received(self, data):
        self.data += data

    def broken(self, error):
        assert self.error is None, "told once"
        self.error = error
        self.told.set()

    def drained(self):
        self.drains += 1


@pytest.fixture
async def wire_and_peer(nursery):
    """Give a driven wire over a socket, who hears it, and the plain socket at its other end."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    wire = SocketWire(ours)
    ear = Ear(wire)
    nursery.start_soon(wire.read_forever)
    nursery.start_soon(wire.write_forever)
    with trio.fail_after(PATIENCE):
        yield wire, ear, theirs
    await wire.aclose()
    theirs.close()


async def read_all(sock, size):
    data = b""
    while len(data) < size:
        await trio.lowlevel.wait_readable(sock)
        data += sock.recv(1 << 20)
    return data


async def test_a_write_goes_out_at_once(wire_and_peer):
    """What fits into the socket is there for the peer before the next turn of the scheduler."""
    wire, ear, theirs = wire_and_peer
    wire.write(b"now")
    assert (theirs.recv(10), wire.queued_bytes, ear.drains) == (b"now", 0, 0)


async def test_what_does_not_fit_follows_in_order(wire_and_peer):
    """A remainder, and what is written after it, wait for the writer task, and arrive in their order."""
    wire, ear, theirs = wire_and_peer
    large = bytes(range(256)) * 40_000
    wire.write(large)
    wire.write(b"after")
    assert wire.queued_bytes > 5
    assert large + b"after" == await read_all(theirs, len(large) + 5)
    await trio.testing.wait_all_tasks_blocked()
    assert wire.queued_bytes == 0
    assert ear.drains > 1
    assert repr(wire) == "<SocketWire queued_bytes=0 closed=False>"


async def test_the_end_of_the_stream(wire_and_peer):
    """The end is told once, after all that came before it."""
    _, ear, theirs = wire_and_peer
    theirs.send(b"last words")
    theirs.close()
    await ear.told.wait()
    assert (ear.data, type(ear.error)) == (b"last words", EOFError)


async def test_a_failed_write_lets_the_rest_be_read(wire_and_peer):
    """When the peer has closed, what it said before is still taken; then the wire breaks, by the end it reads."""
    wire, ear, theirs = wire_and_peer
    theirs.send(b"goodbye")
    theirs.close()
    wire.write(b"too late")
    wire.write(b"dropped")
    assert (ear.error, wire.queued_bytes) == (None, 0)
    await ear.told.wait()
    assert ear.data == b"goodbye"


async def test_a_peer_that_only_stops_reading(wire_and_peer, autojump_clock):
    """A failed write breaks the wire after a moment, though the peer never ends its side."""
    wire, ear, theirs = wire_and_peer
    theirs.shutdown(socket.SHUT_RD)
    began = trio.current_time()
    wire.write(b"x")
    await ear.told.wait()
    assert (ear.error.errno, trio.current_time() - began) == (errno.EPIPE, pytest.approx(1))


async def test_a_fault_while_taking_what_came(wire_and_peer):
    """An error of whoever takes the bytes breaks the wire, with that error."""
    wire, ear, theirs = wire_and_peer
    wire.received = None
    theirs.send(b"x")
    await ear.told.wait()
    assert type(ear.error) is TypeError


async def test_a_closed_wire_says_nothing_more(wire_and_peer):
    """After the close nothing is written, read or told, and both tasks end."""
    wire, ear, theirs = wire_and_peer
    wire.write(bytes(10_000_000))
    await wire.aclose()
    wire.write(b"x")
    await wire.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert (wire.queued_bytes, wire.closed, ear.error) == (0, True, None)
    assert theirs.fileno() >= 0


async def test_any_stream_of_trio(nursery, autojump_clock):
    """A wire over a stream in memory writes in batches, and breaks like one over a socket."""
    ours, theirs = trio.testing.memory_stream_pair()
    wire = StreamWire(ours)
    ear = Ear(wire)
    nursery.start_soon(wire.read_forever)
    nursery.start_soon(wire.write_forever)
    wire.write(b"a")
    wire.write(b"b")
    assert wire.queued_bytes == 2
    assert await theirs.receive_some() == b"ab"
    await theirs.send_all(b"c")
    await trio.testing.wait_all_tasks_blocked()
    assert (wire.queued_bytes, ear.data) == (0, b"c")
    await theirs.receive_stream.aclose()
    wire.write(b"d")
    await ear.told.wait()
    assert type(ear.error) is trio.BrokenResourceError
    await wire.aclose()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (EOFError(), "the peer closed the connection"),
        (OSError(errno.EPIPE, "Broken pipe"), "the connection broke (Broken pipe, EPIPE)"),
        (OSError("odd"), "the connection broke (odd)"),
        (ssl.SSLError(1, "[SSL] bad"), "TLS failed ([SSL] bad)"),
        (trio.BrokenResourceError(), "the connection broke (no reason is known)"),
        (KeyError("x"), "the host failed to take what the peer sent: KeyError('x')"),
    ],
)
def test_the_reasons_for_people(error, text):
    """Each way to break has words."""
    assert text == reason_of(error)


# -- whole connections over sockets, plain and encrypted


async def echo(payload, _):
    return payload


async def chat(call):
    async for each in call:
        await call.send(each)


async def use(client):
    """Make calls of all sizes, many at once."""
    sizes = [0, 1, 50_000, 3_000_000]

    async def ask(size):
        assert size == len(await client.unary(ECHO, bytes(size), timeout=PATIENCE))

    async with trio.open_nursery() as nursery:
        for size in sizes * 4:
            nursery.start_soon(ask, size)
    with client.stream("/test.Echo/Chat", timeout=PATIENCE) as call:
        for number in range(50):
            await call.send(b"%d" % number)
        await call.end()
        assert [b"%d" % number for number in range(50)] == await collect(call)


HANDLERS = {ECHO: unary(echo), "/test.Echo/Chat": chat}


async def test_calls_over_a_socket():
    """Client and server of ours understand each other over a socket, and the end of one ends the other."""
    with trio.fail_after(PATIENCE):
        async with client_and_server(HANDLERS, streams=socket_pair()) as (client, server):
            await use(client)
            await client.aclose()
            await server.ended.wait()
            assert (client.reason, server.reason) == (
                "the connection was closed",
                "the peer closed the connection",
            )


@pytest.fixture
def certificate(peer_program, tmp_path):
    """Give contexts of a server and of a client that trusts it alone."""
    files = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    subprocess.run([peer_program, "certify", *files], check=True, timeout=PATIENCE)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*files)
    client = ssl.create_default_context(cafile=files[0])
    for context in (server, client):
        context.set_alpn_protocols(["h2"])
    return server, client


async def secured(streams, contexts, *, name="localhost"):
    """Shake hands on both sides of a pair."""
    ours, theirs = streams
    server, client = contexts
    done = {}

    async def shake(side, stream, context, **more):
        try:
            done[side] = await start_tls(stream, context, **more)
        except trio.BrokenResourceError as error:
            done[side] = error.__cause__

    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: shake("client", ours, client, server_hostname=name))
        nursery.start_soon(lambda: shake("server", theirs, server, server_side=True))
    return done["client"], done["server"]


async def test_calls_over_tls(certificate):
    """The same over TLS 1.3, in both roles, without a stream in between."""
    with trio.fail_after(PATIENCE):
        pair = await secured(socket_pair(), certificate)
        assert [repr(each) for each in pair] == ["<TlsSocket TLSv1.3 h2>"] * 2
        async with client_and_server(HANDLERS, streams=pair, client_options={"scheme": "https"}) as (
            client,
            server,
        ):
            await use(client)
            await client.aclose()
            await server.ended.wait()
            assert server.reason == "the peer closed the connection"


async def test_a_peer_that_is_not_the_expected_one(certificate):
    """A server of another name is refused by the handshake, and hears of it."""
    with trio.fail_after(PATIENCE):
        streams = socket_pair()
        ours, theirs = await secured(streams, certificate, name="elsewhere")
        assert isinstance(ours, ssl.SSLCertVerificationError)
        assert isinstance(theirs, ssl.SSLError)
        for stream in streams:
            await stream.aclose()


async def test_what_is_no_tls(certificate, nursery):
    """A peer that speaks in plain text, or closes, fails the handshake; one that does so later, the calls."""
    _, context = certificate
    with trio.fail_after(PATIENCE):
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
            ours, theirs = socket_pair()
            if answer:
                await theirs.send_all(answer)
            await theirs.send_eof()
            with pytest.raises(trio.BrokenResourceError, match="the TLS handshake failed") as caught:
                await start_tls(ours, context, server_hostname="localhost")
            assert isinstance(caught.value.__cause__, ssl.SSLError)
            for stream in (ours, theirs):
                await stream.aclose()


async def test_garbage_after_the_handshake(certificate):
    """Bytes that are no record of TLS end the connection and its calls."""
    with trio.fail_after(PATIENCE):
        ours, theirs = await secured(socket_pair(), certificate)
        plain = theirs.stream
        async with client_and_server({}, streams=(ours, trio.testing.memory_stream_pair()[0])) as (client, _):
            await plain.send_all(b"garbage" * 100)
            with pytest.raises(RpcError, match="TLS failed") as caught:
                await client.unary(ECHO, b"", timeout=PATIENCE)
            assert caught.value.status == StatusCode.UNAVAILABLE
        await theirs.aclose()
