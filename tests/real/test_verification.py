"""Only files that somebody has vouched for run: real plugins, changed between and during their starts."""

import threading

import psutil
import pytest
from fleet_support import wait_state
from real_support import write_plugin

from hostcore.config import HostConfig, VerificationConfig, VerificationMode, VerificationProof, load_config
from hostcore.errors import LaunchError, ReloadError
from hostcore.events import PluginUnverified
from hostcore.hooks import CheckedSources, hookimpl
from hostcore.host import open_host
from hostcore.manifest import load_manifest
from hostcore.snapshots import PluginState, Verification, VerificationOutcome
from hostcore.sources import (
    MOST_COPIES,
    SIGNATURE_NAME,
    KeyFolder,
    Lock,
    LockEntry,
    SecretKey,
    coverage_of,
    read_folder,
    remove_tree,
    sign_contents,
)

OFF = Verification(mode="off", outcome=VerificationOutcome.OFF, detail="")
MANIFEST = 'id = "teller"\nversion = "1.0.0"\nruntime = "python"\nentry = "main.py"\n'
PROGRAM = """
from polyhost_plugin import Plugin

plugin = Plugin("teller", version="1.0.0")

@plugin.method("Teller.Tell")
def tell() -> dict:
    import helper
    return {"said": helper.WORD}

plugin.run()
"""


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    yield folder
    remove_tree(folder)  # copies are protected from pytest, too


@pytest.fixture
def folder(tmp_path):
    """A plugin that imports a part of itself at its first call only."""
    made = write_plugin(tmp_path / "teller", MANIFEST + '[provides]\nTeller = "1.0"\n', program=PROGRAM)
    (made / "helper.py").write_text('WORD = "good"\n')
    return made


def config_of(data, folder, mode, **more):
    return HostConfig(
        plugins=(folder,), data=data, verification=VerificationConfig(mode=VerificationMode(mode), **more)
    )


def contents_of(folder):
    manifest = load_manifest(folder)
    return manifest, read_folder(folder, coverage_of(manifest))


def pin(config, folder):
    manifest, contents = contents_of(folder)
    config.data.mkdir(exist_ok=True)
    lock = Lock.read(config.lock_file)
    lock.put(manifest.id, LockEntry.of(manifest.version, contents)).write(config.lock_file)


def sign(key, folder):
    manifest, contents = contents_of(folder)
    (folder / SIGNATURE_NAME).write_bytes(sign_contents(key, manifest, contents))


def working_folder(host, plugin="teller"):
    return psutil.Process(host.plugin(plugin).pid).cwd()


async def said(host):
    return (await host.call("Teller.Tell"))["said"]


async def test_without_a_mode_nothing_is_looked_at(data, folder):
    """The default is off: the plugin runs in its own folder, and the snapshot says so."""
    async with open_host(HostConfig(plugins=(folder,), data=data)) as host:
        plugin = host.plugin("teller")
        assert plugin.verification.outcome is VerificationOutcome.OFF
        assert str(folder) == working_folder(host)


async def test_warn_starts_and_says_what_is_missing(data, folder):
    """An event and the snapshot name what is missing; the plugin serves all the same, from its own folder."""
    async with open_host(config_of(data, folder, "warn")) as host, host.events(after=0) as events:
        async for recorded in events:
            if isinstance(recorded.event, PluginUnverified):
                break
        assert (recorded.event.plugin, recorded.event.refused) == ("teller", False)
        verification = host.plugin("teller").verification
        assert recorded.event.verification == verification
        assert (verification.mode, verification.outcome) == ("warn", VerificationOutcome.UNLOCKED)
        assert await said(host) == "good"
        assert str(folder) == working_folder(host)


