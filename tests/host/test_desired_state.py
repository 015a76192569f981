"""What operators asked for outlives the host, and a command is known whole or not at all."""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import stat
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing

from hostcore.errors import ConfigError, HostClosedError
from hostcore.host import _desired_state
from hostcore.host._desired_state import LAYOUT, DesiredState, Wanted, WantedPlugin
from hostcore.storage import _database

KV = WantedPlugin(id="kv", folder=Path("/plugins/kv"), config={"a": {"b": [1, None]}}, changed_at=12.5)
CLOCK = WantedPlugin(id="clock", wanted=Wanted.DISABLED, changed_at=13.0)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "host.sqlite3"


def run_sql(file, *statements):
    """Change the file as another program would; returns the rows of the last statement."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


async def fill(file, *records):
    with DesiredState.open(file) as state:
        for record in records:
            await state.put(record)


def kept(file):
    with DesiredState.open(file) as state:
        return state.plugins()


async def test_what_was_asked_for_is_there_after_a_new_start(file):
    """Each record comes back as it was put, sorted by id; the latest one of a plugin holds, a removed one is gone."""
    other = Path(os.fsdecode(b"/plugins/no-\xff-utf8"))
    stopped = WantedPlugin(id="kv", folder=other, wanted=Wanted.STOPPED, changed_at=14.0)
    await fill(file, KV, CLOCK)
    assert kept(file) == (CLOCK, KV)
    with DesiredState.open(file) as state:
        await state.put(stopped)
        await state.remove("clock")
        await state.remove("nobody")
        assert state.plugins() == (stopped,)
    assert kept(file) == (stopped,)


async def test_memory_does_the_same_without_a_file(autojump_clock):
    """Without a file the state is kept as long as the host; nothing waits for a thread."""
    with DesiredState() as state:
        await state.put(KV)
        await state.put(CLOCK)
        await state.remove("clock")
        assert state.plugins() == (KV,)


async def test_a_configuration_is_copied():
    """What the caller does to its own mapping later changes nothing."""
    config = {"a": {"b": 1}}
    state = DesiredState()
    await state.put(WantedPlugin(id="kv", config=config, changed_at=1.0))
    config["a"]["b"] = 2
    assert state.plugins()[0].config == {"a": {"b": 1}}


@pytest.mark.parametrize("value", [float("nan"), b"x", object(), "self"])
async def test_a_configuration_that_is_no_json_is_refused(file, value):
    """The error names the plugin; what was asked before still holds, in memory and in the file."""
    config = {"a": value}
    if value == "self":
        config["a"] = config
    await fill(file, KV)
    with DesiredState.open(file) as state:
        with pytest.raises(ConfigError, match="what was asked of 'kv' cannot be kept"):
            await state.put(WantedPlugin(id="kv", config=config, changed_at=2.0))
        assert state.plugins() == (KV,)
    assert kept(file) == (KV,)


async def test_the_file_is_private(file):
    """Only its user may read it, and what SQLite puts beside it; a wider mode is narrowed."""
    file.touch(0o644)
    with DesiredState.open(file) as state:
        await state.put(KV)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    assert modes == {file.name + suffix: 0o600 for suffix in ("", "-wal", "-shm")}


async def test_every_change_is_on_the_disk_before_it_is_acted_upon(file):
    """The write-ahead log is synced with each change: a crash of the machine loses nothing that was answered."""
    with DesiredState.open(file) as state:
        connection = state._file._writer
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
        ]
    assert found == [2, "wal"]


def garbage(file):
    file.write_bytes(b"this is no database at all, and somebody may need it " * 40)


def cut_short(file):
    trio.run(
        fill, file, *(WantedPlugin(id=f"p{n}", config={"x": "y" * 3000}, changed_at=1.0) for n in range(9))
    )
    os.truncate(file, file.stat().st_size // 2)


def overwritten(file):
    trio.run(fill, file, KV)
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 4096)


def of_another_program(file):
    run_sql(file, "CREATE TABLE recipe (name TEXT)", "INSERT INTO recipe VALUES ('soup')")


def of_a_newer_version(file):
    trio.run(fill, file, KV)
    run_sql(file, f"PRAGMA user_version = {len(LAYOUT.migrations) + 1}")


def with_a_strange_word(file):
    trio.run(fill, file, KV)
    run_sql(file, "UPDATE plugin SET wanted = 'paused'")


def with_a_strange_configuration(file):
    trio.run(fill, file, KV)
    run_sql(file, "UPDATE plugin SET config = '[1]'")


def without_its_table(file):
    trio.run(fill, file, KV)
    run_sql(file, "ALTER TABLE plugin RENAME TO other")


@pytest.mark.parametrize(
    ("spoil", "why", "hint"),
    [
        (garbage, "file is not a database", "restore it from a backup, or move it away"),
        (cut_short, "malformed|damaged", "restore it from a backup, or move it away"),
        (overwritten, "malformed|damaged", "restore it from a backup, or move it away"),
        (with_a_strange_word, "'paused' is not a valid Wanted", "restore it from a backup"),
        (with_a_strange_configuration, "the configuration of kv is no object", "restore it from a backup"),
        (without_its_table, "no such table: plugin", "restore it from a backup"),
        (of_another_program, "the database of another program", "name another data folder"),
        (
            of_a_newer_version,
            f"of a newer Polyhost: version {len(LAYOUT.migrations) + 1}, and this one knows {len(LAYOUT.migrations)}",
            "run the newer Polyhost",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_left_as_it_is(file, spoil, why, hint):
    """The error says which file, what is wrong with it and what to do; not a byte of it is changed."""
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(ConfigError) as caught:
        DesiredState.open(file)
    assert caught.value.location == str(file)
    assert re.search(why, caught.value.message)
    assert hint in caught.value.hint
    assert before == file.read_bytes()
    assert [file] == list(file.parent.iterdir())


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Path.mkdir, "it is no ordinary file"),
        (os.mkfifo, "it is no ordinary file"),
        (lambda file: file.symlink_to("/dev/zero"), "it is no ordinary file"),
        (lambda file: file.symlink_to(file), "Too many levels of symbolic links"),
        (lambda file: file.parent.rmdir(), "No such file or directory"),
    ],
)
def test_what_is_no_file_is_told(tmp_path, make, why):
    """Whatever is in its place is neither waited for nor replaced."""
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder / "host.sqlite3")
    with pytest.raises(ConfigError, match=why) as caught:
        DesiredState.open(folder / "host.sqlite3")
    assert caught.value.location == str(folder / "host.sqlite3")


async def test_an_empty_file_is_a_new_one(file):
    """A host that was killed while it made the file left nothing; the next one begins anew."""
    file.touch()
    await fill(file, KV)
    assert kept(file) == (KV,)


def with_step(*statements):
    """Return the layout with one more step."""
    return replace(LAYOUT, migrations=(*LAYOUT.migrations, statements))


async def test_steps_are_taken_from_the_version_of_the_file(file, monkeypatch):
    """A file of an older version gets the steps that it lacks, and keeps its records."""
    await fill(file, KV)
    more = "ALTER TABLE plugin ADD COLUMN note TEXT NOT NULL DEFAULT ''"
    monkeypatch.setattr(_desired_state, "LAYOUT", with_step(more))
    assert kept(file) == (KV,)
    assert kept(file) == (KV,)
    assert run_sql(file, "SELECT note FROM plugin") == [("",)]
    assert run_sql(file, "PRAGMA user_version") == [(len(LAYOUT.migrations) + 1,)]


async def test_a_step_that_fails_is_taken_back_whole(file, monkeypatch):
    """The file stays of its version, and the next attempt begins where this one did."""
    await fill(file, KV)
    monkeypatch.setattr(_desired_state, "LAYOUT", with_step("DELETE FROM plugin", "NONSENSE"))
    with pytest.raises(ConfigError, match="syntax error"):
        DesiredState.open(file)
    monkeypatch.undo()
    assert kept(file) == (KV,)
    assert run_sql(file, "PRAGMA user_version") == [(len(LAYOUT.migrations),)]


@contextmanager
def nearly_full_disk(size):
    """Refuse to let any file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_fails_the_change_and_no_more(file):
    """The change is refused with a hint, what was asked before holds, and the next one that has room is made."""
    large = WantedPlugin(id="kv", config={"x": "y" * 500_000}, changed_at=2.0)
    with DesiredState.open(file) as state:
        await state.put(KV)
        with nearly_full_disk(100_000), pytest.raises(ConfigError) as caught:
            await state.put(large)
        assert caught.value.location == str(file)
        assert caught.value.hint == "see whether its disk is well and has room"
        assert state.plugins() == (KV,)
        await state.put(CLOCK)
    assert kept(file) == (CLOCK, KV)


