"""What a topic of the live websocket is: anything that can be followed item by item, from a place on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from hostweb_api._problems import Problem, ProblemError
from hostweb_api.security._callers import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Is one step through a topic.

    Attributes:
        item: what is sent, encoded as JSON; None for what the filter has left out.
        cursor: the place behind it; None where the topic cannot be resumed.
    """

    item: bytes | None
    cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Stands where something of a topic is missing.

    Attributes:
        reason: why.
        missed: how many things, wanted or not; None when nobody knows.
        cursor: the place behind the gap; None where the topic cannot be resumed.
    """

    reason: Literal["missed", "other-run", "not-kept"]
    missed: int | None = None
    cursor: str | None


class Source(Protocol):
    """Is one subscription to a topic: an async context manager, and an async iterator that ends when nothing more can come.

    It keeps nothing for a reader that is slow: it skips, and says so with a `Gap`. `__anext__` may be cancelled at any
    time without losing anything.
    """

    @property
    def cursor(self) -> str | None:
        """Where it begins."""

    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Found | Gap: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *args: object) -> None: ...


class Topic(Protocol):
    """Is what can be subscribed to under one name."""

    @property
    def name(self) -> str:
        """What clients call it."""

    @property
    def scope(self) -> Scope:
        """What a caller needs to follow it."""

    def open(self, chosen: Mapping[str, Any], after: str | None) -> Source:
        """Begin a subscription; must not block.

        Args:
            chosen: the `filter` of the client, unchecked.
            after: the cursor to resume from, unchecked; None begins now.

        Raises:
            ProblemError, HostError: the client asks for what there is not.
        """


class Topics:
    """Is all that can be subscribed to."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self._topics = {topic.name: topic for topic in topics}

    def __repr__(self) -> str:
        return f"<Topics {' '.join(self.names)}>"

    @property
    def names(self) -> list[str]:
        """Their names, sorted."""
        return sorted(self._topics)

    def find(self, name: str) -> Topic:
        """Return a topic; raises `ProblemError`."""
        topic = self._topics.get(name)
        if topic is None:
            raise ProblemError(
                Problem(
                    code="topic-not-found",
                    detail=f"There is no topic {name!r}.",
                    hint=f"there are: {', '.join(self.names)}",
                )
            )
        return topic
