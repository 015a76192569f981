"""AutoMTLS: each side makes a certificate of its own for one connection, and trusts just that of the other side."""

from __future__ import annotations

import datetime as dt
import os
import ssl
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER_NAME: Final = "localhost"
"""The name in both certificates, as in go-plugin's mtls.go."""

VALID_FOR: Final = dt.timedelta(days=365 * 30)
"""A process may live for long; the certificate lives no longer than the process."""

CLOCK_SKEW: Final = dt.timedelta(seconds=30)
"""How far the clock may jump back after the certificate was made; go-plugin allows the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Is the host's key and certificate for one plugin process.

    Attributes:
        certificate: PEM; the plugin gets it in its environment.
        key: PEM.
    """

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "<Identity>"  # a key must not get into a log

    @classmethod
    def make(cls) -> Identity:
        """Make a key and a certificate that is its own authority; takes about a millisecond."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Polyhost"),
            x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME),
        ])  # fmt: skip
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .add_extension(_KEY_USAGE, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
            key=key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        )


_KEY_USAGE: Final = x509.KeyUsage(
    digital_signature=True,
    key_encipherment=True,
    key_agreement=True,
    key_cert_sign=True,
    content_commitment=False,
    data_encipherment=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def client_context(identity: Identity, peer: bytes) -> ssl.SSLContext:
    """Return what a TLS client needs that shows its identity and trusts one certificate.

    Args:
        identity: the host's.
        peer: the plugin's certificate, DER.

    Raises:
        ssl.SSLError: it is no certificate.
        OSError: the process has no descriptors left.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _prepared(context, identity, peer)


def server_context(identity: Identity, peer: bytes) -> ssl.SSLContext:
    """Return what a TLS server needs that is called by one plugin only; raises as `client_context`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _prepared(context, identity, peer)


def _prepared(context: ssl.SSLContext, identity: Identity, peer: bytes) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    context.load_verify_locations(cadata=peer)
    # What is trusted is just this certificate, be it made by an authority of its own or by itself.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # The module takes keys from files only; this one is in memory, and nobody else has a name for it.
    with os.fdopen(os.memfd_create("identity"), "wb", buffering=0) as file:
        file.write((identity.key + identity.certificate).encode("ascii"))
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
