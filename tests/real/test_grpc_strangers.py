"""AutoMTLS on real sockets: nobody but the two sides gets in, to a plugin or to what it was lent."""

import contextlib
import math
import ssl

import pytest
import trio
import trio.testing
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from grpc_support import SOURCES, write_grpc
from real_support import PATIENCE

from hostcore.testing import open_plugin
from hostcore.transports import CallContext, Deadlines
from hostcore_grpc._broker import MAX_CONNECTIONS, Broker
from hostcore_grpc._lent_calls import LentMethod
from hostcore_grpc._sockets import PREFIX, SocketFolder
from hostcore_grpc._tls import SERVER_NAME, Identity, client_context, server_context
from hostcore_grpc.methods import (
    BROKER_START_STREAM,
    Codecs,
    Descriptors,
    KnownMessages,
    Services,
    Style,
)
from hostcore_grpc.rpc import Client, Server, start_tls

pytestmark = pytest.mark.usefixtures("leaves_no_file")


def der_of(identity):
    certificate = x509.load_pem_x509_certificate(identity.certificate.encode())
    return certificate.public_bytes(serialization.Encoding.DER)


def trusting(identity, der):
    """Return what a client needs that shows this identity, and believes whoever answers."""
    context = client_context(identity, der)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def is_refused(path, context):
    """Connect as a stranger, and say whether the other side ends the connection."""
    stream = await trio.open_unix_socket(str(path))
    async with stream:
        try:
            secured = trio.SSLStream(stream, context, server_hostname=SERVER_NAME)
            await secured.do_handshake()
            await secured.send_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            return await secured.receive_some(1) == b""
        except trio.BrokenResourceError:
            return True


async def test_a_plugin_lets_in_nobody_but_its_host(tmp_path, leaves_no_file):
    """A stranger on a plugin's socket is refused without, and with another, certificate; the host is not disturbed."""
    async with open_plugin(write_grpc(tmp_path / "s", "streaming")) as plugin:
        (socket,) = leaves_no_file.glob(f"{PREFIX}*/plugin*")
        stranger = Identity.make()
        without = ssl.create_default_context()
        without.check_hostname = False
        without.verify_mode = ssl.CERT_NONE
        with trio.fail_after(PATIENCE):
            for context in (trusting(stranger, der_of(stranger)), without):
                assert await is_refused(socket, context)
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}


async def test_the_connection_is_encrypted_with_tls_1_3(tmp_path, leaves_no_file):
    """The server that go-plugin makes speaks TLS 1.3 to whoever asks, and shows a P-521 certificate."""
    async with open_plugin(write_grpc(tmp_path / "s", "streaming")):
        (socket,) = leaves_no_file.glob(f"{PREFIX}*/plugin*")
        stranger = Identity.make()
        with trio.fail_after(PATIENCE):
            stream = await trio.open_unix_socket(str(socket))
            secured = trio.SSLStream(
                stream, trusting(stranger, der_of(stranger)), server_hostname=SERVER_NAME
            )
            await secured.do_handshake()
            assert secured.version() == "TLSv1.3"
            shown = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True))
            assert shown.public_key().curve.name == "secp521r1"
            await trio.aclose_forcefully(secured)


class Heard:
    """Is what a plugin's listener hears."""

    def __init__(self):
        self.notes = []

    def host_noted(self, level, text):
        self.notes.append((level, text))

    def called(self, call):
        call.answer({"text": f"{call.method}: {call.params['text']}"})


@contextlib.asynccontextmanager
async def broker_and_plugin(*, identity, plugin):
    """Give a broker, what its listener hears, and the channel with what it tells the plugin."""
    known, heard = KnownMessages(), Heard()
    told, infos = trio.open_memory_channel(10)

    async def start_stream(call):
        async for data in call:
            await told.send(known.conn_info.FromString(data))

    ours, theirs = trio.testing.memory_stream_pair()
    deadlines, folder = Deadlines(), SocketFolder.make()
    client = Client(ours, deadlines=deadlines)
    broker = Broker(
        "plugin",
        client,
        known=known,
        listener=heard,
        sockets=folder.path,
        tls=None if plugin is None else server_context(identity, der_of(plugin)),
        max_message=2**20,
    )
    try:
        async with trio.open_nursery() as nursery:
            for work in (deadlines.run, client.run, Server(theirs, {BROKER_START_STREAM: start_stream}).run):
                nursery.start_soon(work)
            nursery.start_soon(broker.run)
            await trio.testing.wait_all_tasks_blocked()
            yield broker, heard, infos
            nursery.cancel_scope.cancel()
    finally:
        folder.remove()


