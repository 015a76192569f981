"""The file of the communication log: what is written is found again, and what is too much goes."""

import math
import os
import sqlite3
import stat
import time

import pytest
from traffic_support import call_row, calls, calls_with_bodies, message_row, messages

from hostcore.traffic import TrafficFilter
from hostcore.traffic._reading import TrafficReader
from hostcore.traffic._store import (
    APPLICATION_ID,
    DAMAGED_NAME,
    PRUNE_ROWS,
    DamagedError,
    TrafficStore,
    set_aside,
)

MIB = 1024 * 1024


@pytest.fixture
def store(path):
    opened = TrafficStore(path)
    yield opened
    opened.close()


def found(path, asked=None, **options):
    """Return the ids of the calls that are found."""
    options = {"before": None, "limit": 1000, "bodies": False, **options}
    return [each.id for each in TrafficReader(path).calls(asked or TrafficFilter(), **options).entries]


def test_calls_come_back_as_they_were(store, path):
    """Each fact of a call is there again, with its bodies if they are asked for."""
    row = call_row(5, parent=3, caller="words", outcome="call-failed", error="no", streaming=1, to_host=1)
    store.write([calls_with_bodies((*row, '{"a":1}', 0, '"b"', 3))])
    page = TrafficReader(path).calls(TrafficFilter(), before=None, limit=10, bodies=True)
    entry = page.entries[0]
    assert (
        entry.id,
        entry.parent,
        entry.caller,
        entry.outcome,
        entry.error,
        entry.is_streaming,
        entry.direction,
    ) == (5, 3, "words", "call-failed", "no", True, "to-host")
    assert entry.params.as_json() == {"value": {"a": 1}, "whole": True, "redacted": False}
    assert entry.result.as_json() == {"value": "b", "whole": False, "redacted": True}
    without = TrafficReader(path).calls(TrafficFilter(), before=None, limit=10, bodies=False).entries[0]
    assert (without.params, without.result) == (None, None)


def test_messages_come_back_as_they_were(store, path):
    """Each fact of a message is there again."""
    store.write([messages(message_row(9, to_host=1, kind="data", call=5, body="[1]", body_flags=0))])
    page = TrafficReader(path).messages(TrafficFilter(call=5), before=None, limit=10, bodies=True)
    entry = page.entries[0]
    assert (
        entry.id,
        entry.direction,
        entry.kind,
        entry.call,
        entry.body.as_json()["value"],
    ) == (9, "to-host", "data", 5, [1])


ROWS = [
    call_row(1),
    call_row(2, plugin="words", method="Words.Count", caller="kv", parent=1),
    call_row(3, method="KeyValue.Put", outcome="call-failed"),
    call_row(4, method="KeyValueStore.Get", outcome="cancelled", duration=2.0),
    call_row(5, outcome="call-failed", parent=1),
]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"plugin": "words"}, [2]),
        ({"method": "KeyValue.Get"}, [5, 1]),
        ({"method": "KeyValue.*"}, [5, 3, 1]),
        ({"outcome": "ok"}, [2, 1]),
        ({"outcome": "call-failed"}, [5, 3]),
        ({"outcome": "failed"}, [5, 4, 3]),
        ({"caller": "kv"}, [2]),
        ({"parent": 1}, [5, 2]),
        ({"since": 1003.0}, [5, 4, 3]),
        ({"until": 1003.0}, [2, 1]),
        ({"since": 1002.0, "until": 1004.0}, [3, 2]),
        ({"since": 5000.0}, []),
        ({"until": 5.0}, []),
        ({"slower_than": 1.0}, [4]),
        ({"call": 3}, [3]),
        ({"plugin": "kv", "outcome": "failed", "since": 1004.5}, [5]),
        ({"method": "100%_.*"}, []),
    ],
)
def test_each_question_finds_what_it_asks_for(store, path, asked, ids):
    """Filters go together; the latest call comes first. What is followed live is chosen the same way."""
    store.write([calls(*ROWS)])
    assert found(path, TrafficFilter(**asked)) == ids
    everything = TrafficReader(path).calls(TrafficFilter(), before=None, limit=10, bodies=False).entries
    if "call" not in asked:
        assert [each.id for each in everything if TrafficFilter(**asked).admits_call(each)] == ids


