"""What the tests of fleets share: plugins that require each other, what they have noted, and waiting for them."""

import json
from contextlib import asynccontextmanager

import trio
from real_support import PATIENCE, PROGRAMS, write_plugin

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.snapshots import PluginState

LINK = PROGRAMS / "link" / "main.py"
QUIET = ExtensionsConfig(disable=("hot_reload",))  # what a test writes is not reloaded by itself
AGAIN = "[restart]\nbackoff = 0.05\njitter = 0\n"


def write_link(
    folder, *, provides="", interfaces=None, requires="", plugins="", more="", version="1.0.0", **environment
):
    """Write a plugin that may be any link of a graph, named like its folder.

    Args:
        folder: of the plugin.
        provides: names of interfaces, all in version 1.0, parted by spaces.
        interfaces: what its hello says instead, name to version; its manifest then says nothing.
        requires: lines of `[requires.interfaces]`.
        plugins: lines of `[requires.plugins]`.
        more: further tables.
        version: of the plugin.
        environment: how it behaves, without the `LINK_` in front.
    """
    promised = dict.fromkeys(provides.split(), "1.0")
    values = {
        "LINK_ID": folder.name,
        "LINK_INTERFACES": json.dumps(promised if interfaces is None else interfaces),
        "LINK_JOURNAL": str(folder.parent / "journal"),
        **{f"LINK_{name.upper()}": str(value) for name, value in environment.items()},
    }
    tables = {
        "provides": [f'{name} = "{each}"' for name, each in promised.items()],
        "requires.interfaces": requires.splitlines(),
        "requires.plugins": plugins.splitlines(),
        "env.set": [f"{name} = '{value}'" for name, value in values.items()],
    }
    text = "\n".join(f"[{name}]\n" + "\n".join(lines) for name, lines in tables.items() if lines)
    head = f'id = "{folder.name}"\nversion = "{version}"\ncommand = ["python3", "-I", "-S", "{LINK}"]\n'
    return write_plugin(folder, f"{head}{more}\n{text}\n")


def write_chain(folder, *, on_loss=None, more=AGAIN):
    """Write a, which requires b, which requires c."""
    for above, below in (("a", "b"), ("b", "c"), ("c", None)):
        loss = f', on_loss = "{on_loss}"' if on_loss else ""
        requires = "" if below is None else f'{below.upper()} = {{ range = "^1.0"{loss} }}'
        write_link(folder / above, provides=above.upper(), requires=requires, more=more)


def journal(folder):
    """Return what the plugins below a folder have noted, in order: (what, id, pid)."""
    file = folder / "journal"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(what, plugin, int(pid)) for what, plugin, pid in (line.split() for line in lines)]


def noted(folder, *what):
    """Return the ids of those that have noted any of this, in order."""
    return [plugin for each, plugin, _ in journal(folder) if each in what]


@asynccontextmanager
async def a_host(folder, *plugins, **more):
    """Open a host with the plugins in these folders, or with all below the given one."""
    facts = {"data": folder / "data", "extensions": QUIET, "plugins": plugins or (folder,), **more}
    options = {name: facts.pop(name) for name in ("desired", "reread") if name in facts}
    async with open_host(HostConfig(**facts), **options) as host:
        yield host


def states(host):
    """Return the state of each plugin."""
    return {each.id: each.state.value for each in host.plugins()}


def pids(host):
    """Return the pid of each plugin that has one."""
    return {each.id: each.pid for each in host.plugins() if each.pid is not None}


async def wait_for(host, condition):
    """Wait until a condition holds that events may tell of, and return what it gives."""
    with trio.fail_after(PATIENCE):
        async with host.events() as events:
            while not (found := condition()):
                with trio.move_on_after(0.2):  # what holds may have come without an event
                    await anext(events)
    return found


async def wait_state(host, plugin, state, *, other_than=None):
    """Wait until a plugin is in a state, with another pid than the given one, and return the picture."""

    def there():
        now = host.plugin(plugin)
        return now.state is PluginState(state) and (other_than is None or now.pid != other_than) and now

    return await wait_for(host, there)
