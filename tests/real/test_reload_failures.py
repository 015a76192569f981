"""New versions that cannot, or may not, take over: the old one serves on, and the reason is told."""

import json

import pytest
import trio
from real_support import PATIENCE
from reload_support import (
    BLUE_GREEN,
    QUICK,
    RESTART,
    failed_reload,
    left_behind,
    opened,
    resources,
    under_load,
    wait_event,
    write_version,
)

from hostcore.errors import (
    ReloadError,
)
from hostcore.events import PluginReloaded
from hostcore.snapshots import PluginState

QUICK_HELLO = "[limits]\nstart_timeout = 0.7\n"
QUICK_PING = "[health]\ntimeout = 0.7\n"
FAILURES = {
    "crashes after its hello": ({"SHIFT_AT_START": "exit-after-hello"}, "exit status 7", "plugin-"),
    "stops after its hello": ({"SHIFT_AT_START": "stop-after-hello"}, "the deadline of ", "call-timed-out"),
    "says nothing": ({"SHIFT_AT_START": "hang"}, "no hello within 0.7 s", "handshake-failed"),
    "gives up": ({"SHIFT_AT_START": "give-up"}, "exit status 125", "handshake-failed"),
    "has another major version": ({"SHIFT_PROVIDES": "2.0"}, "promises 1.0", "plugin-incompatible"),
    "lacks an interface": ({"SHIFT_INTERFACE": "Other"}, "does not have Shift", "plugin-incompatible"),
}
MANIFESTS = {
    "cannot be built": ('build = ["sh", "-c", "echo no luck; exit 2"]\n', "no luck", "launch-failed"),
    "is not admitted": (
        '[verify]\n"plugin.toml" = "sha256:' + "0" * 64 + '"\n',
        "may not be started",
        "launch-failed",
    ),
    "requires what is not there": ('[requires.plugins]\nghost = "^1.0"\n', "ghost", "reload-failed"),
    "requires itself": ('[requires.plugins]\nshift = "^9.0"\n', "requires itself", "manifest-invalid"),
    "cannot be read": ("instances = 0\n", "instances", "manifest-invalid"),
}
# Who is to be given up for its slowness; the others have all the time that a busy machine needs.
SHORT = {"says nothing": QUICK_HELLO, "stops after its hello": QUICK_PING}


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *((BLUE_GREEN, name) for name in (*FAILURES, *MANIFESTS)),
        # The other manifests are looked at before the mode is.
        *((RESTART, name) for name in (*FAILURES, "cannot be built", "is not admitted")),
    ],
    ids=lambda value: value.partition('"')[2].rstrip('"\n') if "mode" in value else value,
)
async def test_what_cannot_take_over_leaves_the_old_version(tmp_path, name, mode):
    """A new version that fails, at whatever step, is named with its reason; the old one serves, with its callers."""
    folder = write_version(tmp_path / "shift", more=mode)
    behaviour, words, code = FAILURES.get(name) or ({}, *MANIFESTS[name][1:])
    more = MANIFESTS[name][0] if name in MANIFESTS else ""
    async with opened(folder, data=tmp_path / "data") as plugin, plugin.host.events() as events:
        before, old = resources(), plugin.snapshot()
        write_version(folder, "1.1.0", more + mode + QUICK + SHORT.get(name, ""), **behaviour)
        with trio.fail_after(PATIENCE):
            async with under_load(lambda: plugin.call("Shift.Say", {}), callers=2) as load:
                await load.wait_calls(2)
                with pytest.raises(ReloadError, match=words) as raised:
                    await plugin.host.reload("shift")
                await load.wait_calls(2)
        assert load.errors == []
        event = await failed_reload(events)
        assert event.reason.code.startswith(code)
        assert event.reason.text in str(raised.value) or words in event.reason.text
        assert raised.value.details["reason"] == event.reason.code
        assert (await plugin.call("Shift.Say", {}))["version"] == "1.0.0"
        now = plugin.snapshot()
        assert (now.version, now.state, now.restarts) == ("1.0.0", PluginState.READY, 0)
        stays = mode is BLUE_GREEN or name in MANIFESTS
        assert (now.pid == old.pid) is stays
        assert await left_behind(before) == {}
        write_version(folder, "1.2.0", mode)
        assert (await plugin.host.reload("shift")).version == "1.2.0"


async def test_nothing_can_make_it_another_plugin(tmp_path):
    """A manifest with another id is refused, also when the reload is forced."""
    folder = write_version(tmp_path / "shift")
    async with opened(folder, data=tmp_path / "data") as plugin:
        write_version(folder, "1.1.0", plugin_id="other")
        for force in (False, True):
            with pytest.raises(ReloadError, match="the id is other now, and was shift"):
                await plugin.host.reload("shift", force=force)
        assert (await plugin.call("Shift.Say", {}))["version"] == "1.0.0"
        assert [each.id for each in plugin.host.plugins()] == ["shift"]


# -- what others use


def write_interface(folder, *methods):
    (folder / "interfaces").mkdir(parents=True, exist_ok=True)
    anything = {"params": {"type": "object"}, "result": {"type": "object"}}
    text = json.dumps(
        {"interface": 1, "name": "Shift", "version": "1.0", "methods": dict.fromkeys(methods, anything)}
    )
    (folder / "interfaces" / "Shift.v1.json").write_text(text)


def write_dependent(folder, what):
    return write_version(folder, more=what, plugin_id="user", provides="", SHIFT_INTERFACE="User")


async def test_what_others_use_is_not_broken_unless_forced(tmp_path):
    """A method that a dependent may use is not taken away: it is named with the method; a forced reload does it."""
    folder = write_version(tmp_path / "shift")
    write_interface(folder, "Say", "Sleep")
    user = write_dependent(tmp_path / "user", '[requires.interfaces]\nShift = "^1.0"\n')
    async with opened(user, beside=[folder], data=tmp_path / "data") as using:
        host, old = using.host, using.host.plugin("shift").pid
        write_version(folder, "1.1.0")
        write_interface(folder, "Say")
        async with host.events() as events:
            with pytest.raises(ReloadError, match=r"breaks what user uses.*Sleep.*the old version serves on"):
                await host.reload("shift")
            assert (await failed_reload(events)).reason.code == "reload-failed"
            assert host.plugin("shift").pid == old
            user_pid = host.plugin("user").pid
            after = await host.reload("shift", force=True)
            reloaded = await wait_event(events, PluginReloaded)
        assert (after.version, reloaded.old_version, reloaded.version) == ("1.1.0", "1.0.0", "1.1.0")
        assert any("Sleep" in each for each in reloaded.findings)
        assert host.plugin("user").pid == user_pid


@pytest.mark.parametrize(
    "said", [{"SHIFT_INTERFACE": "Other"}, {"SHIFT_PROVIDES": "2.0"}], ids=["gone", "another major version"]
)
async def test_what_only_the_hello_says_is_looked_at_too(tmp_path, said):
    """Without a word in the manifest, a new version that says hello without what is used is refused unless forced."""
    folder = write_version(tmp_path / "shift", provides="")
    user = write_dependent(tmp_path / "user", '[requires.interfaces]\nShift = "^1.0"\n')
    async with opened(user, beside=[folder], data=tmp_path / "data") as using:
        host, old = using.host, using.host.plugin("shift").pid
        assert (await host.reload("shift")).pid != old
        write_version(folder, "1.1.0", provides="", **said)
        with pytest.raises(ReloadError, match="user"):
            await host.reload("shift")
        assert (await host.call("Shift.Say", {}))["version"] == "1.0.0"
        assert (await host.reload("shift", force=True)).version == "1.1.0"
