"""Counts visits in memory: what it knows survives a reload, though not a crash."""

import json

from polyhost_plugin import Plugin

plugin = Plugin("visits", version="1.0.0")
visits: dict = {}


@plugin.method("Visits.Come")
def come(who: str) -> dict:
    """Note a visit, and say how often this visitor has come."""
    visits[who] = visits.get(who, 0) + 1
    return {"times": visits[who]}


@plugin.on_save
def save() -> bytes:
    """Give what the next process is to know."""
    return json.dumps({"format": 1, "visits": visits}).encode()


@plugin.on_restore
def restore(state: bytes) -> None:
    """Take what the process before knew, unless it is of a version that this one cannot read."""
    saved = json.loads(state) if state else {}
    if saved.get("format") == 1:
        visits.update(saved["visits"])


plugin.run()
