"""Signs folders and archives, and checks the signatures of archives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hostcore.errors import SourceError
from hostcore.manifest import Manifest
from hostcore.sources._arrivals import ArchiveSignature
from hostcore.sources._contents import Contents
from hostcore.sources._keys import TrustedKey
from hostcore.sources._minisign import SecretKey, Signature, hash_of

_CHUNK: Final = 1024 * 1024

ARCHIVE_SUFFIX: Final = ".minisig"
"""What is appended to an archive's name for its signature, as minisign does."""


def sign_contents(key: SecretKey, manifest: Manifest, contents: Contents) -> bytes:
    """Sign what a plugin's folder holds; returns the signature as a file."""
    return key.sign(
        hash_of([contents.text]),
        comment=f"polyhost folder {manifest.id} {manifest.version} {contents.digest}",
        untrusted=f"signature of a plugin's folder, made with the key {key.id}",
    )


def sign_archive(key: SecretKey, path: Path) -> bytes:
    """Sign a file as a whole, as `minisign -S` would; returns the signature as a file.

    Raises:
        SourceError: it cannot be read.
    """
    return key.sign(
        hash_of(_chunks(path)),
        comment=f"polyhost archive {ascii(path.name)[1:-1]}"[:1024],
        untrusted=f"signature of a plugin's archive, made with the key {key.id}",
    )


def check_archive(
    path: Path, signature: bytes, keys: Sequence[TrustedKey]
) -> tuple[TrustedKey, ArchiveSignature]:
    """Return who has signed an archive, and the signature with what it is of.

    Raises:
        SourceError: the signature is none, is by nobody who is trusted, or is not one of this archive.
    """
    found = Signature.parse(signature, place="the signature of the archive")
    known = [each for each in keys if each.key.id == found.key_id]
    if not known:
        raise SourceError(
            f"the archive is signed by the key {found.key_id}, which is not trusted",
            hint="if it should be: `polyhost keys trust`",
        )
    message = hash_of(_chunks(path))
    for each in known:
        if found.fits(each.key, message):
            return each, ArchiveSignature(archive=message, text=signature)
    raise SourceError(
        f"the signature by {known[0]} is not one of this archive",
        hint="fetch the archive and its signature again",
    )


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}", location=str(path), hint="check path and permissions"
        ) from error