def lent_echo():
    """Return a method that a plugin may be lent, of the service Mischief."""
    descriptors = Descriptors.from_file(SOURCES / "proto" / "mischief.pb")
    codecs = Codecs(descriptors, style=Style.NATIVE)
    method = Services(descriptors).find_method("Mischief.Echo")
    return LentMethod(
        name="Mischief.Echo",
        path=method.path,
        request=codecs.codec(method.request.descriptor),
        response=codecs.codec(method.response.descriptor),
    )


async def call_as_plugin(path, context, method):
    """Connect to what was lent, as the plugin does, and call it."""
    stream = await trio.open_unix_socket(str(path))
    if context is not None:
        stream = await start_tls(stream, context, server_hostname=SERVER_NAME)
    deadlines = Deadlines()
    client = Client(stream, deadlines=deadlines)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deadlines.run)
        nursery.start_soon(client.run)
        answer = await client.unary(method.path, method.request.encode({"text": "hi"}, what=""), timeout=10)
        nursery.cancel_scope.cancel()
    return method.response.decode(answer, what="")


@pytest.mark.parametrize("encrypted", [True, False])
async def test_only_the_plugin_gets_what_it_was_lent(encrypted):
    """A stranger on a brokered socket is refused and noted; the plugin is served all the same, once; then it is gone."""
    host, plugin, stranger = (Identity.make() for _ in range(3))
    method = lent_echo()
    context = CallContext(plugin="plugin", method="Counter.Add")
    async with broker_and_plugin(identity=host, plugin=plugin if encrypted else None) as (
        broker,
        heard,
        infos,
    ):
        with trio.fail_after(PATIENCE):
            with broker.lent(
                "id", {"a": 1}, [method], context=context, deadline=trio.current_time() + 60
            ) as params:
                info = await infos.receive()
                assert params == {"a": 1, "id": info.service_id}
                assert info.network == "unix"
                if encrypted:
                    assert await is_refused(info.address, trusting(stranger, der_of(host)))
                    assert [text for _, text in heard.notes if "certificate verify failed" in text]
                mine = client_context(plugin, der_of(host)) if encrypted else None
                assert await call_as_plugin(info.address, mine, method) == {"text": "Mischief.Echo: hi"}
                with pytest.raises(OSError, match="No such file"):
                    await trio.open_unix_socket(info.address)
            with broker.lent(
                "id", {}, [method], context=context, deadline=trio.current_time() + 60
            ) as params:
                again = await infos.receive()
                assert again.service_id == info.service_id + 1
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(OSError, match="No such file"):
                await trio.open_unix_socket(again.address)


@pytest.mark.parametrize("encrypted", [True, False])
async def test_the_plugin_connects_again_to_what_it_keeps(encrypted):
    """GRPC closes idle connections and opens new ones: each is the plugin's, strangers are refused, the end ends it."""
    host, plugin, stranger = (Identity.make() for _ in range(3))
    method = lent_echo()
    context = CallContext(plugin="plugin")
    async with broker_and_plugin(identity=host, plugin=plugin if encrypted else None) as (
        broker,
        heard,
        infos,
    ):
        with trio.fail_after(PATIENCE):
            with broker.lent("id", {}, [method], context=context, deadline=math.inf, keep=True):
                info = await infos.receive()
            mine = client_context(plugin, der_of(host)) if encrypted else None
            for _ in range(3):
                assert await call_as_plugin(info.address, mine, method) == {"text": "Mischief.Echo: hi"}
                if encrypted:
                    assert await is_refused(info.address, trusting(stranger, der_of(host)))
            assert encrypted == any("certificate verify failed" in text for _, text in heard.notes)
            async with trio.open_nursery() as nursery:
                for _ in range(MAX_CONNECTIONS):
                    nursery.start_soon(call_as_plugin, info.address, mine, method)
    with pytest.raises(OSError, match="No such file"):
        await trio.open_unix_socket(info.address)
