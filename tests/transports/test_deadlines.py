"""The heap of deadlines: order, waking, compaction, and no timer when there is nothing to wait for."""

import math

import pytest
import trio

from hostcore.transports import Deadlines
from hostcore.transports._deadlines import COMPACT_AT


class Entry:
    def __init__(self, name, expired, *, then=lambda: None):
        self.name = name
        self.settled = False
        self._expired = expired
        self._then = then

    def expire(self):
        self.settled = True
        self._expired.append((self.name, trio.current_time()))
        self._then()


@pytest.fixture
async def deadlines(nursery):
    made = Deadlines()
    nursery.start_soon(made.run)
    await trio.testing.wait_all_tasks_blocked()
    return made


def at(moment):
    return trio.current_time() + moment


async def test_entries_expire_in_the_order_of_their_times(autojump_clock, deadlines):
    """Whatever the order of adding, each entry expires at its own moment."""
    expired = []
    began = trio.current_time()
    for moment in (5, 1, 3, 2, 4):
        deadlines.add(began + moment, Entry(moment, expired))
    await trio.sleep(10)
    assert [(n, pytest.approx(began + n)) for n in range(1, 6)] == expired


async def test_equal_times_expire_in_the_order_of_adding(autojump_clock, deadlines):
    """Entries of one moment need no order of their own."""
    expired = []
    moment = at(1)
    for number in range(20):
        deadlines.add(moment, Entry(number, expired))
    await trio.sleep(2)
    assert list(range(20)) == [name for name, _ in expired]


async def test_an_earlier_deadline_wakes_the_sleeper(autojump_clock, deadlines):
    """A deadline that comes before the one slept for is not late."""
    expired = []
    deadlines.add(at(100), Entry("late", expired))
    await trio.sleep(1)
    began = trio.current_time()
    deadlines.add(began + 2, Entry("early", expired))
    await trio.sleep(5)
    assert [("early", pytest.approx(began + 2))] == expired


async def test_with_nothing_pending_there_is_no_timer(autojump_clock, deadlines):
    """An idle host does not wake up: neither at first nor after everything has expired."""
    assert trio.lowlevel.current_statistics().seconds_to_next_deadline == math.inf
    expired = []
    deadlines.add(at(1), Entry("only", expired))
    await trio.sleep(2)
    assert len(expired) == 1
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().seconds_to_next_deadline == math.inf
    deadlines.add(at(1), Entry("second", expired))
    await trio.sleep(2)
    assert len(expired) == 2


async def test_settled_entries_do_not_expire(autojump_clock, deadlines):
    """What was settled in time is passed over."""
    expired = []
    entries = [Entry(number, expired) for number in range(4)]
    for entry in entries:
        deadlines.add(at(1), entry)
    entries[0].settled = entries[2].settled = True
    await trio.sleep(2)
    assert [name for name, _ in expired] == [1, 3]


async def test_settled_entries_are_swept_out(autojump_clock, deadlines):
    """A host that makes a million calls in time does not keep a million entries, and loses none that counts."""
    expired = []
    kept = []
    for number in range(20 * COMPACT_AT):
        entry = Entry(number, expired)
        entry.settled = number % 100 != 0
        if not entry.settled:
            kept.append(number)
        deadlines.add(at(10), entry)
        assert len(deadlines._heap) <= 2 * max(COMPACT_AT, len(kept)) + 1
    await trio.sleep(20)
    assert kept == [name for name, _ in expired]


async def test_an_expiring_entry_may_add_others(autojump_clock, deadlines):
    """What is added while another one expires keeps its own time, an earlier or a later one."""
    expired = []
    began = trio.current_time()

    def more():
        deadlines.add(began + 1, Entry("at once", expired))
        deadlines.add(began + 3, Entry("later", expired))

    deadlines.add(began + 1, Entry("first", expired, then=more))
    deadlines.add(began + 2, Entry("second", expired))
    await trio.sleep(10)
    assert [name for name, _ in expired] == ["first", "at once", "second", "later"]
