"""What a folder holds: which files count, what changes the digest, and what no plugin may have."""

import hashlib
import os
import socket
import stat

import pytest

from hostcore.errors import SourceError
from hostcore.manifest import Manifest
from hostcore.sources import Coverage, coverage_of, differences, hash_of_file, in_short, read_folder
from hostcore.sources._coverage import EVERYTHING


def manifest_of(folder, **facts):
    return Manifest(folder=folder, file=folder / "plugin.toml", id="demo", version="1.0.0", **facts)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "plugin"
    (made / "lib").mkdir(parents=True)
    (made / "plugin.toml").write_text("id = 'demo'\n")
    (made / "lib" / "code.py").write_text("print('hello')\n")
    (made / "run").write_text("#!/bin/sh\n")
    (made / "run").chmod(0o755)
    (made / "link").symlink_to("lib/code.py")
    return made


def test_the_text_lists_each_file_with_its_kind_and_hash(folder):
    """Anybody can compute what is signed: a header, then a line a file, sorted by path."""
    contents = read_folder(folder, Coverage())
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("lib/code.py", "plugin.toml", "run")
    }
    target = hashlib.sha256(b"lib/code.py").hexdigest()
    expected = (
        "polyhost-folder-1\n"
        f"f {hashes['lib/code.py']} lib/code.py\n"
        f"l {target} link\n"
        f"f {hashes['plugin.toml']} plugin.toml\n"
        f"x {hashes['run']} run\n"
    )
    assert expected.encode() == contents.text
    assert contents.digest == "sha256:" + hashlib.sha256(expected.encode()).hexdigest()
    assert hash_of_file(contents, "run") == hashes["run"]
    assert hash_of_file(contents, "link") is None
    assert hash_of_file(contents, "nothing") is None


def test_times_owners_and_empty_folders_do_not_count(folder):
    """What a copy or a checkout does not keep does not change the digest, nor do modes beside the execute bit."""
    before = read_folder(folder, Coverage())
    os.utime(folder / "run", (1, 1))
    (folder / "run").chmod(0o700)
    (folder / "empty" / "inner").mkdir(parents=True)
    assert before == read_folder(folder, Coverage())


def test_every_difference_is_named(folder):
    """Changed, added, missing and another mode: each file is named with what it is."""
    before = read_folder(folder, Coverage())
    (folder / "lib" / "code.py").write_text("print('evil')\n")
    (folder / "run").chmod(0o644)
    (folder / "link").unlink()
    (folder / "new.py").write_text("")
    after = read_folder(folder, Coverage())
    said = differences(before.files, after.files)
    assert said == [
        "lib/code.py has changed",
        "link is missing",
        "new.py was added",
        "run has another mode",
    ]
    assert in_short(said) == "lib/code.py has changed, link is missing, new.py was added and 1 more"
    assert before.digest != after.digest


