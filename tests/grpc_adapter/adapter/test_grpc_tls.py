"""AutoMTLS: who is let in, and who is not."""

import datetime as dt
import ssl

import pytest
import trio
import trio.testing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hostcore_grpc._tls import SERVER_NAME, Identity, client_context, server_context

PATIENCE = 30


def der_of(identity):
    certificate = x509.load_pem_x509_certificate(identity.certificate.encode())
    return certificate.public_bytes(serialization.Encoding.DER)


def as_go_plugin():
    """Make a key and certificate as go-plugin's mtls.go does: P-521, its own authority, for `localhost`."""
    key = ec.generate_private_key(ec.SECP521R1())
    name = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, "localhost"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "HashiCorp"),
    ])  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "crl_sign", "encipher_only", "decipher_only"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(seconds=30))
        .not_valid_after(now + dt.timedelta(hours=262980))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_encipherment=True,
                key_agreement=True,
                key_cert_sign=True,
                **usage,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA512())
    )
    return Identity(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )


async def converse(client, server):
    """Have a client and a server shake hands and send a word each way; return the streams, or what went wrong."""
    ends = trio.testing.memory_stream_pair()
    near = trio.SSLStream(ends[0], client, server_hostname=SERVER_NAME)
    far = trio.SSLStream(ends[1], server, server_side=True)
    failures = {}

    async def one_side(name, stream):
        try:
            await stream.send_all(name.encode())
            assert await stream.receive_some(100)
        except trio.BrokenResourceError as error:
            failures[name] = str(error.__cause__)
            await stream.transport_stream.aclose()

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one_side, "client", near)
            nursery.start_soon(one_side, "server", far)
    return near, failures


async def test_both_sides_with_the_right_certificates_speak_tls_1_3():
    """The host's P-256 and the plugin's P-521 certificate accept each other, with ALPN `h2`."""
    host, plugin = Identity.make(), as_go_plugin()
    stream, failures = await converse(
        client_context(host, der_of(plugin)), server_context(plugin, der_of(host))
    )
    assert failures == {}
    assert (stream.version(), stream.selected_alpn_protocol()) == ("TLSv1.3", "h2")


async def test_the_plugin_calls_back_with_its_certificate():
    """On a brokered connection the host is the server, with the same two certificates."""
    host, plugin = Identity.make(), as_go_plugin()
    stream, failures = await converse(
        client_context(plugin, der_of(host)), server_context(host, der_of(plugin))
    )
    assert failures == {}
    assert stream.version() == "TLSv1.3"


@pytest.mark.parametrize("make", [Identity.make, as_go_plugin])
async def test_a_client_with_another_certificate_is_refused(make):
    """A server lets in just the one whose certificate it was given; another one is no use, however good it is."""
    host, plugin = Identity.make(), as_go_plugin()
    _, failures = await converse(client_context(make(), der_of(host)), server_context(host, der_of(plugin)))
    assert "certificate verify failed" in failures["server"]
    assert "client" in failures


async def test_a_client_without_a_certificate_is_refused():
    """A server asks for one."""
    host, plugin = Identity.make(), as_go_plugin()
    client = ssl.create_default_context(cadata=der_of(host))
    _, failures = await converse(client, server_context(host, der_of(plugin)))
    assert "peer did not return a certificate" in failures["server"]


@pytest.mark.parametrize("make", [Identity.make, as_go_plugin])
async def test_a_server_with_another_certificate_is_not_talked_to(make):
    """A client sends nothing to a server that does not show the certificate of the handshake."""
    host, plugin = Identity.make(), as_go_plugin()
    _, failures = await converse(client_context(host, der_of(plugin)), server_context(make(), der_of(host)))
    assert "certificate verify failed" in failures["client"]
    assert "server" in failures


async def test_an_old_tls_is_refused():
    """Nothing below TLS 1.2 is spoken, and TLS 1.2 is."""
    host, plugin = Identity.make(), as_go_plugin()
    server = server_context(plugin, der_of(host))
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    stream, failures = await converse(client_context(host, der_of(plugin)), server)
    assert (stream.version(), failures) == ("TLSv1.2", {})
    assert client_context(host, der_of(plugin)).minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_certificate_of_an_authority_of_its_own_will_do():
    """What is trusted is the certificate itself: it may be no authority, and signed by one that nobody here knows."""
    host, authority = Identity.make(), ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(seconds=30))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    plugin = Identity(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
    _, failures = await converse(client_context(host, der_of(plugin)), server_context(plugin, der_of(host)))
    assert failures == {}


@pytest.mark.parametrize("der", [b"no certificate", bytes(1000)])
def test_what_is_no_certificate_is_an_error_of_ssl(der):
    """The launcher turns it into words for a person."""
    with pytest.raises(ssl.SSLError):
        client_context(Identity.make(), der)


def test_a_key_is_not_shown():
    """An identity may get into a log, its key must not."""
    assert repr(Identity.make()) == "<Identity>"


def test_identities_differ():
    """Each process gets a key of its own."""
    assert Identity.make().key != Identity.make().key
