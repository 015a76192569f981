"""`lock`, `sign`, `keys`, and `load` of archives: what is written, what is said, and what a server makes of it."""

import json
import shutil
import subprocess
import tarfile

import pytest
from cli_support import copy_demo, end, start_server

from hostcore.cli._archives import archive_type
from hostcore.cli._errors import CliError
from hostcore.sources import remove_tree


@pytest.fixture
def place(tmp_path):
    """A folder with a configuration and two plugins."""
    copy_demo(tmp_path / "plugins" / "one")
    copy_demo(tmp_path / "plugins" / "two", interface="Other")
    (tmp_path / "polyhost.toml").write_text('plugins = ["plugins"]\n[verification]\nmode = "enforce"\n')
    return tmp_path


def packed(folder, archive):
    with tarfile.open(archive, "w:gz") as made:
        made.add(folder, folder.name)
    return archive


def test_lock_writes_what_the_plugins_have(polyhost, place):
    """All that the configuration names; a second time nothing is new, and the file is the same to the byte."""
    done = polyhost("lock", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "+ one 1.2.0 added, 3 files\n+ two 1.2.0 added, 3 files\n"
    text = (place / "polyhost.lock").read_text()
    files = json.loads(text)["plugins"]["one"]["files"]
    assert list(files) == ["interfaces/Demo.v1.json", "main.py", "plugin.toml"]
    assert (
        polyhost("lock", cwd=place).stdout
        == "✓ one 1.2.0 unchanged, 3 files\n✓ two 1.2.0 unchanged, 3 files\n"
    )
    assert (place / "polyhost.lock").read_text() == text
    assert polyhost("lock", "--check", cwd=place).returncode == 0


def test_lock_names_what_differs(polyhost, place):
    """--check writes nothing and exits with 1; a folder renews its own entry only; --prune drops the others."""
    polyhost("lock", cwd=place)
    before = (place / "polyhost.lock").read_text()
    (place / "plugins" / "one" / "main.py").write_text("evil")
    (place / "plugins" / "two" / "more.py").write_text("evil")
    checked = polyhost("lock", "--check", cwd=place)
    assert checked.returncode == 1
    assert "+ one 1.2.0 changed, 3 files\n    main.py has changed\n" in checked.stdout
    assert "    more.py was added\n" in checked.stdout
    assert (place / "polyhost.lock").read_text() == before
    assert polyhost("lock", "plugins/one", cwd=place).stdout.startswith("+ one 1.2.0 changed")
    told = json.loads(polyhost("lock", "--check", "--json", cwd=place).stdout)
    assert [(each["plugin"], each["change"], each["differences"]) for each in told["plugins"]] == [
        ("one", "unchanged", []),
        ("two", "changed", ["more.py was added"]),
    ]
    assert told["written"] is False
    pruned = polyhost("lock", "plugins/one", "--prune", cwd=place)
    assert pruned.stdout == "✓ one 1.2.0 unchanged, 3 files\n- two 1.2.0 removed, 0 files\n"
    assert list(json.loads((place / "polyhost.lock").read_text())["plugins"]) == ["one"]


@pytest.mark.parametrize("options", [(), ("--check",), ("--prune",)])
def test_lock_of_nothing_is_an_error(polyhost, tmp_path, options):
    """Where nothing names a plugin, a check has looked at nothing and does not pass; nothing is written."""
    done = polyhost("lock", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (6, "")
    assert "there are no plugins to pin" in done.stderr
    assert not (tmp_path / "polyhost.lock").exists()


def test_lock_says_what_cannot_be_pinned(polyhost, place):
    """A link that leads out, a folder that is none, two folders of one plugin, a lock file that is broken."""
    (place / "plugins" / "one" / "link").symlink_to("/etc")
    done = polyhost("lock", cwd=place)
    assert (done.returncode, "link is a link that leads out of the folder" in done.stderr) == (6, True)
    (place / "plugins" / "one" / "link").unlink()
    assert "there is no such folder" in polyhost("lock", "nowhere", cwd=place).stderr
    shutil.copytree(place / "plugins" / "one", place / "twin")
    twins = polyhost("lock", "twin", "plugins/one", cwd=place)
    assert (twins.returncode, "two folders hold a plugin one" in twins.stderr) == (6, True)
    (place / "polyhost.lock").write_text("{}")
    broken = polyhost("lock", cwd=place)
    assert (broken.returncode, "the lock file is wrong" in broken.stderr) == (6, True)


def test_keys_are_made_trusted_listed_and_removed(polyhost, place):
    """A pair is written once and never over another one; the public half is trusted under a name."""
    made = polyhost("keys", "generate", "release", cwd=place)
    assert "without a password" in made.stdout
    assert (place / "release.key").stat().st_mode & 0o777 == 0o600
    secret = (place / "release.key").read_text()
    again = polyhost("keys", "generate", "release", cwd=place)
    assert (again.returncode, "never overwritten" in again.stderr) == (6, True)
    assert (place / "release.key").read_text() == secret
    (place / "half.pub").write_text("")
    assert polyhost("keys", "generate", "half", cwd=place).returncode == 6
    assert not (place / "half.key").exists()
    key = (place / "release.pub").read_text().split("\n")[0].split()[-1]
    assert polyhost("keys", "list", cwd=place).stdout == ""
    assert polyhost("keys", "trust", "release.pub", cwd=place).stdout == f"release ({key}) is trusted\n"
    assert "trusted already" in polyhost("keys", "trust", "release.pub", "--name", "b", cwd=place).stderr
    assert polyhost("keys", "list", cwd=place).stdout.split() == ["NAME", "KEY", "release", key]
    listed = json.loads(polyhost("keys", "list", "--json", cwd=place).stdout)
    assert listed == {"folder": str(place / "polyhost-keys"), "keys": [{"name": "release", "id": key}]}
    assert polyhost("keys", "remove", key, cwd=place).stdout == f"release ({key}) is trusted no more\n"
    assert "trusted are: none" in polyhost("keys", "remove", "release", cwd=place).stderr


def test_what_is_signed_can_be_checked_by_others(polyhost, place):
    """--show prints just what is signed; without a key, or with one that others may read, nothing is."""
    polyhost("keys", "generate", "release", cwd=place)
    signed = polyhost("sign", "plugins/one", "--key", "release.key", cwd=place)
    assert signed.stdout.startswith("plugins/one/plugin.minisig is signed with the key ")
    shown = polyhost("sign", "plugins/one", "--show", cwd=place).stdout
    assert shown.startswith("polyhost-folder-1\nf ")
    assert "plugin.minisig" not in shown
    if shutil.which("minisign"):
        (place / "list").write_text(shown)
        subprocess.run(
            ["minisign", "-Vm", "list", "-x", "plugins/one/plugin.minisig", "-p", "release.pub"],
            cwd=place,
            check=True,
            capture_output=True,
        )
    assert polyhost("sign", "plugins/one", cwd=place).returncode == 2
    (place / "release.key").chmod(0o644)
    loose = polyhost("sign", "plugins/one", "--key", "release.key", cwd=place)
    assert (loose.returncode, "others may read" in loose.stderr) == (6, True)


def test_a_server_runs_what_is_pinned_or_signed(polyhost, place):
    """From lock and sign to `info`: one is pinned, two is signed, and a change of either is refused with its file."""
    polyhost("lock", "plugins/one", cwd=place)
    polyhost("keys", "generate", "release", cwd=place)
    polyhost("keys", "trust", "release.pub", cwd=place)
    polyhost("sign", "plugins/two", "--key", "release.key", cwd=place)
    serving = start_server(place / "data", cwd=place)
    try:
        assert "verified: the lock file pins these files" in serving.run("info", "one").stdout
        assert "has signed these files" in serving.run("info", "two").stdout
        (place / "plugins" / "one" / "main.py").write_text("evil")
        refused = serving.run("restart", "one")
        assert (refused.returncode, "main.py has changed" in refused.stderr) == (1, True)
        assert "changed: the files are not those" in serving.run("info", "one").stdout
        events = serving.run("events").stdout
        assert "plugin-unverified" in events
        assert "it was not started" in events
    finally:
        end(serving)
        remove_tree(place / "data" / "sources")


def test_archives_are_inspected_and_loaded(server, tmp_path):
    """By what they hold, not by their names; a signature beside goes along, and what is refused is told."""
    archive = packed(copy_demo(tmp_path / "third"), tmp_path / "third.archive")
    found = server.run("load", archive, "--inspect")
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("third 1.2.0\n")
    for expected in ("runs        python3 main.py", "provides    Demo 1.0", "may start   yes"):
        assert expected in found.stdout
    assert json.loads(server.run("load", archive, "--inspect", "--json").stdout)["files"] == 3
    loaded = server.run("load", archive)
    assert loaded.stdout.startswith("third 1.2.0 is ● ready"), loaded.stderr
    assert server.run("load", archive).returncode == 9
    assert server.run("unload", "third").returncode == 0
    (tmp_path / "third.archive.minisig").write_text("no signature")
    wrong = server.run("load", archive)
    assert (wrong.returncode, "no signature of minisign" in wrong.stderr) == (6, True)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\3\4 nothing")
    refused = server.run("load", bad)
    assert (refused.returncode, "it has no end" in refused.stderr) == (6, True)


def test_a_folder_is_inspected(server, tmp_path):
    """A folder is shown without being loaded, as an archive is; one that is no plugin's is refused."""
    found = server.run("load", copy_demo(tmp_path / "fourth"), "--inspect")
    assert found.returncode == 0, found.stderr
    for expected in ("fourth 1.2.0\n", "runs        python3 main.py", f"folder      {tmp_path / 'fourth'}"):
        assert expected in found.stdout
    assert "None" not in found.stdout
    assert "fourth" not in server.run("list").stdout
    assert json.loads(server.run("load", tmp_path / "fourth", "--inspect", "--json").stdout)["bytes"] is None
    refused = server.run("load", tmp_path, "--inspect")
    assert (refused.returncode, "no plugin manifest" in refused.stderr) == (6, True)


def test_an_archive_takes_the_place_of_a_version(server, tmp_path):
    """What is in it is shown first, then it is there; as JSON only the plugin is written. A folder can do so, too."""
    folder = copy_demo(tmp_path / "fourth")
    assert server.run("load", packed(folder, tmp_path / "1.archive")).returncode == 0
    for file in (folder / "plugin.toml", folder / "main.py"):
        file.write_text(file.read_text().replace('"1.2.0"', '"1.3.0"'))
    archive = packed(folder, tmp_path / "2.archive")
    assert server.run("load", archive).returncode == 9
    taken = server.run("load", archive, "--replace")
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.startswith("fourth 1.3.0\n")
    assert "loaded      1.2.0" in taken.stdout
    assert taken.stdout.splitlines()[-1].startswith("fourth 1.3.0 is ● ready")
    taken = server.run("load", folder, "--replace", "--force", "--json")
    assert json.loads(taken.stdout)["folder"] == str(folder)
    assert server.run("load", folder, "--force").returncode == 2
    assert server.run("unload", "fourth").returncode == 0


def test_what_load_cannot_take_is_told(server, tmp_path):
    """An address that is not allowed, a file that is nothing, options that do not belong together."""
    refused = server.run("load", "https://example.com/plugin.zip", "--sha256", "0" * 64)
    assert (refused.returncode, "may not be fetched" in refused.stderr) == (6, True)
    (tmp_path / "file").write_text("text")
    nothing = server.run("load", tmp_path / "file")
    assert (nothing.returncode, "neither a plugin's folder nor an archive" in nothing.stderr) == (6, True)
    assert server.run("load", tmp_path, "--sha256", "0").returncode == 2


def test_what_an_archive_is_stands_in_its_first_bytes(tmp_path):
    """The media type follows from them; a folder and a manifest are none."""
    for mode, kind in (("w", "application/x-tar"), ("w:gz", "application/gzip")):
        with tarfile.open(tmp_path / "a", mode) as made:
            made.addfile(tarfile.TarInfo("x"))
        assert archive_type(tmp_path / "a") == kind
    (tmp_path / "z").write_bytes(b"PK\5\6")
    assert archive_type(tmp_path / "z") == "application/zip"
    assert archive_type(tmp_path) is None
    assert archive_type(tmp_path / "plugin.toml") is None
    (tmp_path / "plugin.toml").write_text("")
    assert archive_type(tmp_path / "plugin.toml") is None
    (tmp_path / "t").write_text("text")
    with pytest.raises(CliError):
        archive_type(tmp_path / "t")
