"""Answers with what it was sent: the one plugin program that every host side of the benchmarks talks to."""

from polyhost_plugin import Plugin

plugin = Plugin("echo", version="1.0.0")


@plugin.method("Echo.Text")
def text(text: str) -> dict[str, str]:
    """Return the text."""
    return {"text": text}


@plugin.method("Echo.Blob")
def blob(data: bytes) -> dict[str, bytes]:
    """Return the bytes."""
    return {"data": data}


plugin.run()