async def test_enforce_refuses_what_nobody_has_vouched_for(data, folder):
    """The plugin is failed with a reason that says what to do, no process was there, and an event tells of it."""
    async with open_host(config_of(data, folder, "enforce")) as host:
        plugin = host.plugin("teller")
        assert (plugin.state, plugin.reason.code) == (PluginState.FAILED, "not-admitted")
        assert "the lock file has no entry for teller" in plugin.reason.text
        assert "`polyhost lock`" in plugin.reason.text
        assert plugin.last_exit is None


async def test_a_file_that_changes_between_two_starts_is_named(data, folder):
    """What runs is a copy; the next start compares again, names the file, and pinning it anew makes it run."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    async with open_host(config) as host:
        plugin = host.plugin("teller")
        assert (plugin.state, plugin.verification.outcome) == (
            PluginState.READY,
            VerificationOutcome.VERIFIED,
        )
        assert working_folder(host).startswith(str(data / "sources" / "teller"))
        (folder / "helper.py").write_text('WORD = "evil"\n')
        assert await said(host) == "good"  # imported only now, from what was verified
        with pytest.raises(LaunchError, match=r"helper\.py has changed"):
            await host.restart("teller")
        plugin = host.plugin("teller")
        assert (plugin.state, plugin.verification.outcome) == (
            PluginState.FAILED,
            VerificationOutcome.CHANGED,
        )
        pin(config, folder)
        await host.restart("teller")
        assert await said(host) == "evil"


async def test_a_crash_is_followed_by_a_look(data, folder):
    """A restart that nobody asked for looks at the files, too."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    async with open_host(config) as host:
        (folder / "more.py").write_text("")
        psutil.Process(host.plugin("teller").pid).kill()
        plugin = await wait_state(host, "teller", "failed")
        assert "more.py was added" in plugin.reason.text


async def test_a_reload_keeps_the_old_one_when_the_new_one_is_not_verified(data, folder):
    """Unpinned changes do not take over and the old process serves on; once pinned, they do."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    async with open_host(config) as host:
        before = host.plugin("teller").pid
        (folder / "plugin.toml").write_text((folder / "plugin.toml").read_text().replace("1.0.0", "1.1.0"))
        (folder / "helper.py").write_text('WORD = "new"\n')
        with pytest.raises(ReloadError, match=r"helper\.py has changed, plugin\.toml has changed"):
            await host.reload("teller")
        assert (host.plugin("teller").pid, await said(host)) == (before, "good")
        pin(config, folder)
        await host.reload("teller")
        assert (host.plugin("teller").version, await said(host)) == ("1.1.0", "new")


async def test_a_manifest_that_was_exchanged_while_it_was_read_is_refused(data, folder):
    """The command that the host has in mind must be that of the file that was verified."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    good = (folder / "plugin.toml").read_text()
    (folder / "plugin.toml").write_text('description = "evil"\n' + good)
    async with open_host(config) as host:
        assert host.plugin("teller").state is PluginState.FAILED
        (folder / "plugin.toml").write_text(good)
        with pytest.raises(LaunchError, match=r"plugin\.toml is not the file that the host has read"):
            await host.start("teller")


async def test_interface_files_that_were_exchanged_are_refused(data, folder):
    """What calls are checked against must be what was verified as well."""
    config = config_of(data, folder, "enforce")
    (folder / "interfaces").mkdir()
    file = folder / "interfaces" / "Teller.v1.json"
    method = '{"params": {"type": "object"}, "result": {"type": "object"}}'
    good = f'{{"interface": 1, "name": "Teller", "version": "1.0", "methods": {{"Tell": {method}}}}}'
    file.write_text(good)
    pin(config, folder)
    async with open_host(config) as host:
        assert await said(host) == "good"
    file.write_text(good.replace('"methods"', '"description": "evil", "methods"'))
    async with open_host(config) as host:
        file.write_text(good)
        with pytest.raises(LaunchError, match="interface files are not those that the host has read"):
            await host.start("teller")
        await host.reload("teller")
        await host.start("teller")
        assert await said(host) == "good"


