"""The thread that writes the log: it batches, waits for nobody, and survives whatever the disk does."""

import os
import sqlite3
import time

import pytest
from traffic_support import call_row, calls, calls_with_bodies, patiently

from hostcore.traffic import TrafficFilter
from hostcore.traffic._reading import TrafficReader
from hostcore.traffic._store import DAMAGED_NAME
from hostcore.traffic._writer import QUEUED_BYTES, QUEUED_ROWS, TrafficWriter

MIB = 1024 * 1024


@pytest.fixture
def writers(path):
    """Make writers of the file; all are ended."""
    made = []

    def make(**options):
        writer = TrafficWriter(path, **{"keep_days": 1.0, "keep_bytes": 256 * MIB, **options})
        made.append(writer)
        writer.start()
        return writer

    yield make
    for each in made:
        each.finish()
        assert each.wait_ended(30)


def kept(path):
    page = TrafficReader(path).calls(TrafficFilter(), before=None, limit=1000, bodies=False)
    return [each.id for each in page.entries]


def now_row(number, **changes):
    return call_row(number, at=time.time(), **changes)


def test_what_is_put_is_written(writers, path):
    """Batches come to the disk in their order, and the end waits for them."""
    writer = writers()
    for number in range(1, 11):
        writer.put(calls(now_row(number)))
    writer.finish()
    assert writer.wait_ended()
    assert kept(path) == list(range(10, 0, -1))
    assert (writer.written, writer.queued, writer.dropped, writer.trouble) == (10, 0, 0, None)


def test_after_the_end_nothing_is_taken(writers):
    """What comes too late is counted."""
    writer = writers()
    writer.finish()
    writer.put(calls(now_row(1)))
    assert (writer.dropped, writer.handed) == (1, 0)


def hold(path):
    """Hold the file as another program could, until the connection is closed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_slow_disk_fills_the_queue_and_no_more(writers, path):
    """While somebody holds the file, `put` returns at once; beyond its bounds rows are dropped and counted."""
    writer = writers()
    writer.put(calls(now_row(1)))
    patiently(lambda: writer.written == 1, "nothing was written")
    holder = hold(path)
    longest = 0.0
    rows = [now_row(number) for number in range(2, 1002)]
    for _ in range(QUEUED_ROWS // 1000 + 20):
        batch = calls(*rows)
        began = time.perf_counter()
        writer.put(batch)
        longest = max(longest, time.perf_counter() - began)
    assert longest < 1.0
    assert QUEUED_ROWS >= writer.queued > QUEUED_ROWS - 1000
    assert writer.dropped == (QUEUED_ROWS // 1000 + 20) * 1000 - writer.queued
    holder.rollback()
    holder.close()
    patiently(lambda: writer.queued == 0, "the queue was not written")
    assert writer.trouble is None
    assert writer.lost == 0


def test_bodies_have_a_bound_of_their_own(writers, path):
    """A few large bodies fill the queue as well as many small rows."""
    writer = writers()
    patiently(path.exists, "there is no file")
    patiently(lambda: writer.size > 0, "the file was not opened")
    holder = hold(path)
    body = "x" * MIB
    for number in range(1, 50):
        writer.put(calls_with_bodies((*now_row(number), f'"{body}"', 0, None, None)), MIB)
    assert writer.queued == QUEUED_BYTES // MIB
    assert writer.dropped == 49 - QUEUED_BYTES // MIB
    holder.rollback()
    holder.close()


def test_a_held_file_is_waited_for_longer_than_one_write_waits(writers, path):
    """After a write has given up, it is tried again; trouble is told meanwhile and taken back then."""
    writer = writers()
    writer.put(calls(now_row(1)))
    patiently(lambda: writer.written == 1, "nothing was written")
    holder = hold(path)
    writer.put(calls(now_row(2)))
    patiently(lambda: writer.trouble is not None, "the trouble was not told")
    assert "locked" in writer.trouble
    holder.rollback()
    holder.close()
    patiently(lambda: writer.written == 2, "it was not tried again")
    assert (writer.trouble, writer.lost) == (None, 0)


def test_a_folder_that_cannot_be_made_costs_records_only(tmp_path):
    """Where there can be no file at all, rows are taken up to the bound, and lost at the end; nothing raises."""
    (tmp_path / "log").write_text("a file in the way")
    writer = TrafficWriter(tmp_path / "log" / "traffic.sqlite3", keep_days=1.0, keep_bytes=MIB)
    writer.start()
    writer.put(calls(now_row(1)))
    patiently(lambda: writer.trouble is not None, "the trouble was not told")
    writer.finish()
    assert writer.wait_ended(30)
    assert (writer.lost, writer.written, writer.queued) == (1, 0, 0)


def test_a_damaged_file_is_set_aside(writers, path):
    """The log begins anew, and what was there is kept under another name."""
    path.parent.mkdir()
    garbage = os.urandom(8192)
    path.write_bytes(garbage)
    writer = writers()
    writer.put(calls(now_row(1)))
    patiently(lambda: writer.written == 1, "nothing was written")
    assert path.with_name(DAMAGED_NAME).read_bytes() == garbage
    assert kept(path) == [1]


def test_all_of_it_stays_within_its_room(writers, path):
    """However much is recorded, no more than `keep_bytes` is kept; the latest stays."""
    writer = writers(keep_bytes=MIB)
    body = "x" * 10_000
    for start in range(0, 1000, 50):
        rows = [(*now_row(number), f'"{body}"', 0, None, None) for number in range(start + 1, start + 51)]
        writer.put(calls_with_bodies(*rows), 50 * len(body))
        patiently(lambda: writer.queued == 0, "the queue was not written")
    patiently(lambda: writer.size <= MIB, "the log was not cut")
    ids = kept(path)
    assert ids[0] == 1000
    assert 20 < len(ids) < 105
    assert writer.pruned == 1000 - len(ids)
    writer.finish()
    assert writer.wait_ended()
    # What was deleted is given back to the disk, but for some pages.
    assert path.stat().st_size < 2 * MIB


def test_what_is_too_old_goes_with_the_next_start(writers, path):
    """Records of last week are deleted when a host begins with a shorter memory."""
    first = writers(keep_days=30.0)
    first.put(calls(call_row(1, at=time.time() - 7 * 86400), now_row(2)))
    first.finish()
    assert first.wait_ended()
    assert kept(path) == [2, 1]
    second = writers(keep_days=1.0)
    patiently(lambda: second.pruned == 1, "nothing was deleted")
    assert kept(path) == [2]
