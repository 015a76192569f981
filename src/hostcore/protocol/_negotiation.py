"""What two hellos agree on; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hostcore.errors import IncompatibleError
from hostcore.protocol._messages import PROTOCOL_VERSION

# Lowest and highest protocol version that this package speaks.
SUPPORTED_PROTOCOLS: Final[tuple[int, int]] = (1, PROTOCOL_VERSION)


def negotiate_protocol(theirs: tuple[int, int], ours: tuple[int, int] = SUPPORTED_PROTOCOLS) -> int:
    """Return the highest protocol version that both ranges hold.

    Raises:
        IncompatibleError: the ranges do not overlap; the message names both.
    """
    lowest, highest = max(theirs[0], ours[0]), min(theirs[1], ours[1])
    if lowest > highest:
        raise IncompatibleError(
            f"no common protocol version: the plugin speaks {_range(theirs)}, the host {_range(ours)}",
            hint="update whichever side is older",
            details={"plugin": list(theirs), "host": list(ours)},
        )
    return highest


def _range(versions: tuple[int, int]) -> str:
    lowest, highest = versions
    return str(lowest) if lowest == highest else f"{lowest} to {highest}"


def agree_on_features(theirs: Iterable[str], ours: Iterable[str]) -> frozenset[str]:
    """Return the features that both sides listed, also those that this version does not know."""
    return frozenset(map(str, theirs)) & frozenset(map(str, ours))
