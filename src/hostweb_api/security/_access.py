"""Who may use the API: the tokens there are, the sessions that were opened with them, and the links to sign in once."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import trio

from hostcore.errors import ConfigError
from hostweb_api._problems import Problem, ProblemError
from hostweb_api.security._access_file import AccessFile, Session, Token
from hostweb_api.security._callers import Scope
from hostweb_api.security._secrets import digest_of, is_code, new_code, new_session, new_token, token_id_of

_log = logging.getLogger(__name__)

MAX_TOKENS: Final = 1000
"""A token for each person and script of a large team."""

MAX_SESSIONS: Final = 1000
"""Beyond, the one that was quiet for longest ends: a script that signs in again and again fills no memory."""

MAX_LINKS: Final = 16
"""One-time links that are good at the same time."""

SESSION_SECONDS: Final = 12 * 3600.0
"""From sign-in to the end of a session, however busy: a working day (OWASP's advice is four to eight hours and more)."""

SESSION_IDLE_SECONDS: Final = 2 * 3600.0
"""Without a request, and with nothing of it open, a session ends after a long meeting; an open console holds a websocket."""

LINK_SECONDS: Final = 3600.0
"""For whoever starts the server to open the link that it prints."""

FLUSH_SECONDS: Final = 30.0
"""How exact the times of last use are after a power failure; to be written together, not at each request."""

LINK_TOKEN_NAME: Final = "sign-in link"  # noqa: S105 - a name, no secret

# What a wrong id is compared with, so that it takes as long as a right one.
_NO_DIGEST: Final = bytes(32)


class Access:
    """Holds tokens and sessions; without a file it forgets them with the server.

    `open` gives one with a file, which commands may change at the same time: what they change holds from the next
    request on. It is a context manager that closes it.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._file: AccessFile | None = None
        self._tokens: dict[str, Token] = {}
        self._sessions: dict[bytes, Session] = {}
        self._links: dict[bytes, float] = {}
        # What was used since the file was written last.
        self._used: dict[str, float] = {}
        self._seen: dict[bytes, float] = {}
        self._turn = trio.Lock()

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Read tokens and sessions from a file; makes it, private to the user, when there is none.

        Raises:
            ConfigError: it cannot be used; it is left as it is.
        """
        access = cls(clock=clock)
        access._file = AccessFile(path)
        try:
            access._refresh()
        except ConfigError:
            access._file.close()
            raise
        return access

    def __repr__(self) -> str:
        return f"<Access tokens={len(self._tokens)} sessions={len(self._sessions)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file is not None:
            self._file.close()

    async def run(self) -> None:
        """Write down now and then what was used, and drop what has ended; until cancelled, and then once more."""
        try:
            while True:
                await trio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with trio.CancelScope(shield=True):
                await self.flush()

    # -- tokens

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens, sorted by name; those that have expired are among them."""
        self._refresh()
        tokens = (
            replace(each, used_at=self._used.get(each.id, each.used_at)) for each in self._tokens.values()
        )
        return tuple(sorted(tokens, key=lambda token: token.name))

    @property
    def has_admin(self) -> bool:
        """Whether somebody could sign in and create further tokens."""
        now = self._clock()
        return any(
            token.scope is Scope.ADMIN and token.is_good(now) and token.name != LINK_TOKEN_NAME
            for token in self.tokens()
        )

    async def create_token(
        self, *, name: str, scope: Scope, lifetime: float | None, created_by: str
    ) -> tuple[Token, str]:
        """Make a token; returns it and its text, which is not kept.

        Args:
            name: what people call it; that of an expired token may be used again.
            scope: how far its holder may go.
            lifetime: seconds from now; None for no end.
            created_by: who makes it.

        Raises:
            ProblemError: there is one of this name, or there are too many.
            StorageError: it cannot be written.
        """
        async with self._turn:
            now = self._clock()
            there = [token for token in self.tokens() if token.name == name]
            if any(token.is_good(now) for token in there):
                raise ProblemError(
                    Problem(
                        code="token-exists",
                        detail=f"There is a token of the name {name!r}.",
                        hint="choose another name, or revoke that one",
                    )
                )
            if len(self._tokens) - len(there) >= MAX_TOKENS:
                raise ProblemError(
                    Problem(
                        code="token-exists",
                        detail=f"There are {MAX_TOKENS} tokens, and no more can be kept.",
                        hint="revoke those that have expired or that nobody uses",
                    )
                )
            secret = new_token()
            token = Token(
                id=secret.id,
                name=name,
                digest=secret.digest,
                scope=scope,
                created_at=now,
                created_by=created_by,
                expires_at=None if lifetime is None else now + lifetime,
            )
            if self._file is not None:
                await self._file.add_token(token, in_place_of=[each.id for each in there])
            for each in there:
                self._forget_token(each.id)
            self._tokens[token.id] = token
            return token, secret.text

    async def revoke_token(self, token_id: str) -> Token:
        """Forget a token and end its sessions, at once; returns what it was.

        Raises:
            ProblemError: there is no such token.
            StorageError: it cannot be written; the token is still good then.
        """
        async with self._turn:
            self._refresh()
            token = self._tokens.get(token_id)
            if token is None:
                raise ProblemError(
                    Problem(
                        code="token-not-found",
                        detail=f"There is no token with the id {token_id!r}.",
                        hint="GET /api/tokens and `polyhost token list` show the tokens with their ids",
                    )
                )
            if self._file is not None:
                await self._file.remove_token(token_id)
            self._forget_token(token_id)
            return token

    def check_token(self, text: str) -> Token | None:
        """Return the token that a text is, if it is a good one; takes the same time for each that is not."""
        self._refresh()
        token = self._tokens.get(token_id_of(text) or "")
        digest = token.digest if token is not None else _NO_DIGEST
        matches = hmac.compare_digest(digest, digest_of(text))
        if token is None or not matches or not token.is_good(self._clock()):
            return None
        self._used[token.id] = self._clock()
        return token

    # -- sessions

    async def sign_in(self, text: str, *, in_place_of: str | None = None) -> tuple[Session, str] | None:
        """Open a session with a token or a one-time code; returns it and its id, or None when that is no good.

        Args:
            text: the token or the code.
            in_place_of: the id of a session of the same page, which ends.

        Raises:
            StorageError: it cannot be written.
        """
        token = await self._redeem(text) if is_code(text) else self.check_token(text)
        if token is None:
            return None
        async with self._turn:
            now = self._clock()
            secret = new_session()
            session = Session(digest=secret.digest, token_id=token.id, created_at=now, seen_at=now)
            ended = [] if in_place_of is None else [digest_of(in_place_of)]
            ended += self._ended(now)
            living = sorted(
                (each for each in self._sessions.values() if each.digest not in ended), key=self._seen_at
            )
            ended += (
                [each.digest for each in living[: len(living) + 1 - MAX_SESSIONS]]
                if len(living) >= MAX_SESSIONS
                else []
            )
            if self._file is not None:
                await self._file.add_session(session, in_place_of=ended)
            self._forget_sessions(ended)
            self._sessions[session.digest] = session
        return session, secret.text

    def check_session(self, text: str) -> tuple[Session, Token] | None:
        """Return the session that an id is and its token, if both are good."""
        self._refresh()
        # The digest of what a client sends is not under its control: how far it agrees with others tells nothing.
        session = self._sessions.get(digest_of(text))
        if session is None:
            return None
        now = self._clock()
        token = self._tokens.get(session.token_id)
        if token is None or not token.is_good(now) or self._has_ended(session, now):
            return None
        self._seen[session.digest] = self._used[token.id] = now
        return session, token

    def use(self, *, token_id: str, session: bytes) -> bool:
        """Note the use of a token, and of a session by its digest; returns False when they are not good any more.

        Args:
            token_id: the token.
            session: the session's digest; empty for none.
        """
        self._refresh()
        now = self._clock()
        token = self._tokens.get(token_id)
        if token is None or not token.is_good(now):
            return False
        kept = self._sessions.get(session) if session else None
        if session and (kept is None or self._has_ended(kept, now)):
            return False
        self._used[token_id] = now
        if session:
            self._seen[session] = now
        return True

    def expiry_of(self, session: Session) -> float | None:
        """Return when a session ends at the latest, or None when it has ended."""
        token = self._tokens.get(session.token_id)
        if token is None:
            return None
        return min(session.created_at + SESSION_SECONDS, token.expires_at or float("inf"))

    async def sign_out(self, digest: bytes) -> None:
        """End a session; one that has ended is no error."""
        async with self._turn:
            if self._file is not None:
                await self._file.remove_sessions([digest])
            self._forget_sessions([digest])

    # -- links

    def make_code(self) -> str:
        """Make a code that signs in once, as an administrator, within `LINK_SECONDS`; it is kept in memory only."""
        now = self._clock()
        self._links = {digest: until for digest, until in self._links.items() if until > now}
        while len(self._links) >= MAX_LINKS:
            del self._links[next(iter(self._links))]
        secret = new_code()
        self._links[secret.digest] = now + LINK_SECONDS
        return secret.text

    async def _redeem(self, code: str) -> Token | None:
        """Use up a code; returns a token that lives as long as its session, and that nobody knows the text of."""
        # Taken first: of two that come at the same moment one is too late.
        until = self._links.pop(digest_of(code), 0.0)
        if until <= self._clock():
            return None
        for token in self.tokens():
            if token.name == LINK_TOKEN_NAME:
                await self.revoke_token(token.id)
        token, _ = await self.create_token(
            name=LINK_TOKEN_NAME, scope=Scope.ADMIN, lifetime=SESSION_SECONDS, created_by=LINK_TOKEN_NAME
        )
        return token

    # -- keeping

    async def flush(self) -> None:
        """Write down what was used, and forget sessions that have ended. A disk that fails costs only these times."""
        async with self._turn:
            used, self._used = self._used, {}
            seen, self._seen = self._seen, {}
            for token_id, at in used.items():
                if token_id in self._tokens:
                    self._tokens[token_id] = replace(self._tokens[token_id], used_at=at)
            for digest, at in seen.items():
                if digest in self._sessions:
                    self._sessions[digest] = replace(self._sessions[digest], seen_at=at)
            ended = self._ended(self._clock())
            self._forget_sessions(ended)
            if self._file is None or not (used or seen or ended):
                return
            try:
                await self._file.note_use(used, seen)
                await self._file.remove_sessions(ended)
            except ConfigError as error:
                _log.warning("When tokens were used was not written down: %s", error)

    def _refresh(self) -> None:
        """Take over what others have written, such as a command that revokes a token."""
        if self._file is None or not self._file.has_changed():
            return
        self._tokens = {token.id: token for token in self._file.tokens()}
        self._sessions = {session.digest: session for session in self._file.sessions()}

    def _seen_at(self, session: Session) -> float:
        return self._seen.get(session.digest, session.seen_at)

    def _has_ended(self, session: Session, now: float) -> bool:
        return (
            now >= session.created_at + SESSION_SECONDS
            or now >= self._seen_at(session) + SESSION_IDLE_SECONDS
        )

    def _ended(self, now: float) -> list[bytes]:
        return [
            session.digest
            for session in self._sessions.values()
            if self._has_ended(session, now) or session.token_id not in self._tokens
        ]

    def _forget_token(self, token_id: str) -> None:
        self._tokens.pop(token_id, None)
        self._used.pop(token_id, None)
        self._forget_sessions(
            [digest for digest, session in self._sessions.items() if session.token_id == token_id]
        )

    def _forget_sessions(self, digests: list[bytes]) -> None:
        for digest in digests:
            self._sessions.pop(digest, None)
            self._seen.pop(digest, None)
