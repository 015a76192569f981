"""Our client and our server against the real library of gRPC in Go, over real sockets."""

import json
import ssl
import subprocess

import pytest
import trio
from peer_support import PATIENCE, connected, served
from rpc_support import Outcome, collect

from hostcore_grpc.rpc import Origin, RpcError, Server, StatusCode, start_tls, unary

ECHO, CHAT = "/test.Peer/Echo", "/test.Peer/Chat"


@pytest.fixture
async def client(peer_program, tmp_path):
    path = str(tmp_path / "s")
    async with served(peer_program, "unix", path), connected(await trio.open_unix_socket(path)) as client:
        with trio.fail_after(PATIENCE):
            yield client


async def test_unary_calls(client):
    """Small, empty and large messages come back as they were, one after another and many at once."""
    for size in (5, 0, 20_000, 100_000, 16 * 1024 * 1024):
        payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
        assert payload == await client.unary(ECHO, payload, timeout=20)
    answers = {}

    async def ask(number):
        answers[number] = await client.unary(ECHO, b"%d" % number, timeout=20)

    async with trio.open_nursery() as nursery:
        for number in range(500):
            nursery.start_soon(ask, number)
    assert {number: b"%d" % number for number in range(500)} == answers
    assert "table=0" in repr(client.connection._decoder), "its headers are decoded from memory"


async def test_large_messages_at_once(client):
    """Many large calls share one connection."""
    payload = bytes(range(256)) * 4096

    async def ask():
        assert payload == await client.unary(ECHO, payload, timeout=20)

    async with trio.open_nursery() as nursery:
        for _ in range(16):
            nursery.start_soon(ask)


async def test_streams(client):
    """Streams of all kinds bring their messages in order."""
    with client.stream("/test.Peer/Repeat", timeout=20) as call:
        await call.send(b"1000 5000")
        await call.end()
        assert [len(each) for each in await collect(call)] == [5000] * 1000
    with client.stream("/test.Peer/Count", timeout=20) as call:
        for number in range(1000):
            await call.send(bytes(number))
        await call.end()
        assert await collect(call) == [b"1000 499500"]
    with client.stream(CHAT, timeout=20) as call:
        for number in range(100):
            await call.send(b"%d" % number)
            assert await call.receive() == b"%d" % number
        await call.end()
        assert await call.receive() is None


async def test_a_large_stream_that_is_read_slowly(client):
    """A server that sends far more than the window waits for the reader, and other calls go on meanwhile."""
    with client.stream("/test.Peer/Repeat", timeout=20) as call:
        await call.send(b"40 1000000")
        await call.end()
        assert len(await call.receive()) == 1_000_000
        for _ in range(20):
            assert await client.unary(ECHO, b"x", timeout=20) == b"x"
        assert call.reader.held <= client.connection.limits.stream_window
        assert [len(each) for each in await collect(call)] == [1_000_000] * 39


async def test_a_compressed_answer(client):
    """An answer that the server compresses is unpacked."""
    assert await client.unary("/test.Peer/Zipped", b"x" * 10_000, timeout=20) == b"x" * 10_000


async def test_errors(client):
    """Status, message, details and metadata arrive; an unknown method is UNIMPLEMENTED."""
    with pytest.raises(RpcError) as caught:
        await client.unary("/test.Peer/Fail", "9 ä\n100%".encode(), timeout=20)
    error = caught.value
    assert (error.status, error.message, error.origin) == (
        StatusCode.FAILED_PRECONDITION,
        "ä\n100%",
        Origin.PEER,
    )
    assert b"google.protobuf.Duration" in error.details
    assert {("reason", "asked"), ("bytes-bin", b"\x00\xff")} <= set(error.trailers)
    for path in ("/test.Peer/Nothing", "/nowhere.At/All"):
        with pytest.raises(RpcError) as caught:
            await client.unary(path, b"", timeout=20)
        assert (caught.value.status, caught.value.origin) == (StatusCode.UNIMPLEMENTED, Origin.PEER)
    with (
        client.stream("/test.Peer/Refuse", timeout=20) as call,
        pytest.raises(RpcError, match="PERMISSION_DENIED"),
    ):
        await send_for_ever(call)


