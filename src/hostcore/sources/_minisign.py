"""Keys and signatures in minisign's format: ed25519 over the BLAKE2b hash of a file, and over a comment."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from hostcore.errors import SourceError

LARGEST_TEXT: Final = 16 * 1024
"""Bytes of a key or signature file; minisign takes comments of 1 and 8 KiB."""

LONGEST_COMMENT: Final = 1024
"""Characters of a comment that is written."""

_KEY: Final = b"Ed"
_HASHED: Final = b"ED"
_CHECKSUM: Final = b"B2"
_NO_PASSWORD: Final = b"\0\0"
_ID: Final = 8
_SEED: Final = 32
_SIGNATURE: Final = 64
# Salt and two costs, which mean nothing without a password.
_KDF: Final = 48
_NO_CHECKSUM: Final = bytes(32)
_UNTRUSTED: Final = "untrusted comment: "
_TRUSTED: Final = "trusted comment: "


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """Is what signatures are checked with.

    Attributes:
        id: 16 hexadecimal digits, as minisign shows it; a name, not a proof.
        raw: 32 bytes.
    """

    id: str
    raw: bytes

    @property
    def text(self) -> str:
        """Return the key as a file."""
        encoded = base64.b64encode(_KEY + _id_bytes(self.id) + self.raw).decode()
        return f"{_UNTRUSTED}minisign public key {self.id}\n{encoded}\n"

    @classmethod
    def parse(cls, text: bytes, *, place: str) -> PublicKey:
        """Read a key file, or its second line alone.

        Raises:
            SourceError: it is none.
        """
        lines = _lines(text, place)
        data = _decoded(lines[1] if len(lines) > 1 else lines[0], place)
        if len(data) != len(_KEY) + _ID + _SEED or not data.startswith(_KEY):
            raise _wrong("this is no public key of minisign", place)
        return cls(id=_id_text(data[2:10]), raw=data[10:])


@dataclass(frozen=True, kw_only=True)
class SecretKey:
    """Is what signatures are made with; its file has no password, so the file itself must be kept.

    Attributes:
        id: of the pair.
        seed: 32 bytes, the secret.
    """

    id: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> SecretKey:
        """Make a new one."""
        return cls(id=_id_text(os.urandom(_ID)), seed=os.urandom(_SEED))

    @cached_property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(id=self.id, raw=_crypto().public_of(self.seed))

    @property
    def text(self) -> str:
        """Return the key as a file, like that of `minisign -G -W`."""
        key = _id_bytes(self.id) + self.seed + self.public.raw
        encoded = base64.b64encode(
            _KEY + _NO_PASSWORD + _CHECKSUM + bytes(_KDF) + key + _NO_CHECKSUM
        ).decode()
        return f"{_UNTRUSTED}minisign secret key without a password {self.id}\n{encoded}\n"

    @classmethod
    def parse(cls, text: bytes, *, place: str) -> SecretKey:
        """Read a key file.

        Raises:
            SourceError: it is none, or has a password.
        """
        lines = _lines(text, place)
        data = _decoded(lines[1] if len(lines) > 1 else lines[0], place)
        if len(data) != 6 + _KDF + _ID + 2 * _SEED + 32 or data[:2] != _KEY or data[4:6] != _CHECKSUM:
            raise _wrong("this is no secret key of minisign", place)
        if data[2:4] != _NO_PASSWORD:
            raise SourceError(
                "the secret key has a password",
                location=place,
                hint="sign with minisign itself (`polyhost sign --show` gives what is to be signed), or take its"
                " password away: `minisign -C -W -s FILE`",
            )
        key, checksum = data[6 + _KDF : -32], data[-32:]
        made = cls(id=_id_text(key[:_ID]), seed=key[_ID : _ID + _SEED])
        # The checksum tells a wrong password; it is left out without one, and the public half is among the bytes.
        whole = hashlib.blake2b(_KEY + key, digest_size=len(checksum)).digest()
        if checksum not in {_NO_CHECKSUM, whole} or made.public.raw != key[_ID + _SEED :]:
            raise _wrong("the secret key is damaged", place)
        return made

    def sign(self, message_hash: bytes, *, comment: str, untrusted: str) -> bytes:
        """Sign the BLAKE2b-512 hash of a message.

        Args:
            message_hash: 64 bytes, see `hash_of`.
            comment: is signed, too; one line.
            untrusted: is not; one line.

        Returns:
            The signature as a file.
        """
        for line in (comment, untrusted):
            if not line.isprintable() or len(line) > LONGEST_COMMENT:
                raise ValueError(
                    f"a comment is one line of at most {LONGEST_COMMENT} characters: {line!r:.80}"
                )
        crypto = _crypto()
        signature = crypto.sign(self.seed, message_hash)
        whole = crypto.sign(self.seed, signature + comment.encode())
        encoded = base64.b64encode(_HASHED + _id_bytes(self.id) + signature).decode()
        return f"{_UNTRUSTED}{untrusted}\n{encoded}\n{_TRUSTED}{comment}\n{base64.b64encode(whole).decode()}\n".encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """Is a signature as it was read; only `fits` says whether it is worth anything.

    Attributes:
        key_id: of the key that it says it was made with.
        comment: the trusted comment.
        signature: 64 bytes, over the hash of the message.
        whole: 64 bytes, over the signature and the comment.
    """

    key_id: str
    comment: str
    signature: bytes
    whole: bytes

    @classmethod
    def parse(cls, text: bytes, *, place: str) -> Signature:
        """Read a signature file.

        Raises:
            SourceError: it is none.
        """
        lines = _lines(text, place)
        if len(lines) != 4 or not lines[0].startswith(_UNTRUSTED) or not lines[2].startswith(_TRUSTED):  # noqa: PLR2004 - two comments, two signatures
            raise _wrong("this is no signature of minisign", place)
        data, whole = _decoded(lines[1], place), _decoded(lines[3], place)
        if data[:2] == _KEY:
            raise SourceError(
                "the signature is of the old kind, over the whole file",
                location=place,
                hint="sign with minisign 0.11 or newer, or with `-H`",
            )
        if len(data) != len(_HASHED) + _ID + _SIGNATURE or data[:2] != _HASHED or len(whole) != _SIGNATURE:
            raise _wrong("this is no signature of minisign", place)
        return cls(
            key_id=_id_text(data[2:10]),
            comment=lines[2].removeprefix(_TRUSTED),
            signature=data[10:],
            whole=whole,
        )

    def fits(self, key: PublicKey, message_hash: bytes) -> bool:
        """Say whether this key has signed this message and this comment."""
        verify = _crypto().verify
        return verify(key.raw, self.signature, message_hash) and verify(
            key.raw, self.whole, self.signature + self.comment.encode()
        )


def hash_of(chunks: Iterable[bytes]) -> bytes:
    """Return what is signed of a message: its BLAKE2b-512 hash, 64 bytes."""
    digest = hashlib.blake2b()
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


class _Crypto:
    """Does the curve's arithmetic with `cryptography`, which a host needs only for signatures."""

    def __init__(self) -> None:
        try:
            from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an optional dependency
            from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - as above
        except ImportError as error:
            raise SourceError(
                "signatures need the package cryptography",
                hint="install it: pip install 'polyhost[verify]'",
            ) from error
        self._curve = ed25519
        self._invalid = InvalidSignature

    def public_of(self, seed: bytes) -> bytes:
        return self._curve.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    def sign(self, seed: bytes, message: bytes) -> bytes:
        return self._curve.Ed25519PrivateKey.from_private_bytes(seed).sign(message)

    def verify(self, public: bytes, signature: bytes, message: bytes) -> bool:
        try:
            self._curve.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (self._invalid, ValueError):
            return False
        return True


def _crypto() -> _Crypto:
    return _Crypto()


def _id_text(raw: bytes) -> str:
    """Return a key's id as minisign shows it: the bytes as a little-endian number."""
    return raw[::-1].hex().upper()


def _id_bytes(text: str) -> bytes:
    return bytes.fromhex(text)[::-1]


def _lines(text: bytes, place: str) -> list[str]:
    if len(text) > LARGEST_TEXT:
        raise _wrong("the file is too large for a key or a signature", place)
    try:
        lines = text.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise _wrong("the file is no text", place) from error
    return [line.removesuffix("\r") for line in lines]


def _decoded(line: str, place: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong("the file is no key or signature of minisign: it is no base64", place) from error


def _wrong(message: str, place: str) -> SourceError:
    return SourceError(message, location=place, hint="the format is that of minisign, version 0.11")