def test_messages_are_found_by_what_they_have(store, path):
    """Plugin, method, call and time choose messages; what only calls have finds none."""
    store.write(
        [messages(message_row(1, call=8), message_row(2, plugin="words", method=None), message_row(3))]
    )

    def ids(**asked):
        reader = TrafficReader(path)
        entries = reader.messages(TrafficFilter(**asked), before=None, limit=10, bodies=False).entries
        every = reader.messages(TrafficFilter(), before=None, limit=10, bodies=False).entries
        assert [each for each in every if TrafficFilter(**asked).admits_message(each)] == list(entries)
        return [each.id for each in entries]

    assert ids() == [3, 2, 1]
    assert ids(plugin="kv") == [3, 1]
    assert ids(call=8) == [1]
    assert ids(method="KeyValue.*", since=1002.0) == [3]
    assert ids(outcome="ok") == []


def test_pages_follow_each_other_without_gap_or_repeat(store, path):
    """The next page begins where the last one has ended, also while more is recorded."""
    store.write([calls(*(call_row(number) for number in range(1, 26)))])
    seen, before = [], None
    for _ in range(10):
        page = TrafficReader(path).calls(TrafficFilter(), before=before, limit=10, bodies=False)
        seen += [each.id for each in page.entries]
        store.write([calls(call_row(100 + len(seen)))])
        before = page.next
        if before is None:
            break
    assert seen == list(range(25, 0, -1))


def test_many_rows_are_one_transaction(store, path):
    """A batch is larger than one statement takes, and none of it is there when a row of it cannot be written."""
    store.write([calls(*(call_row(number) for number in range(1, 1001)))])
    assert len(found(path)) == 1000
    with pytest.raises(sqlite3.IntegrityError):
        store.write([calls(call_row(2000)), calls(call_row(2001, plugin=None))])
    assert len(found(path)) == 1000
    store.write([calls(call_row(2000))])
    assert found(path)[0] == 2000


def test_a_log_that_is_not_there_is_empty(path):
    """Before anything was recorded there is nothing to find, and nobody makes a file to say so."""
    assert found(path) == []
    assert TrafficReader(path).oldest() is None
    assert not path.exists()


def test_the_file_belongs_to_its_user(store, path):
    """What plugins are told is nobody else's business."""
    store.write([calls(call_row(1))])
    modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {0o600}


def test_a_log_is_found_again(path):
    """What one host has written the next one finds and goes on with."""
    for number in (1, 2):
        store = TrafficStore(path)
        store.write([calls(call_row(number))])
        store.close()
    assert found(path) == [2, 1]


@pytest.mark.parametrize("version", [99, 0])
def test_a_foreign_file_is_not_written_to(path, version):
    """The database of another program, or of a newer Polyhost, is set aside as it is."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a)")
        connection.execute(f"PRAGMA user_version = {version}")
        if version:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    with pytest.raises(DamagedError):
        TrafficStore(path)
    set_aside(path)
    TrafficStore(path).close()
    with sqlite3.connect(path.with_name(DAMAGED_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    connection.close()


def test_a_file_that_is_no_database_is_damaged(path):
    """Garbage is told from a full disk: waiting would not mend it."""
    path.parent.mkdir()
    path.write_bytes(os.urandom(8192))
    with pytest.raises(DamagedError):
        TrafficStore(path)


def test_what_is_old_goes(store, path):
    """Deletion by age takes calls and messages before a moment, step by step."""
    now = time.time()
    old = [call_row(number, at=now - 100) for number in range(1, PRUNE_ROWS + 11)]
    store.write(
        [
            calls(*old, call_row(10_000, at=now)),
            messages(message_row(1, at=now - 100), message_row(2, at=now)),
        ]
    )
    assert store.prune_before(now - 50) == PRUNE_ROWS + 1
    assert store.prune_before(now - 50) == 10
    assert store.prune_before(now - 50) == 0
    assert found(path) == [10_000]
    left = TrafficReader(path).messages(TrafficFilter(), before=None, limit=9, bodies=False).entries
    assert [each.id for each in left] == [2]


def test_the_oldest_go_for_room(store, path):
    """Deletion for room takes the oldest, a part at a time, until there is nothing left."""
    body = "x" * 10_000
    rows = [(*call_row(number), f'"{body}"', 0, None, None) for number in range(1, 201)]
    store.write([calls_with_bodies(*rows)])
    before = store.size()
    gone = store.prune_oldest()
    assert 0 < gone < 100
    assert found(path) == list(range(200, gone, -1))
    assert store.size() < before
    while store.prune_oldest():
        pass
    assert found(path) == []
    store.give_back()
    store.make_room()
    assert store.size() < MIB


def test_a_clock_that_was_set_back_costs_no_write(store, path):
    """An id that is there already takes the place of the old record: the newer one counts."""
    store.write([calls(call_row(1))])
    store.write([calls(call_row(1, method="KeyValue.Put"))])
    assert found(path, TrafficFilter(method="KeyValue.Put")) == [1]
    assert math.isclose(TrafficReader(path).oldest(), 1001.0)
