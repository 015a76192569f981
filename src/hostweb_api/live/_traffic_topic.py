"""The topic `traffic`: calls as they get their outcome, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from hostcore import traffic
from hostweb_api._json import dump_json
from hostweb_api.live._messages import TrafficFilter, check_filter
from hostweb_api.live._topics import Found, Gap
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl


class TrafficTopic:
    """Is the topic `traffic`."""

    name = "traffic"
    scope = Scope.VIEWER

    def __init__(self, host: HostControl) -> None:
        self._host = host

    def open(self, chosen: Mapping[str, Any], after: str | None) -> TrafficSource:
        """Begin a subscription."""
        wanted = check_filter(TrafficFilter, dict(chosen))
        asked = traffic.TrafficFilter(plugin=wanted.plugin, method=wanted.method, outcome=wanted.outcome)
        feed = traffic.traffic_of(self._host).follow(asked, messages=wanted.messages)
        return TrafficSource(feed, bodies=wanted.bodies, resumes=after is not None)


class TrafficSource:
    """Is a subscription to the communication log; see `Source`. What is missed in between is in the log."""

    cursor = None

    def __init__(self, feed: traffic.TrafficFeed, *, bodies: bool, resumes: bool) -> None:
        self._feed = feed
        self._bodies = bodies
        self._resumes = resumes

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Found | Gap:
        if self._resumes:
            self._resumes = False
            return Gap(reason="not-kept", cursor=None)
        item = await self._feed.__anext__()
        if isinstance(item, traffic.TrafficMissed):
            return Gap(reason="missed", missed=item.count, cursor=None)
        kind = "call" if isinstance(item, traffic.CallEntry) else "message"
        return Found(item=dump_json({"kind": kind, kind: item.as_json(bodies=self._bodies)}), cursor=None)

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._feed.__aexit__(*args)
