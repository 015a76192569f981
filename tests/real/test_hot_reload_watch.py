"""Hot reload over real folders, with the kernel's notifications and the real clock; the host is a stand-in."""

import os
import re
import shutil
import threading
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio
from real_support import PATIENCE
from reload_support import wait_until

from hostcore.errors import ExtensionError, PluginNotFoundError, ReloadError
from hostcore.events import EventsMissed, PluginDiscovered, PluginReloaded, PluginUnloaded, Recorded
from hostcore.manifest import Manifest, ReloadSpec
from hostcore.policies import HotReload
from hostcore.policies import _hot_reload as module

A_WHILE = 0.8  # seconds without a reload that would have come after 0.4


class Host:
    """Has plugins as the test puts them there, tells of them, and notes what is to be reloaded."""

    def __init__(self):
        self.there = {}
        self.reloaded = []
        self.during_reload = None
        self.error = None
        self.gone = set()
        self._reload_came = trio.lowlevel.ParkingLot()
        self._send, self._receive = trio.open_memory_channel(100)

    def plugins(self):
        return tuple(SimpleNamespace(id=each) for each in self.there)

    def manifest(self, plugin_id):
        if plugin_id not in self.there:
            raise PluginNotFoundError(f"there is no plugin {plugin_id}")
        return self.there[plugin_id]

    @asynccontextmanager
    async def events(self):
        yield self._receive

    async def reload(self, plugin_id, *, force=False, trigger="command"):
        assert (force, trigger) == (False, "changed files")
        self.reloaded.append(plugin_id)
        self._reload_came.unpark_all()
        if self.during_reload is not None:
            during, self.during_reload = self.during_reload, None
            await during()
        if self.error is not None:
            raise self.error
        self.tell(PluginReloaded(plugin=plugin_id, old_version="1", version="1", trigger="test"))

    def tell(self, event):
        self._send.send_nowait(Recorded(run="r", sequence=1, at=0.0, event=event))

    def put(self, folder, *watch, plugin_id="p", quietly=False, **more):
        """Load a plugin, or give a loaded one another manifest."""
        folder.mkdir(exist_ok=True)
        self.gone.discard(folder)
        file = folder / "plugin.toml"
        if not file.exists():
            file.write_text("id")
        self.there[plugin_id] = Manifest(
            folder=folder, file=file, id=plugin_id, version="1.0.0", reload=ReloadSpec(watch=watch), **more
        )
        if not quietly:
            self.tell(PluginDiscovered(plugin=plugin_id, version="1.0.0", folder=str(folder)))

    def drop(self, plugin_id="p", *, quietly=False):
        self.gone.add(self.there.pop(plugin_id).folder)
        if not quietly:
            self.tell(PluginUnloaded(plugin=plugin_id))

    def miss_events(self):
        self._send.send_nowait(EventsMissed(first=1, last=2))

    async def wait_until(self, condition):
        """Wait until a reload makes the condition true."""
        with trio.fail_after(PATIENCE):
            while not condition():
                await self._reload_came.park()

    async def wait_reloads(self, *plugins):
        """Wait for exactly these reloads, and that no further one comes."""
        await self.wait_until(lambda: len(self.reloaded) >= len(plugins))
        await trio.sleep(A_WHILE)
        assert self.reloaded == list(plugins)
        self.reloaded.clear()


@pytest.fixture
def host():
    return Host()


@asynccontextmanager
async def watching(host, *, by_kernel=True):
    """Run the policy; gives its other task, which is run by who wants to see it fail."""
    run, report = HotReload().hostcore_provide_background_tasks(host)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        if by_kernel:
            await settled(host)
        else:
            await trio.sleep(A_WHILE)
        yield report
        nursery.cancel_scope.cancel()


