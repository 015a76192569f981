"""What the server remembers of the figures of plugins."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from trio.testing import MockClock
from web_support import Server

from hostcore.errors import PluginNotFoundError
from hostweb_api.live._history import KEPT_EVERY_SECONDS, KEPT_SAMPLES, History


async def test_history_keeps_half_an_hour(scripted: ScriptedHost, autojump_clock: MockClock) -> None:
    """A sample is kept every few seconds, also while nobody looks, and those of more than half an hour ago are forgotten."""
    history = History(scripted)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(history.run)
        await trio.sleep(2.5 * KEPT_EVERY_SECONDS)
        assert len(history.of("demo").at) == 2
        await trio.sleep((KEPT_SAMPLES + 10) * KEPT_EVERY_SECONDS)
        nursery.cancel_scope.cancel()
    kept = history.of("demo")
    assert len(kept.at) == KEPT_SAMPLES == len(kept.calls_per_second) == len(kept.rss_bytes)
    assert kept.at == tuple(sorted(kept.at))
    assert kept.seconds == KEPT_EVERY_SECONDS


async def test_history_counts_between_samples(scripted: ScriptedHost, autojump_clock: MockClock) -> None:
    """Calls are told as a rate since the sample before; what was not measured is null."""
    history = History(scripted)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(history.run)
        await trio.sleep(1.5 * KEPT_EVERY_SECONDS)
        scripted.demo = replace(
            scripted.demo, statistics=replace(scripted.demo.statistics, calls=7), instances=()
        )
        await trio.sleep(2 * KEPT_EVERY_SECONDS)
        nursery.cancel_scope.cancel()
    kept = history.of("demo")
    before, during, after = kept.calls_per_second
    assert (before, after) == (0, 0)
    assert during is not None
    assert during > 0
    assert kept.p99_ms[0] is None
    assert kept.rss_bytes[-1] is None


async def test_history_goes_on_after_a_sample(
    scripted: ScriptedHost, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names the time of the last sample that they have gets the later ones alone."""
    monkeypatch.setattr("hostweb_api.live._state_topics.time.time", trio.current_time)
    history = History(scripted)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(history.run)
        await trio.sleep(3.5 * KEPT_EVERY_SECONDS)
        nursery.cancel_scope.cancel()
    kept = history.of("demo")
    later = history.of("demo", after=kept.at[0])
    assert later.at == kept.at[1:]
    assert later.calls_per_second == kept.calls_per_second[1:]
    assert history.of("demo", after=kept.at[-1]).at == ()


async def test_history_before_the_first_sample(scripted: ScriptedHost) -> None:
    """Of a plugin that was not measured yet the lists are empty; one that is not there is an error."""
    history = History(scripted)
    assert history.of("demo").at == ()
    with pytest.raises(PluginNotFoundError):
        history.of("nobody")


async def test_history_route(client: httpx.AsyncClient, server: Server) -> None:
    """The route shows what is remembered, and answers 404 for a plugin that is not there."""
    answer = await client.get("/api/plugins/demo/metrics/history")
    assert answer.status_code == 200
    assert answer.json()["plugin"] == "demo"
    assert answer.json()["seconds"] == KEPT_EVERY_SECONDS
    assert (await client.get("/api/plugins/nobody/metrics/history")).status_code == 404
    later = await client.get("/api/plugins/demo/metrics/history", params={"after": 1e12})
    assert later.json()["at"] == []
    assert (await client.get("/api/plugins/demo/metrics/history?after=nan")).status_code == 422
