"""Handing facts to subscribers of any speed."""

import pytest
import trio

from hostcore.host._broadcast import Broadcast


def broadcast_of(ring=5, **more):
    return Broadcast(ring, missed=lambda first, last: ("missed", first, last), **more)


async def take(feed, count):
    with trio.fail_after(5):
        return [await anext(feed) for _ in range(count)]


async def test_a_subscriber_gets_what_comes(autojump_clock):
    """Without `after` only new facts are delivered, in their order."""
    broadcast = broadcast_of()
    broadcast.publish("old")
    async with broadcast.subscribe() as feed:
        broadcast.publish("a")
        broadcast.publish("b")
        assert await take(feed, 2) == ["a", "b"]


async def test_kept_facts_are_replayed(autojump_clock):
    """`after` asks for the kept facts with a higher sequence, then for the new ones."""
    broadcast = broadcast_of()
    for fact in "abc":
        broadcast.publish(fact)
    assert await take(broadcast.subscribe(after=1), 2) == ["b", "c"]
    assert await take(broadcast.subscribe(after=0), 3) == ["a", "b", "c"]
    assert await take(broadcast.subscribe(after=-7), 3) == ["a", "b", "c"]
    feed = broadcast.subscribe(after=99)
    broadcast.publish("d")
    assert await take(feed, 1) == ["d"]


async def test_a_gap_is_marked(autojump_clock):
    """Who asks for facts that are gone is told which, then gets what there is."""
    broadcast = broadcast_of(3)
    for fact in range(1, 11):
        broadcast.publish(fact)
    assert await take(broadcast.subscribe(after=2), 4) == [("missed", 3, 7), 8, 9, 10]


async def test_a_slow_subscriber_loses_and_learns_it(autojump_clock):
    """A subscriber that falls behind gets one marker with the exact range, and goes on; others lose nothing."""
    broadcast = broadcast_of(3)
    slow, quick = broadcast.subscribe(), broadcast.subscribe()
    seen = []
    for fact in range(1, 8):
        broadcast.publish(fact)
        seen += await take(quick, 1)
    assert seen == list(range(1, 8))
    assert await take(slow, 4) == [("missed", 1, 4), 5, 6, 7]


async def test_a_gap_may_be_told_by_silence(autojump_clock):
    """Where no marker is made the next kept fact follows at once."""
    broadcast = Broadcast(2, missed=lambda _first, _last: None)
    feed = broadcast.subscribe()
    for fact in range(5):
        broadcast.publish(fact)
    assert await take(feed, 2) == [3, 4]


async def test_a_close_ends_after_what_there_is(autojump_clock, nursery):
    """Each subscriber gets what was published before the close, then the iteration ends; also who waits just then."""
    broadcast = broadcast_of()
    ended = []

    async def listen(feed):
        ended.append([each async for each in feed])

    nursery.start_soon(listen, broadcast.subscribe())
    await trio.testing.wait_all_tasks_blocked()
    nursery.start_soon(listen, broadcast.subscribe())
    broadcast.publish("last")
    broadcast.close()
    await trio.testing.wait_all_tasks_blocked()
    assert ended == [["last"], ["last"]]
    with pytest.raises(StopAsyncIteration):
        await anext(broadcast.subscribe())


async def test_leaving_the_context_ends_a_waiting_iteration(autojump_clock, nursery):
    """A subscription that was left ends wherever somebody still iterates over it, and is forgotten."""
    broadcast = broadcast_of()
    done = trio.Event()

    async def listen(feed):
        async for _ in feed:
            raise AssertionError
        done.set()

    async with broadcast.subscribe() as feed:
        nursery.start_soon(listen, feed)
        await trio.testing.wait_all_tasks_blocked()
    with trio.fail_after(5):
        await done.wait()
    assert len(broadcast._feeds) == 0


async def test_a_subscriber_that_was_dropped_costs_nothing(autojump_clock):
    """A feed that nobody holds is not kept alive by the broadcast."""
    broadcast = broadcast_of()
    broadcast.subscribe()
    assert len(broadcast._feeds) == 0