def watched():
    """Return the inodes that the kernel watches for this process."""
    marks = []
    for file in Path("/proc/self/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # it was open while the folder was listed
            marks += re.findall(r"^inotify wd:\S+ ino:(\S+)", file.read_text(), re.MULTILINE)
    return {int(each, 16) for each in marks}


async def settled(host):
    """Wait until folders that have just come are watched, and those that have gone are not."""

    def is_settled():
        there = {each.folder.stat().st_ino for each in host.there.values()}
        gone = {folder.stat().st_ino for folder in host.gone if folder.exists()}
        return there <= watched() and not gone & watched()

    await wait_until(is_settled)


async def test_a_save_reloads_once(host, tmp_path):
    """However an editor writes, in place in pieces or by renaming, one save is one reload."""
    host.put(tmp_path / "p", "*.py")
    async with watching(host):
        for n in range(3):
            (tmp_path / "p" / "main.py").write_text(f"half of {n}")
            await trio.sleep(0.02)
        await host.wait_reloads("p")
        (tmp_path / "p" / ".main.py.swp").write_text("x")
        (tmp_path / "p" / "new.tmp").write_text("renamed")
        (tmp_path / "p" / "new.tmp").replace(tmp_path / "p" / "main.py")
        await host.wait_reloads("p")


async def test_what_changes_nothing_reloads_nothing(host, tmp_path):
    """A touch, a save of the same contents, a file that does not matter, a file that comes and goes."""
    folder = tmp_path / "p"
    host.put(folder, "*.py", "**/*.c", build=("make",), command=("./bin.py",))
    (folder / "main.py").write_text("1")
    async with watching(host):
        os.utime(folder / "main.py")
        (folder / "main.py").write_text("1")
        (folder / "data.db").write_text("rows")
        (folder / "bin.py").write_text("what the build makes")
        (folder / ".build").mkdir()
        (folder / ".build" / "x.c").write_text("x")
        (folder / "gone.py").write_text("x")
        (folder / "gone.py").unlink()
        await host.wait_reloads()


async def test_a_manifest_is_watched_without_being_asked(host, tmp_path):
    """A plugin without patterns is reloaded for its manifest, and for nothing else."""
    host.put(tmp_path / "p")
    async with watching(host):
        (tmp_path / "p" / "main.py").write_text("1")
        await host.wait_reloads()
        (tmp_path / "p" / "plugin.toml").write_text("another")
        await host.wait_reloads("p")


@pytest.mark.long
async def test_folders_that_come_are_watched(host, tmp_path):
    """A new folder counts when it holds what matters, and so does what happens in it afterwards."""
    folder = tmp_path / "p"
    host.put(folder, "src/**/*.go")
    async with watching(host):
        (folder / "src" / "deep").mkdir(parents=True)
        await host.wait_reloads()
        (folder / "src" / "deep" / "a.go").write_text("1")
        await host.wait_reloads("p")
        shutil.rmtree(folder / "src" / "deep")
        await host.wait_reloads("p")


async def test_plugins_come_and_go(host, tmp_path):
    """Each that is loaded is watched from then on, each that is unloaded no longer, those beside it all the while."""
    async with watching(host):
        for name in "ab":
            host.put(tmp_path / name, "*.py", plugin_id=name)
        await settled(host)
        (tmp_path / "a" / "main.py").write_text("1")
        (tmp_path / "b" / "main.py").write_text("1")
        await host.wait_until(lambda: len(host.reloaded) == 2)
        assert set(host.reloaded) == {"a", "b"}
        host.reloaded.clear()
        host.drop("a")
        await settled(host)
        (tmp_path / "a" / "main.py").write_text("2")
        (tmp_path / "b" / "main.py").write_text("2")
        await host.wait_reloads("b")


async def test_missed_events_are_made_up_for(host, tmp_path):
    """After a gap in the events the set of plugins is taken from the host."""
    host.put(tmp_path / "a", "*.py", plugin_id="a", quietly=True)
    async with watching(host):
        host.drop("a", quietly=True)
        host.put(tmp_path / "b", "*.py", plugin_id="b", quietly=True)
        host.miss_events()
        await settled(host)
        (tmp_path / "a" / "main.py").write_text("1")
        (tmp_path / "b" / "main.py").write_text("1")
        await host.wait_reloads("b")


async def test_a_reload_that_fails_is_tried_again_after_the_next_change(host, tmp_path):
    """The host's error ends nothing, and nothing is tried again as long as the files stay as they are."""
    host.put(tmp_path / "p", "*.py")
    async with watching(host):
        host.error = ReloadError("it does not start")
        (tmp_path / "p" / "main.py").write_text("broken")
        await host.wait_reloads("p")
        host.error = None
        (tmp_path / "p" / "main.py").write_text("mended")
        await host.wait_reloads("p")


async def test_what_is_saved_during_a_reload_is_reloaded_after_it(host, tmp_path):
    """One reload of a plugin at a time, and no change is lost."""
    host.put(tmp_path / "p", "*.py")

    async def save_again():
        (tmp_path / "p" / "main.py").write_text("2")
        await trio.sleep(A_WHILE)
        assert host.reloaded == ["p"]

    async with watching(host):
        host.during_reload = save_again
        (tmp_path / "p" / "main.py").write_text("1")
        await host.wait_reloads("p", "p")


async def test_a_slow_reload_holds_up_no_other_plugin(host, tmp_path):
    """Plugins are reloaded beside each other."""
    for name in ("slow", "quick"):
        host.put(tmp_path / name, "*.py", plugin_id=name)
    quick_too = trio.Event()

    async def be_slow():
        (tmp_path / "quick" / "main.py").write_text("1")
        await host.wait_until(lambda: "quick" in host.reloaded)
        quick_too.set()

    async with watching(host):
        host.during_reload = be_slow
        (tmp_path / "slow" / "main.py").write_text("1")
        with trio.fail_after(PATIENCE):
            await quick_too.wait()
        assert host.reloaded == ["slow", "quick"]


@pytest.mark.long
async def test_a_folder_that_is_replaced_is_watched_on(host, tmp_path):
    """A deployment that moves the folder away and another one to its place is one reload; later changes are seen."""
    folder, new = tmp_path / "p", tmp_path / "new"
    host.put(folder, "*.py")
    (folder / "main.py").write_text("1")
    async with watching(host):
        shutil.copytree(folder, new)
        (new / "main.py").write_text("2")
        folder.rename(tmp_path / "old")
        await trio.sleep(A_WHILE)  # long enough to look at what is not there
        new.rename(folder)
        await host.wait_reloads("p")
        (folder / "main.py").write_text("3")
        await host.wait_reloads("p")


@pytest.mark.long
async def test_a_new_manifest_brings_new_patterns(host, tmp_path):
    """After a reload the patterns of the new version count."""
    folder = tmp_path / "p"
    host.put(folder, "*.py")

    async def take_new_manifest():
        host.put(folder, "*.js", quietly=True)

    async with watching(host):
        host.during_reload = take_new_manifest
        (folder / "plugin.toml").write_text("new")
        await host.wait_reloads("p")
        (folder / "main.py").write_text("1")
        await host.wait_reloads()
        (folder / "main.js").write_text("1")
        await host.wait_reloads("p")


async def test_without_plugins_there_is_no_thread(host, tmp_path):
    """Nothing is watched before there is something to watch, nor after it has gone."""

    def threads():
        return {each for each in threading.enumerate() if "_next" in each.name}

    async with watching(host):
        assert not threads()
        host.put(tmp_path / "p")
        await wait_until(lambda: len(threads()) == 1)
        host.drop()
        await wait_until(lambda: not threads())


@pytest.mark.long
@pytest.mark.parametrize(
    "error", [OSError("OS file watch limit reached."), RuntimeError("Too many open files")]
)
async def test_where_nothing_can_be_watched_it_polls(host, tmp_path, monkeypatch, error):
    """When the kernel's watches are used up, the operator is told what to raise, and changes are found all the same."""

    def no_watch(*_paths, **_options):
        raise error
        yield

    monkeypatch.setattr(module, "watch", no_watch)
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.5)
    host.put(tmp_path / "p", "*.py")
    async with watching(host, by_kernel=False) as report:
        with trio.fail_after(PATIENCE), pytest.raises(ExtensionError, match=str(error)) as caught:
            await report()
        assert "fs.inotify.max_user_watches is " in caught.value.hint
        (tmp_path / "p" / "main.py").write_text("1")
        await host.wait_reloads("p")
        host.put(tmp_path / "q", "*.py", plugin_id="q")
        await trio.sleep(A_WHILE)
        (tmp_path / "q" / "main.py").write_text("1")
        await host.wait_reloads("q")
