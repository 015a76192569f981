"""Adds for go-plugin-counter, which calls its host back."""

from polyhost_plugin import Plugin

plugin = Plugin("add-helper", version="1.0.0")


@plugin.method("AddHelper.Sum")
def add(a: int = 0, b: int = 0) -> dict:
    """Add two numbers; a message leaves out those that are zero."""
    return {"r": a + b}


plugin.run()
