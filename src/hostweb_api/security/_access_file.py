"""The file of tokens and sessions: of each only what cannot be used to sign in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hostcore.errors import ConfigError
from hostcore.storage import Database, Layout, Statement
from hostweb_api.security._callers import Scope

ACCESS_FILE: Final = "access.sqlite3"
"""Its name in the data folder."""

LAYOUT: Final = Layout(
    what="access tokens and sessions",
    application_id=0x506F6C61,  # "Pola" in ASCII
    migrations=(
        (
            """CREATE TABLE token (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                digest BLOB NOT NULL,
                scope TEXT NOT NULL,
                created_at REAL NOT NULL,
                created_by TEXT NOT NULL,
                expires_at REAL,
                used_at REAL
            ) STRICT""",
            """CREATE TABLE session (
                digest BLOB PRIMARY KEY,
                token TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
                created_at REAL NOT NULL,
                seen_at REAL NOT NULL
            ) STRICT""",
            "CREATE INDEX session_token ON session (token)",
        ),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """Is an access token as it is kept; all times are seconds since the epoch.

    Attributes:
        id: names it; part of the token's text, and no secret.
        name: what people call it, and the audit trail whoever uses it.
        digest: the SHA-256 of its text.
        scope: how far its holder may go.
        created_at: when it was made.
        created_by: who made it.
        expires_at: until when it is good; None for no end.
        used_at: when it was used last; None for never.
    """

    id: str
    name: str
    digest: bytes
    scope: Scope
    created_at: float
    created_by: str
    expires_at: float | None = None
    used_at: float | None = None

    def is_good(self, now: float) -> bool:
        """Return whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Is a page that has signed in.

    Attributes:
        digest: the SHA-256 of its id.
        token_id: the token that it was signed in with; it ends with that.
        created_at: when it signed in.
        seen_at: when it sent something last.
    """

    digest: bytes
    token_id: str
    created_at: float
    seen_at: float


class AccessFile:
    """Reads and writes tokens and sessions. Commands write to the same file while the server runs."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, LAYOUT)

    def __repr__(self) -> str:
        return f"<AccessFile {self._database.path}>"

    def has_changed(self) -> bool:
        """Return whether anybody has written since this was asked last; true at first."""
        return self._database.has_changed()

    def tokens(self) -> list[Token]:
        """Read all tokens."""
        rows = self._database.read(
            "SELECT id, name, digest, scope, created_at, created_by, expires_at, used_at FROM token"
        )
        try:
            return [
                Token(
                    id=row[0],
                    name=row[1],
                    digest=row[2],
                    scope=Scope(row[3]),
                    created_at=row[4],
                    created_by=row[5],
                    expires_at=row[6],
                    used_at=row[7],
                )
                for row in rows
            ]
        except ValueError as error:
            raise ConfigError(
                f"the file that keeps access tokens holds what Polyhost never wrote: {error}",
                location=str(self._database.path),
                hint="restore it from a backup, or move it away to begin anew",
            ) from error

    def sessions(self) -> list[Session]:
        """Read all sessions."""
        rows = self._database.read("SELECT digest, token, created_at, seen_at FROM session")
        return [
            Session(digest=digest, token_id=token, created_at=created, seen_at=seen)
            for digest, token, created, seen in rows
        ]

    async def add_token(self, token: Token, *, in_place_of: Iterable[str]) -> None:
        """Write a new token, and forget others."""
        row = (
            *(token.id, token.name, token.digest, token.scope.value),
            *(token.created_at, token.created_by, token.expires_at),
        )
        await self._database.write(*map(_delete_token, in_place_of), (_INSERT, row))

    async def remove_token(self, token_id: str) -> None:
        """Forget a token and its sessions."""
        await self._database.write(_delete_token(token_id))

    async def add_session(self, session: Session, *, in_place_of: Iterable[bytes]) -> None:
        """Write a new session, and forget others."""
        await self._database.write(
            *(_delete_session(digest) for digest in in_place_of),
            (
                # The token may have been revoked by a command in this very moment; its session then never begins.
                "INSERT INTO session (digest, token, created_at, seen_at) SELECT ?, id, ?, ? FROM token WHERE id = ?",
                (session.digest, session.created_at, session.seen_at, session.token_id),
            ),
        )

    async def remove_sessions(self, digests: Iterable[bytes]) -> None:
        """Forget sessions."""
        await self._database.write(*map(_delete_session, digests))

    async def note_use(self, tokens: Mapping[str, float], sessions: Mapping[bytes, float]) -> None:
        """Write when tokens and sessions were used last."""
        await self._database.write(
            *(("UPDATE token SET used_at = ? WHERE id = ?", (at, token)) for token, at in tokens.items()),
            *(
                ("UPDATE session SET seen_at = ? WHERE digest = ?", (at, digest))
                for digest, at in sessions.items()
            ),
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


_INSERT: Final = "INSERT INTO token (id, name, digest, scope, created_at, created_by, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)"


def _delete_token(token_id: str) -> Statement:
    return "DELETE FROM token WHERE id = ?", (token_id,)


def _delete_session(digest: bytes) -> Statement:
    return "DELETE FROM session WHERE digest = ?", (digest,)
