import trio

from hostcore.testing import OpenPlugin, check_plugin, open_plugin


async def check_the_greeting(plugin: OpenPlugin) -> None:
    """Call the plugin as a caller would."""
    answer = await plugin.call("Greeter.Greet", {"name": "Ada"}, timeout=5)
    assert answer == {"message": "Hello, Ada!"}


async def check_the_return(plugin: OpenPlugin) -> None:
    """Restart the plugin and see that it serves again."""
    await plugin.host.restart(plugin.id)
    assert plugin.snapshot().state == "ready"
    await check_the_greeting(plugin)


async def main() -> None:
    """Run both checks against one process."""
    async with open_plugin("greeter") as plugin:
        await check_the_greeting(plugin)
        await check_the_return(plugin)
    print("the greeter greets, also after a restart")


check_plugin("greeter")  # manifest, interface files, handshake, examples, stop
trio.run(main)
