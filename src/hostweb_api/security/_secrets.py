"""What tokens, session ids and one-time codes look like, and what is kept of them.

Each has 256 random bits. Such a secret cannot be guessed, so a plain SHA-256 protects it at rest as well as a slow
password hash would, and can be checked at each request.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "polyhost_"
"""Begins each token: people and scanners of source code recognise one that lies around."""

ONCE_PREFIX: Final = "polyhost_once_"

_SECRET_BYTES: Final = 32
# Forty bits tell tokens apart in lists and on command lines; they are no secret.
_ID_BYTES: Final = 5
_TOKEN: Final = re.compile(rf"{PREFIX}(?P<id>[a-z2-7]{{8}})_(?P<secret>[a-z2-7]{{52}})")
_CODE: Final = re.compile(rf"{ONCE_PREFIX}[a-z2-7]{{52}}")
_SESSION: Final = re.compile(r"[a-z2-7]{52}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """Is a new secret: the text for whoever gets it, and what is kept.

    Attributes:
        id: names it, where it has a name; no secret.
        text: is shown once.
        digest: is kept.
    """

    id: str = ""
    text: str
    digest: bytes


def new_token() -> Secret:
    """Make an access token: `polyhost_<id>_<secret>`."""
    token_id = _random(_ID_BYTES)
    text = f"{PREFIX}{token_id}_{_random(_SECRET_BYTES)}"
    return Secret(id=token_id, text=text, digest=digest_of(text))


def new_code() -> Secret:
    """Make a code that is good for one sign-in: `polyhost_once_<secret>`."""
    text = ONCE_PREFIX + _random(_SECRET_BYTES)
    return Secret(text=text, digest=digest_of(text))


def new_session() -> Secret:
    """Make a session id."""
    text = _random(_SECRET_BYTES)
    return Secret(text=text, digest=digest_of(text))


def token_id_of(text: str) -> str | None:
    """Return the id of a token, or None for what cannot be one."""
    found = _TOKEN.fullmatch(text)
    return found["id"] if found else None


def is_code(text: str) -> bool:
    """Return whether a text can be a one-time code."""
    return _CODE.fullmatch(text) is not None


def is_session(text: str) -> bool:
    """Return whether a text can be a session id."""
    return _SESSION.fullmatch(text) is not None


def digest_of(text: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(text.encode()).digest()


def _random(size: int) -> str:
    """Return random bytes in base32: letters and digits that survive any shell, URL and double click."""
    return base64.b32encode(secrets.token_bytes(size)).decode("ascii").rstrip("=").lower()
