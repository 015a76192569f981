"""Tokens and sessions: who is let in, until when, and what is kept of it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from hostcore.errors import ConfigError
from hostweb_api import ProblemError
from hostweb_api._settings import RESERVED_NAMES
from hostweb_api.security import _access
from hostweb_api.security._access import (
    LINK_SECONDS,
    LINK_TOKEN_NAME,
    SESSION_IDLE_SECONDS,
    SESSION_SECONDS,
    Access,
)
from hostweb_api.security._callers import LOCAL, NOBODY, Scope
from hostweb_api.security._own_changes import WATCHER


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.sqlite3"


@pytest.fixture(params=["file", "memory"])
def access(request: pytest.FixtureRequest, path: Path, clock: Clock):
    with Access.open(path, clock=clock) if request.param == "file" else Access(clock=clock) as access:
        yield access


async def make(access: Access, name: str = "ci", **options: object) -> str:
    """Make a token; returns its text."""
    wanted = {"scope": Scope.OPERATOR, "lifetime": None, "created_by": "test", **options}
    return (await access.create_token(name=name, **wanted))[1]


async def code_of(function: Callable[..., object], *arguments: object, **options: object) -> str:
    with pytest.raises(ProblemError) as raised:
        await function(*arguments, **options)
    return raised.value.problem.code


async def test_a_token_is_known_by_its_text(access: Access) -> None:
    """The text is recognisable and good; any other text is not, nor is one with another secret."""
    text = await make(access)
    token = access.check_token(text)
    assert token is not None
    assert text.startswith(f"polyhost_{token.id}_")
    assert (token.name, token.scope) == ("ci", Scope.OPERATOR)
    other = await make(access, "other")
    mixed = f"polyhost_{token.id}_{other.rpartition('_')[2]}"
    for wrong in ("", "x", text[:-1], text + "a", text.upper(), mixed, token.id, "polyhost_once_" + "a" * 52):
        assert access.check_token(wrong) is None


async def test_a_token_expires(access: Access, clock: Clock) -> None:
    """It is good until its time, is listed afterwards, and its name can be used again then."""
    text = await make(access, lifetime=60.0)
    clock.now += 59.9
    assert access.check_token(text) is not None
    assert await code_of(make, access) == "token-exists"
    clock.now += 0.2
    assert access.check_token(text) is None
    assert [token.name for token in access.tokens()] == ["ci"]
    assert access.check_token(await make(access)) is not None
    assert len(access.tokens()) == 1


async def test_a_revoked_token_ends_its_sessions(access: Access) -> None:
    """The token and what was opened with it is no good from then on; others are not touched."""
    text, other = await make(access), await make(access, "other")
    _, session = await access.sign_in(text)
    _, kept = await access.sign_in(other)
    await access.revoke_token(access.check_token(text).id)
    assert access.check_token(text) is None
    assert access.check_session(session) is None
    assert access.check_session(kept) is not None
    assert await access.sign_in(text) is None
    assert await code_of(access.revoke_token, "k3q7xw2a") == "token-not-found"


async def test_sessions_end(access: Access, clock: Clock) -> None:
    """A session ends when it is idle, at the latest after its time, by signing out, and with its token's time."""
    text = await make(access, lifetime=SESSION_SECONDS * 2)
    idle, busy, left = [(await access.sign_in(text))[1] for _ in range(3)]
    await access.sign_out(access.check_session(left)[0].digest)
    assert access.check_session(left) is None
    for _ in range(int(SESSION_SECONDS / SESSION_IDLE_SECONDS * 2) - 1):
        clock.now += SESSION_IDLE_SECONDS / 2
        assert access.check_session(busy) is not None
    assert access.check_session(idle) is None
    clock.now += SESSION_IDLE_SECONDS / 2
    assert access.check_session(busy) is None
    await access.flush()
    assert "sessions=0" in repr(access)


async def test_a_session_lasts_no_longer_than_its_token(access: Access, clock: Clock) -> None:
    """When the token expires, so do its sessions, and that is what is told about them."""
    text = await make(access, lifetime=60.0)
    session, secret = await access.sign_in(text)
    assert access.expiry_of(session) == clock.now + 60
    clock.now += 61
    assert access.check_session(secret) is None


async def test_signing_in_again_ends_the_session_before(access: Access) -> None:
    """A page has one session: whoever has got at the old id is out."""
    text = await make(access)
    _, first = await access.sign_in(text)
    _, second = await access.sign_in(text, in_place_of=first)
    assert access.check_session(first) is None
    assert access.check_session(second) is not None