async def send_for_ever(call):
    while True:
        await call.send(bytes(100_000))


async def test_what_travels_with_a_call(client):
    """Timeout and metadata reach the handler, and its own metadata the caller."""
    with client.stream(
        "/test.Peer/Context", timeout=15, metadata=[("traceparent", "00-ab-cd-01"), ("raw-bin", b"\x00\xfe")]
    ) as call:
        await call.send(b"")
        await call.end()
        context = json.loads(await call.receive())
        assert await call.receive() is None
    assert context["metadata"]["traceparent"] == ["00-ab-cd-01"]
    assert context["metadata"][":authority"] == ["localhost"]
    assert context["metadata"]["raw-bin"] == ["\x00\ufffd"], "as JSON shows those bytes"
    assert 10 < context["left"] <= 15
    assert {("early", "yes"), ("early-bin", b"\x01\x02")} <= set(call.initial_metadata)
    assert ("late", "too") in call.trailing_metadata


async def test_deadlines_and_cancellation_reach_the_handler(client):
    """A handler whose caller has gone, by deadline or by cancellation, is cancelled."""
    with pytest.raises(RpcError, match="DEADLINE_EXCEEDED"):
        await client.unary("/test.Peer/Sleep", b"", timeout=0.1)
    with trio.move_on_after(0.1):
        await client.unary("/test.Peer/Sleep", b"")
    while await client.unary("/test.Peer/Cancelled", b"", timeout=20) != b"2":  # noqa: ASYNC110 - another process counts
        await trio.sleep(0.01)
    assert client.in_flight == 0


async def test_a_graceful_stop(client):
    """A server that stops gracefully lets its calls end, takes no new ones, and the connection ends."""
    async with trio.open_nursery() as nursery:
        talk = client.stream(CHAT, timeout=20)
        await talk.send(b"x")
        assert await talk.receive() == b"x"
        assert await client.unary("/test.Peer/Stop", b"", timeout=20) == b"stopping"
        while client.is_available:  # noqa: ASYNC110 - nobody tells of it, for only callers need to know
            await trio.sleep(0.01)
        refused = Outcome(nursery, client.unary, ECHO, b"")
        error = await refused.failure()
        assert (error.status, error.untouched) == (StatusCode.UNAVAILABLE, True)
        await talk.send(b"y")
        assert await talk.receive() == b"y"
        await talk.end()
        assert await talk.receive() is None
        await client.ended.wait()


async def test_a_server_that_dies(client):
    """When the process ends in the middle of a call, the call fails as UNAVAILABLE, and so does the next one."""
    for _ in range(2):
        with pytest.raises(RpcError) as caught:
            await client.unary("/test.Peer/Exit", b"", timeout=20)
        assert (caught.value.status, caught.value.origin) == (StatusCode.UNAVAILABLE, Origin.CONNECTION)
    await client.ended.wait()


async def test_the_server_s_limit(peer_program, tmp_path):
    """Over TCP, and with 3 streams at once: 100 calls all get their turn."""
    async with served(peer_program, "tcp", "127.0.0.1:0", PEER_STREAMS="3") as address:
        host, port = address.rsplit(":", 1)
        async with connected(await trio.open_tcp_stream(host, int(port))) as client:
            most = 0

            async def ask():
                nonlocal most
                assert await client.unary(ECHO, b"x", timeout=20) == b"x"
                most = max(most, client.in_flight)

            assert await client.unary(ECHO, b"first", timeout=20) == b"first"
            async with trio.open_nursery() as nursery:
                for _ in range(100):
                    nursery.start_soon(ask)
            assert most <= 3


async def stream_of_trio(path, context):
    stream = trio.SSLStream(await trio.open_unix_socket(path), context, server_hostname="localhost")
    await stream.do_handshake()
    return stream