def test_what_runs_and_version_control_leave_does_not_count(folder):
    """Caches, `.git` and the signature itself are never covered, wherever the folders are."""
    before = read_folder(folder, Coverage())
    for name in ("__pycache__", ".git", "lib/__pycache__"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("x")
    (folder / "plugin.minisig").write_text("x")
    assert before == read_folder(folder, Coverage())
    (folder / "lib" / "plugin.minisig").write_text("x")
    assert before != read_folder(folder, Coverage())


@pytest.mark.parametrize(
    ("facts", "covered"),
    [
        ({"command": ("./run",)}, {".build/x", "node_modules/x", "target/x", "dist/x", "run"}),
        ({"command": ("./run",), "build": ("make",)}, {"dist/x"}),
        ({"command": ("run",), "build": ("make",)}, {"dist/x", "run"}),
        (
            {"command": ("./run",), "build": ("make",), "build_outputs": ("dist",)},
            {"node_modules/x", "target/x", "run"},
        ),
        (
            {
                "runtime": "node",
                "entry": "x.js",
                "build": ("npm", "ci"),
                "build_outputs": ("./node_modules/",),
            },
            {"dist/x", "target/x", "run"},
        ),
    ],
)
def test_what_a_build_makes_does_not_count(folder, facts, covered):
    """Without a build all is source; with one, what it makes is not: what the manifest names, or the usual places."""
    for name in (".build", "node_modules", "target", "dist"):
        (folder / name).mkdir()
        (folder / name / "x").write_text("x")
    found = read_folder(folder, coverage_of(manifest_of(folder, **facts)))
    assert covered == set(found.files) - {"plugin.toml", "lib/code.py", "link"}


def test_a_copy_holds_just_what_counts_and_cannot_be_written(folder, tmp_path):
    """The copy has the bytes that were hashed, no more rights than are needed, and no empty folders."""
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "evil.pyc").write_text("x")
    (folder / "empty" / "inner").mkdir(parents=True)
    (folder / "run").chmod(0o4755)
    copy = tmp_path / "copy"
    copy.mkdir()
    contents = read_folder(folder, Coverage(), copy_to=copy)
    assert read_folder(copy, EVERYTHING) == contents
    assert sorted(path.name for path in copy.iterdir()) == ["lib", "link", "plugin.toml", "run"]
    modes = {name: stat.S_IMODE((copy / name).stat().st_mode) for name in ("run", "plugin.toml")}
    assert modes == {"run": 0o555, "plugin.toml": 0o444}


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "..", "../x", "lib/../../x", "lib/../run", "../plugin/run", "lib/.."]
)
def test_links_that_may_lead_out_are_refused(folder, target):
    """Absolute ones, those above the root, and `..` behind a name, which may be a link itself."""
    (folder / "bad").symlink_to(target)
    with pytest.raises(SourceError, match="bad is a link that leads out of the folder, or may") as caught:
        read_folder(folder, Coverage())
    assert str(folder / "bad") == caught.value.location
    assert "bad" in read_folder(folder, EVERYTHING).files


@pytest.mark.parametrize("target", ["../run", "../lib", "code.py", ".", "gone"])
def test_links_that_stay_inside_count_as_links(folder, target):
    """Where such a link leads is hashed; whether anything is there is another matter."""
    (folder / "lib" / "good").symlink_to(target)
    mark = read_folder(folder, Coverage()).files["lib/good"]
    assert mark == "l " + hashlib.sha256(target.encode()).hexdigest()


def test_pipes_and_sockets_are_refused(folder, monkeypatch):
    """Nothing is opened that would be waited for, and what it is is said."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(SourceError, match="pipe is a named pipe"):
        read_folder(folder, Coverage())
    (folder / "pipe").unlink()
    monkeypatch.chdir(folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("sock")
        with pytest.raises(SourceError, match="sock is a socket"):
            read_folder(folder, Coverage())


@pytest.mark.parametrize(
    ("name", "complaint"),
    [(b"a\nb", "control character"), (b"\xff\xfe", "not UTF-8"), (b"esc\x1b[m", "control character")],
)
def test_names_that_cannot_be_written_down_are_refused(folder, name, complaint):
    """A line break in a name would make two lists of files out of one."""
    os.close(os.open(os.fsencode(folder) + b"/" + name, os.O_CREAT))
    with pytest.raises(SourceError, match=complaint):
        read_folder(folder, Coverage())


def test_too_much_of_anything_is_refused(folder, monkeypatch):
    """Files, bytes and depth are bounded, and the error says which bound."""
    monkeypatch.setattr("hostcore.sources._folder.MOST_FILES", 3)
    with pytest.raises(SourceError, match="one more than the 3 files"):
        read_folder(folder, Coverage())
    monkeypatch.undo()
    monkeypatch.setattr("hostcore.sources._folder.MOST_BYTES", 10)
    with pytest.raises(SourceError, match="larger than"):
        read_folder(folder, Coverage())
    monkeypatch.undo()
    folder.joinpath(*("d" * 66)).mkdir(parents=True)
    with pytest.raises(SourceError, match="more than 64 folders deep"):
        read_folder(folder, Coverage())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """What cannot be read is an error with its path."""
    with pytest.raises(SourceError, match="cannot be read"):
        read_folder(tmp_path / "gone", Coverage())