async def test_sessions_are_bounded(access: Access, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most there may be, the one that was quiet for longest ends."""
    monkeypatch.setattr(_access, "MAX_SESSIONS", 3)
    text = await make(access)
    sessions = []
    for _ in range(3):
        clock.now += 1
        sessions.append((await access.sign_in(text))[1])
    clock.now += 1
    assert access.check_session(sessions[0]) is not None
    sessions.append((await access.sign_in(text))[1])
    assert [access.check_session(each) is not None for each in sessions] == [True, False, True, True]


def test_nobody_passes_for_somebody_without_a_token() -> None:
    """The names of those who have no token of their own are no names of tokens."""
    assert frozenset({LOCAL.name, NOBODY.name, LINK_TOKEN_NAME, WATCHER, "sighup"}) == RESERVED_NAMES


async def test_tokens_are_bounded(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a most number of tokens; a clear problem says so."""
    monkeypatch.setattr(_access, "MAX_TOKENS", 2)
    await make(access, "a")
    await make(access, "b")
    assert await code_of(make, access, "c") == "token-exists"


async def test_a_code_is_good_once(access: Access, clock: Clock) -> None:
    """A code signs in as an administrator, once, within its time; of two at the same moment one is refused."""
    assert not access.has_admin
    code = access.make_code()
    opened = []

    async def sign_in() -> None:
        opened.append(await access.sign_in(code))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(sign_in)
        nursery.start_soon(sign_in)
    assert sum(each is not None for each in opened) == 1
    _, secret = next(each for each in opened if each)
    assert access.check_session(secret)[1].scope is Scope.ADMIN
    assert [token.name for token in access.tokens()] == [LINK_TOKEN_NAME]
    assert not access.has_admin
    late = access.make_code()
    clock.now += LINK_SECONDS
    assert await access.sign_in(late) is None
    assert access.check_token(code) is None


async def test_an_administrator_is_known(access: Access, clock: Clock) -> None:
    """Somebody who can make tokens is there as long as a token with that scope is good."""
    await make(access, "viewer", scope=Scope.VIEWER)
    assert not access.has_admin
    await make(access, "admin", scope=Scope.ADMIN, lifetime=10.0)
    assert access.has_admin
    clock.now += 11
    assert not access.has_admin


async def test_a_file_keeps_it(path: Path, clock: Clock) -> None:
    """Tokens, sessions and the times of their use outlive the server."""
    with Access.open(path, clock=clock) as access:
        text = await make(access)
        _, session = await access.sign_in(text)
        clock.now += 5
        assert access.check_session(session) is not None
        await access.flush()
    with Access.open(path, clock=clock) as access:
        assert access.check_token(text).used_at == clock.now
        assert access.check_session(session)[0].seen_at == clock.now


async def test_the_file_holds_no_secret(path: Path) -> None:
    """Whoever reads the file cannot sign in with what they find, and only its user can read it."""
    with Access.open(path) as access:
        text = await make(access)
        _, session = await access.sign_in(text)
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            content = file.read_bytes()
            assert session.encode() not in content
            assert text.rpartition("_")[2].encode() not in content


async def test_what_others_write_holds_at_once(path: Path) -> None:
    """A token that a command makes or revokes is known, and no more known, from the next request on."""
    with Access.open(path) as server, Access.open(path) as command:
        text = await make(command)
        assert server.check_token(text) is not None
        _, session = await server.sign_in(text)
        await command.revoke_token(command.check_token(text).id)
        assert server.check_token(text) is None
        assert server.check_session(session) is None


async def test_last_use_is_written_now_and_then(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Use is noted in memory, written now and then, and at the end."""
    monkeypatch.setattr(_access, "FLUSH_SECONDS", 0.02)

    def written() -> object:
        with sqlite3.connect(path) as connection:
            return connection.execute("SELECT used_at FROM token").fetchone()[0]

    with Access.open(path, clock=clock) as access:
        text = await make(access)
        assert access.check_token(text) is not None
        assert access.tokens()[0].used_at == clock.now
        assert written() is None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(access.run)
            with trio.fail_after(20):
                while written() != clock.now:  # noqa: ASYNC110 - a file has no event
                    await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        clock.now += 7
        assert access.check_token(text) is not None
        monkeypatch.setattr(_access, "FLUSH_SECONDS", 1000.0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(access.run)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert written() == clock.now


def test_unusable_files_are_told(tmp_path: Path) -> None:
    """Another program's database, a newer one, a broken one and a folder are refused with their place."""
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    newer = tmp_path / "newer.sqlite3"
    Access.open(newer).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database at all" * 100)
    (tmp_path / "folder").mkdir()
    for name, word in {
        "other.sqlite3": "another program",
        "newer.sqlite3": "newer",
        "broken.sqlite3": "not a database",
        "folder": "no ordinary file",
    }.items():
        with pytest.raises(ConfigError, match=word) as raised:
            Access.open(tmp_path / name)
        assert raised.value.location == str(tmp_path / name)
        assert raised.value.hint
