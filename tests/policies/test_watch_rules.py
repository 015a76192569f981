"""Which files matter for a reload, and whether they have changed: pure but for reading a folder."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore.manifest import Manifest, ReloadSpec
from hostcore.policies import _watch_rules as module
from hostcore.policies._watch_rules import Glob, WatchRules, digest, scan, wait_for_quiet


def rules(*watch, ignore=(), folder="/p", file="plugin.toml", **more):
    return WatchRules(
        Manifest(
            folder=Path(folder), file=Path(folder, file), id="p", version="1.0.0",
            reload=ReloadSpec(watch=watch, ignore=ignore), **more,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "matched", "missed"),
    [
        ("*.py", ["a.py", ".py"], ["a.pyc", "src/a.py", "a.py/b"]),
        ("src/*.go", ["src/a.go"], ["a.go", "src/x/a.go"]),
        ("src/**/*.go", ["src/a.go", "src/x/a.go", "src/x/y/a.go"], ["a.go", "x/src/a.go", "src/a.py"]),
        ("**/*.go", ["a.go", "x/a.go", "x/y/a.go"], ["a.py"]),
        ("src/**", ["src/a", "src/x/y/a.b"], ["a", "x/src/a"]),
        ("**", ["a", "x/y/a"], []),
        ("**/test/**/*.js", ["test/a.js", "x/test/y/z/a.js"], ["a.js", "x/a.js"]),
        ("a?c.[ch]", ["abc.c", "axc.h"], ["ac.c", "abc.o", "a/c.c"]),
        ("./main.py", ["main.py"], ["x/main.py"]),
        ("Main.py", ["Main.py"], ["main.py"]),
    ],
)  # fmt: skip
def test_patterns_are_those_of_pathlib(pattern, matched, missed):
    """`*` stays within a name, `**` stands for any number of folders, case counts."""
    glob = Glob(pattern)
    assert [path for path in (*matched, *missed) if glob.matches(path.split("/"))] == matched


NAMES = st.sampled_from(["a", "b", "ab", "a.py"])
PATTERNS = st.lists(st.sampled_from(["**", "*", "a", "a*", "*.py"]), min_size=1, max_size=5).map("/".join)


@settings(deadline=None, derandomize=True)
@given(pattern=PATTERNS, parts=st.lists(NAMES, min_size=1, max_size=5))
def test_a_folder_is_entered_when_something_below_matches(pattern, parts):
    """Whatever matches, each folder above it may hold a match: no file that matters is in a folder that is not watched."""
    glob = Glob(pattern)
    if glob.matches(parts):
        assert all(glob.may_match_below(parts[:depth]) for depth in range(len(parts)))


def test_many_stars_take_no_time():
    """A pattern that a backtracking matcher would try in 2^30 ways is answered at once."""
    assert not Glob("/".join(["**", "a"] * 30)).matches(["a"] * 60 + ["b"])


PYTHON = rules("*.py", "src/**/*.js", "data", ignore=("generated", "src/**/*.test.js", "secret.py"))


@pytest.mark.parametrize(
    ("path", "relevant"),
    [
        ("plugin.toml", True),
        ("main.py", True),
        ("src/a.js", True),
        ("src/x/y/a.js", True),
        ("data", True),
        ("interfaces/Store.v1.json", True),
        ("interfaces/deep/x", True),
        ("README.md", False),
        ("src/plugin.toml", False),
        ("data/rows.db", False),
        ("main.pyc", False),
        # what the manifest ignores, with all that is in it
        ("secret.py", False),
        ("src/a.test.js", False),
        ("src/generated/a.js", True),
        ("generated/a.py", False),
        # what tools make
        ("src/node_modules/x/index.js", False),
        ("src/__pycache__/a.js", False),
        ("src/target/a.js", False),
        ("src/.cache/a.js", False),
        (".hidden.py", False),
        # what editors leave
        (".#main.py", False),
        (".main.py.swp", False),
        ("src/a.js~", False),
        ("src/#a.js#", False),
        ("interfaces/Store.v1.json.tmp", False),
        ("interfaces/4913", False),
    ],
)
def test_what_matters(path, relevant):
    """The manifest, the interfaces and what is to be watched; not what is ignored, nor what tools and editors leave."""
    assert PYTHON.is_relevant(path.split("/")) is relevant


@pytest.mark.parametrize(
    ("folder", "entered"),
    [
        ("src", True),
        ("src/x", True),
        ("interfaces", True),
        ("docs", False),
        ("node_modules", False),
        ("src/node_modules", False),
        ("src/.git", False),
        ("generated", False),
    ],
)
def test_where_to_look(folder, entered):
    """Only folders that can hold something that matters cost a look."""
    assert PYTHON.enters(folder.split("/")) is entered


def test_without_patterns_the_manifest_alone_matters():
    """A plugin that asked for nothing is reloaded for a change of its manifest, and its folders are left alone."""
    plain = rules(file="other.toml")
    assert plain.is_relevant(["other.toml"])
    assert [
        plain.is_relevant(path.split("/")) for path in ("plugin.toml", "main.py", "interfaces/A.v1.json")
    ] == [False] * 3
    assert not plain.enters(["interfaces"])


@pytest.mark.parametrize(
    ("more", "relevant"),
    [
        ({"command": ("./bin/tool", "-x"), "build": ("make",)}, False),
        ({"command": ("bin/../bin/tool",), "build": ("make",)}, False),
        ({"command": ("./bin/tool",)}, True),
        ({"command": ("tool",), "build": ("make",)}, True),
        ({"runtime": "node", "entry": "bin/tool", "build": ("npm", "ci")}, True),
    ],
)
def test_what_the_build_makes_does_not_matter(more, relevant):
    """A build must not trigger itself; a program that nothing builds is a source like others."""
    assert rules("bin/*", **more).is_relevant(["bin", "tool"]) is relevant


@pytest.mark.parametrize(
    ("first", "latest", "now", "delay"),
    [
        (0.0, 0.0, 0.0, 0.3),
        (0.0, 0.0, 0.2, 0.1),
        (0.0, 0.0, 0.3, 0.0),
        (0.0, 0.0, 9.0, 0.0),
        (0.0, 1.0, 1.1, 0.2),
        (0.0, 1.9, 1.95, 0.05),
        (0.0, 2.5, 2.5, 0.0),
    ],
)
def test_a_save_is_done_when_it_is_quiet(first, latest, now, delay):
    """0.3 s after the latest change, and at most 2 s after the first."""
    assert wait_for_quiet(first=first, latest=latest, now=now) == pytest.approx(delay)


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def folder(tmp_path):
    write(
        tmp_path,
        plugin_toml="id",
        main_py="1",
        src__a_js="2",
        src__x__b_js="3",
        docs__a_js="4",
        interfaces__A="5",
    )
    write(tmp_path, node_modules__src__a_js="6", data_db="7")
    return tmp_path


def look(folder, *watch, **more):
    made = rules(*(watch or ("*.py", "src/**/*.js")), folder=folder, **more)
    return made, scan(made)


def test_a_scan_finds_what_matters(folder):
    """Relevant files, and the folders that must be watched for them; nothing else is entered."""
    _, found = look(folder)
    assert [name for name, _ in found.files] == [
        "interfaces/A",
        "main.py",
        "plugin.toml",
        "src/a.js",
        "src/x/b.js",
    ]
    assert {str(each.relative_to(folder)) for each in found.folders} == {".", "src", "src/x", "interfaces"}
    assert found.folders[0] == folder
    assert (found.has("main.py"), found.has("data.db")) == (True, False)


def test_a_scan_of_nothing_is_empty(tmp_path):
    """A folder that is gone, and links that lead nowhere or round in circles, are no errors."""
    _, found = look(tmp_path / "gone")
    assert (found.folders, found.files) == ((), ())
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "loop").symlink_to(tmp_path / "src")
    (tmp_path / "src" / "lost.js").symlink_to("nowhere")
    (tmp_path / "main.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    _, found = look(tmp_path)
    assert (len(found.folders), found.files) == (2, ())


def test_contents_count_and_nothing_else(folder):
    """A touch and a save without a change leave the hash as it is; a scan alone cannot tell."""
    made, before = look(folder)
    os.utime(folder / "main.py", (1, 1))
    (folder / "src" / "a.js").unlink()
    (folder / "src" / "a.js").write_text("2")
    after = scan(made)
    assert before.files != after.files
    assert digest(made, before) == digest(made, after)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: write(folder, main_py="2"),
        lambda folder: write(folder, src__new_js=""),
        lambda folder: (folder / "src" / "a.js").unlink(),
        lambda folder: (folder / "src" / "a.js").rename(folder / "src" / "c.js"),
        lambda folder: write(folder, main_py="2", src__a_js="1"),
        lambda folder: write(folder, plugin_toml="id "),
    ],
)
def test_every_real_change_is_seen(folder, change):
    """A file with other contents, one more, one less, one with another name, two that have changed places."""
    made, before = look(folder)
    contents = digest(made, before)
    change(folder)
    assert digest(made, scan(made)) != contents


def test_what_does_not_matter_changes_nothing(folder):
    """A database, documents and packages may change as they like."""
    made, before = look(folder)
    write(folder, data_db="8", docs__a_js="9", node_modules__src__a_js="", new_txt="")
    assert scan(made) == before


def test_a_huge_file_is_not_read(folder, monkeypatch):
    """Of a file above the bound its size and times count."""
    monkeypatch.setattr(module, "HASHED_BYTES", 3)
    write(folder, main_py="1234")
    made, before = look(folder)
    contents = digest(made, before)
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: b"" if path.name != "main.py" else pytest.fail("it was read")
    )
    os.utime(folder / "main.py", (1, 1))
    assert digest(made, scan(made)) != contents


def test_a_file_that_vanishes_is_no_error(folder):
    """Between the look and the reading it may have gone."""
    made, before = look(folder)
    contents = digest(made, before)
    (folder / "main.py").unlink()
    assert digest(made, before) != contents
