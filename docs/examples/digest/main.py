"""Sums up what other plugins know: it calls them through the host."""

from polyhost_plugin import Plugin

plugin = Plugin("digest", version="0.3.0")


@plugin.method("Digest.Today")
def today() -> dict:
    """Return all notes in one line."""
    notes = plugin.host.call("Notes.List", {}, timeout=5)["notes"]
    return {"text": f"{len(notes)} notes: {', '.join(notes)}"}


plugin.run()
