"""The keys that are trusted: a folder of public key files, one a name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hostcore.errors import SourceError
from hostcore.interfaces import read_bounded
from hostcore.sources._folder import refuse_if_open_to_all
from hostcore.sources._minisign import LARGEST_TEXT, PublicKey, SecretKey

KEYS_NAME: Final = "polyhost-keys"
"""The folder of trusted keys, beside the configuration."""

PUBLIC_SUFFIX: Final = ".pub"

MOST_KEYS: Final = 1000
"""Trusted keys: each is tried for a signature; somebody who trusts more trusts everybody."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedKey:
    """Is a key with the name under which it is trusted.

    Attributes:
        name: what the file is called, without its ending.
        key: the key.
    """

    name: str
    key: PublicKey

    def __str__(self) -> str:
        return f"{self.name} ({self.key.id})"


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """Is a folder of trusted keys; who may write into it says what may run.

    Attributes:
        path: the folder; one that is not there holds no keys.
    """

    path: Path

    def keys(self) -> tuple[TrustedKey, ...]:
        """Read all keys, sorted by name.

        Raises:
            SourceError: everybody may write there; or one cannot be read or is none: whoever trusts it must not be left
                in the belief that it holds.
        """
        refuse_if_open_to_all(self.path)
        return tuple(sorted(self._read(), key=lambda each: each.name))

    def _read(self) -> Iterator[TrustedKey]:
        try:
            files = [each for each in self.path.iterdir() if each.suffix == PUBLIC_SUFFIX]
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if len(files) > MOST_KEYS:
            raise SourceError(
                f"there are more than {MOST_KEYS} keys", location=str(self.path), hint="remove some"
            )
        for file in files:
            yield TrustedKey(name=file.stem, key=read_public_key(file))

    def trust(self, key: PublicKey, name: str) -> TrustedKey:
        """Take a key in under a name.

        Raises:
            SourceError: the name is taken or cannot be one, the key is there under another name, or it cannot be kept.
        """
        if not _NAME.fullmatch(name):
            raise SourceError(
                f"a key cannot be called {name!r}",
                hint="take letters, digits, dots, hyphens, underscores and @, at most 64",
            )
        for each in self.keys():
            if each.key.raw == key.raw:
                raise SourceError(
                    f"the key {key.id} is trusted already, as {each.name}", location=str(self.path)
                )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        write_new(self.path / f"{name}{PUBLIC_SUFFIX}", key.text, mode=0o644)
        return TrustedKey(name=name, key=key)

    def remove(self, name_or_id: str) -> TrustedKey:
        """Trust a key no more.

        Args:
            name_or_id: what it is called, or its id if only one key has that.

        Raises:
            SourceError: there is none, or it cannot be deleted.
        """
        keys = self.keys()
        found = [each for each in keys if each.name == name_or_id]
        found = found or [each for each in keys if each.key.id == name_or_id.upper()]
        if len(found) != 1:
            names = ", ".join(map(str, keys)) or "none"
            raise SourceError(
                f"there is no key {name_or_id}" if not found else f"several keys have the id {name_or_id}",
                location=str(self.path),
                hint=f"trusted are: {names}",
            )
        try:
            (self.path / f"{found[0].name}{PUBLIC_SUFFIX}").unlink()
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return found[0]


def read_public_key(path: Path) -> PublicKey:
    """Read a public key file; raises `SourceError`."""
    try:
        return PublicKey.parse(read_bounded(path, LARGEST_TEXT), place=str(path))
    except OSError as error:
        raise _unreadable(path, error) from error


def read_secret_key(path: Path) -> SecretKey:
    """Read a secret key file; raises `SourceError`, also for one that others may read."""
    try:
        text = read_bounded(path, LARGEST_TEXT)
        others = path.stat().st_mode & 0o077
    except OSError as error:
        raise _unreadable(path, error) from error
    if others:
        raise SourceError(
            "others may read or change the secret key", location=str(path), hint=f"chmod 600 {path}"
        )
    return SecretKey.parse(text, place=str(path))


def write_new(path: Path, text: str, *, mode: int) -> None:
    """Write a file that is not there yet; it has its mode from the first moment.

    Raises:
        SourceError: it is there, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise SourceError(
            "the file is there already; a key is never overwritten",
            location=str(path),
            hint="take another name, or move the old file away",
        ) from error
    except OSError as error:
        raise SourceError(
            f"the file cannot be written: {error.strerror}",
            location=str(path),
            hint="check path and permissions",
        ) from error


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"{error.filename or path} cannot be used: {error.strerror}",
        location=str(path),
        hint="check path and permissions",
    )
