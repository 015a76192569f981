"""Is told of what happens: once in a plain function, once in one that may wait."""

from hostcore.events import PluginStateChanged
from hostcore.hooks import HostControl, hookimpl
from hostcore.snapshots import Reason


class News:
    """Tells of plugins that become ready, and sums up at the end."""

    def __init__(self) -> None:
        self._ready: list[str] = []

    @hookimpl
    def hostcore_on_plugin_state_changed(self, event: PluginStateChanged) -> None:
        """Note a plugin; the host and its calls stand still meanwhile, so this must be quick."""
        if event.new == "ready":
            self._ready.append(event.plugin)

    @hookimpl
    async def hostcore_on_host_stopping(self, host: HostControl, reason: Reason) -> None:
        """Call a plugin a last time: it is stopped later, and this function may wait."""
        answer = await host.call("Notes.List", timeout=2)
        print(f"{reason.text}; {len(answer['notes'])} notes are left")
        print("ready in this run:", *self._ready)