async def test_somebody_who_exchanges_files_all_the_time_wins_nothing(data, folder):
    """Against a writer without pause each start is refused, or runs just what was pinned."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    good, evil = folder / "helper.py", folder / ".evil"
    text = good.read_text()
    enough = threading.Event()

    def exchange():
        while not enough.is_set():
            for word in (text, 'WORD = "evil"\n'):
                evil.write_text(word)
                evil.replace(good)

    writer = threading.Thread(target=exchange)
    writer.start()
    try:
        async with open_host(config) as host:
            outcomes = set()
            for _ in range(12):
                try:
                    await host.restart("teller")
                except LaunchError:
                    outcomes.add("refused")
                else:
                    outcomes.add(await said(host))
            assert outcomes <= {"refused", "good"}
    finally:
        enough.set()
        writer.join()


@pytest.mark.parametrize("proof", ["any", "signature"])
async def test_a_signature_by_a_trusted_key_is_enough(data, folder, proof):
    """No lock file is needed then; the signer is shown. A stranger's, and one of other files, are refused."""
    config = config_of(data, folder, "enforce", require=VerificationProof(proof))
    key, stranger = SecretKey.generate(), SecretKey.generate()
    trusted = KeyFolder(config.keys_folder).trust(key.public, "release")
    sign(key, folder)
    async with open_host(config) as host:
        assert str(trusted) == host.plugin("teller").verification.signer
        assert await said(host) == "good"
        (folder / "helper.py").write_text('WORD = "evil"\n')
        with pytest.raises(LaunchError, match="is not one of these files"):
            await host.restart("teller")
        sign(stranger, folder)
        with pytest.raises(LaunchError, match=f"the key {stranger.id}, which is not trusted"):
            await host.restart("teller")
        assert host.plugin("teller").verification.outcome is VerificationOutcome.UNTRUSTED
        KeyFolder(config.keys_folder).remove("release")
        sign(key, folder)
        with pytest.raises(LaunchError, match="not trusted"):
            await host.restart("teller")


async def test_a_link_that_leads_out_is_refused(data, folder, tmp_path):
    """A pinned link could lead anywhere a moment later."""
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    (folder / "helper.py").rename(tmp_path / "helper.py")
    (folder / "helper.py").symlink_to(tmp_path / "helper.py")
    async with open_host(config) as host:
        plugin = host.plugin("teller")
        assert plugin.state is PluginState.FAILED
        assert "helper.py is a link that leads out of the folder" in plugin.reason.text
        assert plugin.verification.outcome is VerificationOutcome.REFUSED


async def test_what_a_build_makes_is_made_from_verified_sources(data, tmp_path):
    """The program that lies in the folder is not run: it is built anew in the copy, once, and held to its hash."""
    folder = write_plugin(
        tmp_path / "built",
        'id = "built"\nversion = "1.0.0"\ncommand = ["./program"]\n'
        'build = ["sh", "-c", "cp source program && chmod +x program && echo built >> log"]\n'
        'build_outputs = ["program", "log"]\n',
    )
    source = "#!/usr/bin/env python3\n" + PROGRAM.replace("import helper", "").replace(
        "helper.WORD", '"built"'
    )
    source = source.replace('"teller"', '"built"')
    (folder / "source").write_text(source)
    (folder / "program").write_text("#!/bin/sh\nexit 125\n")
    (folder / "program").chmod(0o755)
    config = config_of(data, folder, "enforce")
    pin(config, folder)
    for _ in range(2):
        async with open_host(config) as host:
            assert await said(host) == "built"
            copy = data / "sources" / "built"
            (made,) = (each for each in copy.iterdir() if each.is_dir())
            assert (made / "log").read_text() == "built\n"
    (made / "program").chmod(0o755)
    (made / "program").write_text("#!/bin/sh\nexit 125\n")
    async with open_host(config) as host:
        assert await said(host) == "built"
    assert not (folder / "log").exists()


