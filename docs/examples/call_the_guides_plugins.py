"""Calls the plugins of the two guides on writing plugins."""

import trio

from hostcore.errors import CallFailedError
from hostcore.testing import check_plugin, open_plugin


async def main() -> None:
    """Use each method once."""
    async with open_plugin("journal") as plugin:
        await plugin.call("Journal.Add", {"text": "It rains."})
        async with plugin.stream("Journal.AddMany", {}) as upload:
            await upload.send({"text": "It snows."})
            await upload.send({"text": "It rains again."})
            await upload.end()
            async for _ in upload:
                pass  # nothing comes back but the result
            print(upload.result)
        async with plugin.stream("Journal.Read", {"contains": "rains"}) as entries:
            async for entry in entries:
                print(entry["text"])
            print(entries.result)
        try:
            await plugin.call("Journal.Add", {"text": "x" * 1000})
        except CallFailedError as error:
            print(error.name, error.data)
    async with open_plugin("words") as plugin:
        print(await plugin.call("Words.Count", {"text": "one two three"}))


for folder in ("journal", "words"):
    check_plugin(folder)
trio.run(main)