async def socket_of_ours(path, context):
    return await start_tls(await trio.open_unix_socket(path), context, server_hostname="localhost")


@pytest.mark.parametrize("secure", [stream_of_trio, socket_of_ours])
async def test_tls(peer_program, tmp_path, secure):
    """Calls go over TLS on a unix socket, large and many, with a certificate like those of go-plugin."""
    path = str(tmp_path / "s")
    files = {"PEER_CERT": str(tmp_path / "cert.pem"), "PEER_KEY": str(tmp_path / "key.pem")}
    await trio.run_process([peer_program, "certify", *files.values()])
    async with served(peer_program, "unix", path, **files):
        context = ssl.create_default_context(cafile=files["PEER_CERT"])
        context.set_alpn_protocols(["h2"])
        with trio.fail_after(PATIENCE):
            stream = await secure(path, context)
            async with connected(stream, scheme="https") as client:
                payload = bytes(range(256)) * 8192

                async def ask():
                    assert payload == await client.unary(ECHO, payload, timeout=20)

                async with trio.open_nursery() as nursery:
                    for _ in range(8):
                        nursery.start_soon(ask)
                for _ in range(100):
                    assert await client.unary(ECHO, b"x", timeout=20) == b"x"
                await client.aclose()


async def run_go_client(program, path):
    """Run the Go client and return its report."""
    with trio.fail_after(PATIENCE):
        done = await trio.run_process([program, "call", "unix", path], capture_stdout=True)
    return {line["call"]: line for line in map(json.loads, done.stdout.splitlines())}


async def test_our_server_and_the_go_client(peer_program, tmp_path):
    """A client of the real library finds in our server what it expects of one: all kinds of calls and endings."""
    notes = []

    async def echo(payload, _):
        return payload

    async def fail(payload, call):
        call.response_trailers = (("why", "asked"),)
        details = b"\x08\x05\x12" + bytes([len(payload)]) + payload + b"\x1a\x00"  # a google.rpc.Status
        raise RpcError(StatusCode.NOT_FOUND, payload.decode(), details=details)

    async def fall(_, __):
        raise KeyError("inside")

    async def show(_, call):
        shown = {
            key: list(value) if isinstance(value, bytes) else value for key, value in call.request_metadata
        }
        return json.dumps(shown, sort_keys=True).encode()

    async def chat(call):
        async for each in call:
            await call.send(each)

    async def sleep(_):
        await trio.sleep_forever()

    handlers = {
        "/test.Host/Echo": unary(echo),
        "/test.Host/Fail": unary(fail),
        "/test.Host/Break": unary(fall),
        "/test.Host/Metadata": unary(show),
        "/test.Host/Chat": chat,
        "/test.Host/Sleep": sleep,
    }
    path = str(tmp_path / "s")
    (listener,) = await open_unix_listener(path)

    async def serve(stream):
        await Server(stream, handlers, noted=notes.append).run()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        report = await run_go_client(peer_program, path)
        nursery.cancel_scope.cancel()
    assert len(notes) == 1
    assert "KeyError: 'inside'" in notes[0]
    found = {name: (line["code"], line["value"]) for name, line in report.items()}
    assert found == {
        "echo": (0, "hello"),
        "large": (0, True),
        "zipped": (0, True),
        "fail": (5, 1),
        "break": (2, None),
        "nowhere": (12, None),
        "metadata": (0, '{"color": "blue", "raw-bin": [0, 1]}'),
        "chat": (0, f"3 {8 * 1024 * 1024 + 2}"),
        "sleep": (4, None),
        "many": (0, 0),
    }
    assert report["fail"]["message"] == "nothing of that name: ä %"


async def open_unix_listener(path):
    sock = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
    await sock.bind(path)
    sock.listen(16)
    return [trio.SocketListener(sock)]


def test_the_program_is_what_is_committed(peer_program):
    """The program builds from its sources, and says how it is used."""
    done = subprocess.run([peer_program], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (
        2,
        "usage: peer serve|call NETWORK ADDRESS, or peer certify CERT KEY\n",
    )
