"""What the tests of reloads and of health share: plugins in several versions, callers, and what may leak."""

import gc
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import trio
from real_support import PATIENCE, PROGRAMS, write_plugin

from hostcore import HostConfig
from hostcore.config import ExtensionsConfig
from hostcore.errors import HostError
from hostcore.events import PluginReloadFailed
from hostcore.testing import open_plugin

BY_HAND = HostConfig(
    extensions=ExtensionsConfig(disable=("hot_reload",))
)  # else what a test writes is reloaded by itself
BLUE_GREEN = '[reload]\nmode = "blue-green"\n'
RESTART = '[reload]\nmode = "restart"\n'
QUICK = "[shutdown]\ngrace = 0.1\nterm_grace = 0.1\n"
SHIFT = PROGRAMS / "shift" / "main.py"
TALLY = PROGRAMS / "tally" / "main.py"


def write_version(
    folder,
    version="1.0.0",
    more="",
    *,
    plugin_id="shift",
    program=SHIFT,
    provides='Shift = "1.0"',
    **environment,
):
    """Write a version of a plugin into its folder; the environment says how it behaves."""
    values = {"SHIFT_VERSION": version, **environment}
    lines = "\n".join(f"{name} = '{value}'" for name, value in values.items())
    return write_plugin(
        folder,
        f'id = "{plugin_id}"\nversion = "{version}"\ncommand = ["python3", "{program}"]\n{more}\n'
        f"[provides]\n{provides}\n[env.set]\n{lines}\n",
    )


def opened(folder, **more):
    """Open a host with a plugin that is reloaded only when the test says so."""
    return open_plugin(folder, host=BY_HAND, **more)


async def wait_until(condition):
    """Wait until a condition holds that nobody tells of."""
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - as its docstring says
            await trio.sleep(0.01)


async def in_flight(plugin, count):
    """Wait until its first instance works on so many calls."""
    await wait_until(lambda: plugin.snapshot().instances[0].in_flight == count)


class Load:
    """Calls again and again, from several tasks, and keeps what went wrong.

    Attributes:
        calls: calls that have an outcome.
        errors: those that are none that the caller could want.
    """

    def __init__(self, call):
        self.calls = 0
        self.errors = []
        self._call = call
        self._is_over = False

    async def go_on(self):
        while not self._is_over:
            try:
                await self._call()
            except HostError as error:
                self.errors.append(error)
                await trio.sleep(0.05)
            self.calls += 1

    async def wait_calls(self, more):
        """Wait until so many more calls have an outcome."""
        until = self.calls + more
        await wait_until(lambda: self.calls >= until)

    def end(self):
        self._is_over = True


@asynccontextmanager
async def under_load(call, *, callers):
    """Have callers call while the body runs, and wait for their last calls."""
    load = Load(call)
    async with trio.open_nursery() as nursery:
        for _ in range(callers):
            nursery.start_soon(load.go_on)
        yield load
        load.end()


def is_database(descriptor):
    """Say whether it is a file of SQLite's, which opens them when it first has to write: it is no plugin's."""
    try:
        return ".sqlite3" in str(descriptor.readlink())
    except FileNotFoundError:  # it was open while the folder was listed
        return True


def resources():
    """Count what a reload could leave behind."""
    gc.collect()
    return {
        "processes": len(psutil.Process().children(recursive=True)),
        "descriptors": len([each for each in Path("/proc/self/fd").iterdir() if not is_database(each)]),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
    }


async def left_behind(before):
    """Wait until there is no more of anything than before, and return what there still is more of, usually `{}`.

    Fewer is no leak: a thread may just have had a file open when `before` was counted.
    """

    def more():
        return {kind: count - before[kind] for kind, count in resources().items() if count > before[kind]}

    with suppress(trio.TooSlowError):
        await wait_until(lambda: not more())
    return more()


async def wait_event(events, kind, *, matching=lambda _: True):
    """Return the next event of a kind."""
    with trio.fail_after(PATIENCE):
        while True:
            event = (await anext(events)).event
            if isinstance(event, kind) and matching(event):
                return event


async def failed_reload(events):
    """Return the next event about a reload that has failed."""
    return await wait_event(events, PluginReloadFailed)
