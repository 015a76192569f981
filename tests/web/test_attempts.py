"""Wrong tokens are counted, for each address and for all, in bounded memory."""

from __future__ import annotations

import pytest

from hostweb_api.security._attempts import (
    ADDRESSES,
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_OF_ALL,
    WINDOW_SECONDS,
    Attempts,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock=clock)


def test_an_address_has_some_attempts(attempts: Attempts, clock: Clock) -> None:
    """After the last one it waits for the next; others are not affected, and attempts come back evenly."""
    assert [attempts.wrong("10.0.0.1") for _ in range(ATTEMPTS_OF_ADDRESS)] == [0] * ATTEMPTS_OF_ADDRESS
    assert attempts.wrong("10.0.0.1") == WINDOW_SECONDS / ATTEMPTS_OF_ADDRESS
    assert attempts.wait_of_address("10.0.0.1") == WINDOW_SECONDS / ATTEMPTS_OF_ADDRESS
    assert attempts.wait_of_address("10.0.0.2") == 0
    assert attempts.wrong("10.0.0.2") == 0
    clock.now += WINDOW_SECONDS / ATTEMPTS_OF_ADDRESS
    assert attempts.wait_of_address("10.0.0.1") == 0
    assert attempts.wrong("10.0.0.1") == 0
    assert attempts.wrong("10.0.0.1") > 0


def test_hammering_takes_nothing_from_others(attempts: Attempts) -> None:
    """One address cannot use up the attempts of all."""
    for _ in range(10 * ATTEMPTS_OF_ALL):
        attempts.wrong("10.0.0.1")
    assert attempts.wrong("10.0.0.2") == 0


def test_all_addresses_together_have_a_limit(attempts: Attempts, clock: Clock) -> None:
    """Many addresses get no more than all have together; signing in from a quiet one is not affected."""
    taken = [
        attempts.wrong(f"10.0.{number // 250}.{number % 250}") == 0 for number in range(2 * ATTEMPTS_OF_ALL)
    ]
    assert sum(taken) == ATTEMPTS_OF_ALL
    assert attempts.wait_of_address("10.9.9.9") == 0
    clock.now += WINDOW_SECONDS
    assert attempts.wrong("10.9.9.9") == 0


def test_memory_is_bounded(attempts: Attempts) -> None:
    """The address that was quiet for longest is forgotten."""
    for number in range(ADDRESSES + 100):
        attempts.wrong(f"host-{number}")
    assert repr(attempts) == f"<Attempts addresses={ADDRESSES}>"


def test_a_network_of_ipv6_is_one_client(attempts: Attempts) -> None:
    """A client has 2^64 addresses there; an IPv4 address in IPv6 form is that address."""
    for number in range(ATTEMPTS_OF_ADDRESS):
        attempts.wrong(f"2001:db8::{number + 1:x}")
    assert attempts.wait_of_address("2001:db8::ffff") > 0
    assert attempts.wait_of_address("2001:db8:0:1::1") == 0
    for _ in range(ATTEMPTS_OF_ADDRESS):
        attempts.wrong("::ffff:10.0.0.1")
    assert attempts.wait_of_address("10.0.0.1") > 0
