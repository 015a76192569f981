"""Knows a few notes: what the plugin `digest` requires."""

from polyhost_plugin import Plugin

plugin = Plugin("notes", version="1.2.0")


@plugin.method("Notes.List")
def list_notes() -> dict:
    """Return all notes."""
    return {"notes": ["water the plants", "call Ada"]}


plugin.run()