async def test_a_file_that_another_program_holds_is_waited_for_within_bounds(file, monkeypatch):
    """After the time for that the change is refused, and says whom to close."""
    monkeypatch.setattr(_database, "BUSY_SECONDS", 0.05)
    with DesiredState.open(file) as state, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with trio.fail_after(5), pytest.raises(ConfigError) as caught:
            await state.put(KV)
        assert caught.value.hint == "another program holds it: close that one"
        assert state.plugins() == ()
        other.execute("ROLLBACK")
        await state.put(KV)
        assert state.plugins() == (KV,)


async def test_changes_are_made_in_the_order_in_which_they_were_asked_for(file):
    """Of two changes to one plugin the later one holds, also when the file is slow."""
    with DesiredState.open(file) as state, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for number in range(20):
                    nursery.start_soon(state.put, WantedPlugin(id="kv", changed_at=float(number)))
                    await trio.testing.wait_all_tasks_blocked()
                other.execute("ROLLBACK")
    assert [record.changed_at for record in kept(file)] == [19.0]


async def test_a_change_that_has_begun_outlives_its_caller(file):
    """Cancelled in the middle, it is made, in memory and in the file; one that waited for its turn is not."""
    with DesiredState.open(file) as state, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(state.put, KV)
                await trio.testing.wait_all_tasks_blocked()
                nursery.start_soon(state.put, CLOCK)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
                await trio.lowlevel.cancel_shielded_checkpoint()
                other.execute("ROLLBACK")
        assert state.plugins() == (KV,)
    assert kept(file) == (KV,)


