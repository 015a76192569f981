"""Counts wrong tokens, so that nobody can try many: those of each address, and those of all together.

A token has 256 random bits and cannot be guessed; what the limits keep small is what guessing costs others, the work
and the lines in the audit trail. Therefore a right token in the `Authorization` header is always taken, whatever its
address has tried: a script with an old token must not shut out its neighbour. Signing in, which is rare, is refused to
an address that has used up its attempts before anything is looked at.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

ATTEMPTS_OF_ADDRESS: Final = 10
"""Wrong tokens of one address at once; they come back over `WINDOW_SECONDS`. A person mistypes three times."""

ATTEMPTS_OF_ALL: Final = 300
"""Wrong tokens of all addresses at once: five a second fill no disk with the audit trail."""

WINDOW_SECONDS: Final = 60.0
"""The time in which used attempts come back."""

ADDRESSES: Final = 4096
"""Addresses that are remembered; the one that was quiet for longest is forgotten first. About half a megabyte."""

_IPV6_NETWORK_BITS: Final = 64


class _Bucket:
    """Holds attempts; what was taken comes back evenly."""

    __slots__ = ("_at", "_left", "_size")

    def __init__(self, size: int, now: float) -> None:
        self._size = size
        self._left = float(size)
        self._at = now

    def wait(self, now: float) -> float:
        """Return the seconds until there is an attempt; 0 when there is one."""
        self._refill(now)
        return 0.0 if self._left >= 1 else (1 - self._left) * WINDOW_SECONDS / self._size

    def take(self) -> None:
        """Use one attempt."""
        self._left -= 1

    def _refill(self, now: float) -> None:
        back = max(0.0, now - self._at) * self._size / WINDOW_SECONDS
        self._left = min(float(self._size), self._left + back)
        self._at = now


class Attempts:
    """Knows who has tried wrong tokens; its memory is bounded.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._addresses: OrderedDict[str, _Bucket] = OrderedDict()
        self._all = _Bucket(ATTEMPTS_OF_ALL, clock())

    def __repr__(self) -> str:
        return f"<Attempts addresses={len(self._addresses)}>"

    def wait_of_address(self, address: str) -> int:
        """Return the whole seconds until an address has an attempt again; 0 when it has one."""
        found = self._addresses.get(network_of(address))
        return 0 if found is None else math.ceil(found.wait(self._clock()))

    def wrong(self, address: str) -> int:
        """Count a wrong token; returns 0, or the seconds to wait when it was one too many."""
        now = self._clock()
        network = network_of(address)
        bucket = self._addresses.get(network)
        if bucket is None:
            while len(self._addresses) >= ADDRESSES:
                self._addresses.popitem(last=False)
            bucket = self._addresses[network] = _Bucket(ATTEMPTS_OF_ADDRESS, now)
        self._addresses.move_to_end(network)
        wait = max(bucket.wait(now), self._all.wait(now))
        if not wait:
            bucket.take()
            self._all.take()
        return math.ceil(wait)


def network_of(address: str) -> str:
    """Return what one client has: a whole /64 in IPv6, else its address would be new each time."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(int(parsed) >> (128 - _IPV6_NETWORK_BITS))