async def test_old_copies_go_when_nothing_runs_from_them(data, folder):
    """Version after version is pinned and started; a few copies are kept."""
    config = config_of(data, folder, "enforce")
    for number in range(5):
        (folder / "helper.py").write_text(f'WORD = "{number}"\n')
        pin(config, folder)
        async with open_host(config) as host:
            assert await said(host) == str(number)
    assert len([each for each in (data / "sources" / "teller").iterdir() if each.is_dir()]) == 4


async def test_old_copies_go_while_the_plugin_runs(data, folder):
    """What runs keeps its copy, whatever else is started or fails to; the ones before go."""
    config = config_of(data, folder, "enforce")
    copies = data / "sources" / "teller"
    pin(config, folder)
    async with open_host(config) as host:
        for number in range(4):  # none of them starts
            (folder / "main.py").write_text(f"raise SystemExit({number})\n")
            pin(config, folder)
            with pytest.raises(ReloadError):
                await host.reload("teller")
        assert await said(host) == "good"  # it imports a part of itself only now
        (folder / "main.py").write_text(PROGRAM)
        for number in range(6):
            (folder / "helper.py").write_text(f'WORD = "{number}"\n')
            pin(config, folder)
            await host.reload("teller")
            assert await said(host) == str(number)
        kept = [each for each in copies.iterdir() if each.is_dir()]
        assert (
            MOST_COPIES <= len(kept) <= MOST_COPIES + 2
        )  # the one of the latest reload's start, and of an old process
        assert "5" in {(each / "helper.py").read_text().split('"')[1] for each in kept}


async def test_the_policy_cannot_be_left_out_by_accident(data, folder):
    """With the mode enforce and nobody who looks, nothing is started."""
    config = config_of(data, folder, "enforce")
    disabled = HostConfig(
        plugins=config.plugins,
        data=data,
        verification=config.verification,
        extensions=type(config.extensions)(disable=("source_verification",)),
    )
    async with open_host(disabled) as host:
        assert "do not disable source_verification" in host.plugin("teller").reason.text


class Broken:
    """Is an extension whose guard fails in the way that its name says."""

    def __init__(self, how):
        self.how = how

    @hookimpl
    def hostcore_decide_source_guard(self, manifest, config):
        return self

    async def check(self, manifest):
        if self.how == "check":
            raise RuntimeError("it does not work")
        if self.how == "answer":
            return None
        return CheckedSources(verification=OFF)

    async def built(self, manifest, sources):
        raise OSError("no room")


async def test_a_guard_that_fails_is_not_passed_over(data, folder, monkeypatch):
    """Whatever it raises, the plugin is not started, and the failure is told as that of an extension."""
    for how, message in (
        ("check", "could not be looked at"),
        ("answer", "could not be looked at"),
        ("built", "could not be kept"),
    ):
        monkeypatch.setattr("test_verification.BROKEN", Broken(how))
        config = HostConfig(
            plugins=(folder,),
            data=data,
            extensions=type(HostConfig().extensions)(load=("test_verification:BROKEN",)),
        )
        async with open_host(config) as host:
            plugin = host.plugin("teller")
            assert (plugin.state, plugin.reason.code) == (PluginState.FAILED, "not-admitted")
            assert message in plugin.reason.text


BROKEN = None


async def test_a_new_mode_takes_effect_when_the_configuration_is_read_again(data, folder, tmp_path):
    """Who runs unverified serves on; it is named as one that could not be reloaded, and does not start again."""
    file = tmp_path / "polyhost.toml"
    file.write_text(f'plugins = ["{folder}"]\ndata = "{data}"\n')
    async with open_host(load_config(file), reread=lambda: load_config(file)) as host:
        before = host.plugin("teller").pid
        file.write_text(file.read_text() + '[verification]\nmode = "enforce"\n')
        change = await host.reload_config()
        assert "no entry for teller" in change.failed["teller"]
        assert change.pending == ()
        assert before == host.plugin("teller").pid
        with pytest.raises(LaunchError):
            await host.restart("teller")
