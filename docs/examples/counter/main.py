"""Counts: a plugin that streams."""

from polyhost_plugin import Plugin

plugin = Plugin("counter", version="1.0.0")


@plugin.method("Counter.Count")
def count(to: int):  # noqa: ANN201 - a generator: what it yields is streamed, what it returns ends the call
    """Count from 1 up to `to`."""
    for number in range(1, to + 1):
        yield {"number": number}
    return {"counted": to}


plugin.run()
