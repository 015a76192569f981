"""Greets people: the plugin of the README and of the guide on embedding."""

from polyhost_plugin import Plugin

plugin = Plugin("greeter", version="1.0.0")


@plugin.method("Greeter.Greet")
def greet(name: str) -> dict:
    """Return a greeting for `name`."""
    return {"message": f"Hello, {name}!"}


plugin.run()
