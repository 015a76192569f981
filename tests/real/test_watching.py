"""What a program hears of a host from its very first moment."""

from __future__ import annotations

from pathlib import Path

from hostcore.config import HostConfig
from hostcore.host import open_host

DEMO = Path(__file__).parents[1] / "cli" / "demo"


async def test_a_watcher_hears_every_event_and_line(tmp_path: Path) -> None:
    """From the first event, before anybody could subscribe, to the last, after the host has closed; lines too."""
    events, lines = [], []
    config = HostConfig(data=tmp_path, plugins=(DEMO,))
    async with open_host(config, on_event=events.append, on_log=lines.append) as host:
        before = len(events)
        await host.call("Demo.Log", {"level": "warn", "message": "careful"})
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    kinds = [event.event.kind for event in events]
    assert kinds[0] == "plugin-discovered"
    assert "host-started" in kinds[:before]
    assert "host-stopping" in kinds[before:]
    assert events[-1].event.new == "stopped"
    assert "careful" in [line.message for line in lines]
