"""Keeps a journal: one line for each entry, in a file of the plugin's own."""

import logging
from pathlib import Path

from polyhost_plugin import INVALID_ARGUMENT, Call, Plugin, PluginError

plugin = Plugin("journal", version="1.0.0")
log = logging.getLogger("journal")


class Journal:
    """Serves the interface: each public method is one, `add_many` is `AddMany`."""

    _file: Path
    _longest = 0

    def add(self, text: str) -> dict:
        """Add one entry."""
        if "\n" in text or len(text) > self._longest:
            raise PluginError(
                "BadEntry",
                f"an entry is one line of at most {self._longest} characters",
                code=INVALID_ARGUMENT,
                data={"longest": self._longest},
            )
        with self._file.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        log.info("an entry of %d characters", len(text))
        return {}

    def add_many(self, call: Call) -> dict:
        """Add each entry that the caller streams in."""
        count = 0
        for item in call.items:
            self.add(item["text"])
            count += 1
            call.progress(count)
        return {"count": count}

    def read(self, contains: str = ""):  # noqa: ANN201 - a generator: what it yields is streamed
        """Stream the entries that contain a text; what is returned ends the stream."""
        count = 0
        with self._file.open(encoding="utf-8") as file:
            for line in file:
                if contains in line:
                    count += 1
                    yield {"text": line.rstrip("\n")}
        return {"count": count}


journal = Journal()
plugin.provide("Journal", "1.0", journal)


@plugin.on_start
def start(config: dict, data_dir: str) -> None:
    """Open the file, once the host has said where and how."""
    journal._file = Path(data_dir) / "journal.txt"  # noqa: SLF001 - private to keep it off the wire
    journal._file.touch()  # noqa: SLF001 - the same
    journal._longest = config["longest"]  # noqa: SLF001 - the same


plugin.run()
