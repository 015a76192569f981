"""A parking space keeps one task until it is woken, and `wait_first` waits for the first of several."""

import pytest
import trio
import trio.testing

from hostcore.transports import ParkingSpace, wait_first


async def test_a_parked_task_goes_on_when_it_is_woken(autojump_clock, nursery):
    """The space is taken while a task waits there, and free as soon as it is woken."""
    space, passed = ParkingSpace(), []

    async def park():
        await space.park()
        passed.append(True)

    nursery.start_soon(park)
    await trio.testing.wait_all_tasks_blocked()
    assert (space.is_taken, passed) == (True, [])
    space.wake()
    assert not space.is_taken
    await trio.testing.wait_all_tasks_blocked()
    assert passed == [True]


async def test_a_wake_that_comes_before_is_forgotten(autojump_clock):
    """Whoever parks looks first whether there is anything to wait for."""
    space = ParkingSpace()
    space.wake()
    with trio.move_on_after(5) as scope:
        await space.park()
    assert scope.cancelled_caught


async def test_a_cancelled_task_leaves_the_space(autojump_clock):
    """A wake after that wakes nobody."""
    space = ParkingSpace()
    with trio.move_on_after(5):
        await space.park()
    assert not space.is_taken
    space.wake()


async def test_the_first_of_several_waits_ends_them_all(autojump_clock):
    """The others are cancelled, and the time is that of the first."""
    began, others = trio.current_time(), []

    async def wait_long():
        try:
            await trio.sleep(60)
        except trio.Cancelled:
            others.append("cancelled")
            raise

    async def wait_short():
        await trio.sleep(2)

    await wait_first(wait_long, wait_short)
    assert (trio.current_time() - began, others) == (2, ["cancelled"])


async def test_what_a_wait_raises_is_raised(autojump_clock):
    """A wait that fails is no end of the race that could be overlooked."""

    async def fail():
        raise ValueError("broken")

    with pytest.RaisesGroup(ValueError):
        await wait_first(trio.sleep_forever, fail)