async def test_a_disk_that_hangs_does_not_hang_the_host(file, monkeypatch):
    """The change is given up with a hint, so is the next one, and closing does not wait for the disk."""
    monkeypatch.setattr(_database, "WRITE_SECONDS", 0.1)
    state = DesiredState.open(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with trio.fail_after(5):
            for record in (KV, CLOCK):
                with pytest.raises(ConfigError, match="was not written within"):
                    await state.put(record)
            state.close()
            assert state.plugins() == ()
            other.execute("ROLLBACK")
            async with state._file._threads:  # the write that hung has ended
                pass
    state.close()


async def test_a_closed_state_keeps_nothing_more(file):
    """A change after the end is an error; closing twice is none."""
    state = DesiredState.open(file)
    state.close()
    state.close()
    with pytest.raises(HostClosedError):
        await state.put(KV)


async def test_notes_are_kept_as_long_as_the_plugin(file):
    """What an extension notes about a plugin comes back; the latest holds, each name has its own, removal forgets all."""
    with DesiredState.open(file) as state:
        await state.put(KV)
        await state.note("kv", "traffic_log", {"calls": True})
        await state.note("kv", "traffic_log", {"calls": False})
        await state.note("kv", "other", ["ä", None])
        await state.note("clock", "other", 1)
        await state.remove("kv", notes=False)
    with DesiredState.open(file) as state:
        assert state.plugins() == ()
        assert state.noted("kv", "traffic_log") == {"calls": False}
        assert state.noted("kv", "other") == ["ä", None]
        assert state.noted("kv", "nobody") is None
        await state.remove("kv")
        assert state.noted("kv", "other") is None
        with pytest.raises(ConfigError, match="cannot be kept"):
            await state.note("clock", "other", {1, 2})
    with DesiredState.open(file) as state:
        assert (state.noted("kv", "other"), state.noted("clock", "other")) == (None, 1)
    run_sql(file, "UPDATE note SET value = 'no JSON'")
    with pytest.raises(ConfigError, match="never wrote"):
        DesiredState.open(file)


async def test_a_file_without_notes_gets_room_for_them(file, monkeypatch):
    """One that the version before has written is read, and notes can be made in it."""
    with monkeypatch.context() as before:
        before.setattr(_desired_state, "LAYOUT", replace(LAYOUT, migrations=LAYOUT.migrations[:1]))
        before.setattr(_desired_state, "_notes", lambda _: [])
        await fill(file, KV)
    with DesiredState.open(file) as state:
        assert state.plugins() == (KV,)
        await state.note("kv", "other", 1)
        assert state.noted("kv", "other") == 1
