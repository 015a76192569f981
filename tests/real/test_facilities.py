"""What extensions offer to other parts of the program, and what they do when all is over."""

import sys
from types import ModuleType

from real_support import ECHO

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.hooks import hookimpl
from hostcore.snapshots import PluginState


class Book:
    """Is something that others look for."""


class Notes(Book):
    """Is one kind of it."""


class Library:
    """Offers a book, and notes what it sees at the end."""

    def __init__(self):
        self.book = Notes()
        self.seen = []

    @hookimpl
    def hostcore_provide_facilities(self, host):
        self.seen.append([each.id for each in host.plugins()])
        return [self.book]

    @hookimpl
    async def hostcore_on_host_stopping(self, host):
        self.seen.append([each.state for each in host.plugins()])

    @hookimpl
    async def hostcore_on_host_stopped(self, host):
        self.seen.append([(each.state, each.pid) for each in host.plugins()])


async def test_others_find_what_an_extension_offers_until_the_end(monkeypatch, tmp_path):
    """It is found by its class or one above; the extension is told when plugins can still be called, and when none runs."""
    module = ModuleType("my_library")
    module.library = library = Library()
    monkeypatch.setitem(sys.modules, "my_library", module)
    extensions = ExtensionsConfig(load=("my_library:library",))
    async with open_host(HostConfig(data=tmp_path, plugins=(ECHO,), extensions=extensions)) as host:
        assert host.facility(Notes) is library.book
        assert host.facility(Book) is library.book
        assert host.facility(Library) is None
        assert library.seen == [[]]  # asked before the first plugin was found
    assert library.seen[1:] == [[PluginState.READY], [(PluginState.STOPPED, None)]]
