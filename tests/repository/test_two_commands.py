"""`./start` and `./test`: what they say when something is missing, and what they promise to the build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import command_test
import environment
import needs
import pytest

from repository import ROOT, shown, tracked_files

COMMANDS = ("start", "test")
PATIENCE = 180.0  # seconds; a new environment takes many of them on a machine with other work to do


@pytest.fixture
def poor_path(tmp_path):
    """Make a folder of commands with what the shell part needs and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "readlink"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def run(*command, path=None, cwd=None, **variables):
    environ = {key: value for key, value in os.environ.items() if key != "PYTHON"} | variables
    if path is not None:
        environ["PATH"] = str(path)
    return subprocess.run(
        command,
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_an_old_python_is_refused_with_what_to_do(name, poor_path):
    """With only an old Python the command fails, names its version and what to install."""
    python = poor_path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\n[ "$1" = --version ]\n')
    python.chmod(0o755)
    result = run(ROOT / name, path=poor_path)
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "found only Python 3.9.2" in result.stderr
    assert "apt-get install python3" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_named_python_is_not_replaced_by_another(name):
    """A `PYTHON` that will not do is refused, even where another one is on PATH."""
    result = run(ROOT / name, "--help", PYTHON="/no/such/python")
    assert result.returncode == 1
    assert "PYTHON names /no/such/python" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_run_from_anywhere(name, tmp_path):
    """A command works through a symbolic link, from another folder."""
    link = tmp_path / "a link"
    link.symlink_to(ROOT / name)
    result = run(link, "--help", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"./{name}" in result.stdout


def test_a_tool_that_cannot_be_had_is_named_with_its_command(monkeypatch):
    """A tool without a wheel, where we may not install packages, is an error with the command for a person."""
    monkeypatch.setattr(needs, "version_of", lambda need: None)
    monkeypatch.setattr(needs, "apt_install", lambda *packages: None)
    [error] = needs.missing(["chromium"])
    assert "Chromium is needed for" in str(error)
    assert error.hint == "apt-get install chromium"


def test_a_tool_is_found_with_its_version():
    """The version that a real tool prints is understood."""
    git = needs.Need(
        name="Git",
        commands=("no-such-program", "git"),
        version_flag="--version",
        oldest=(1,),
        why="a test",
        hint="",
    )
    version = needs.version_of(git)
    assert version is not None
    assert version > (1, 0)


def test_needs_name_known_sessions_and_tools():
    """The table of needs speaks of sessions and tools that exist."""
    noxfile = (ROOT / "noxfile.py").read_text()
    assert [name for name in command_test.NEEDS_OF_SESSIONS if f"def {name}(" not in noxfile] == []
    assert set(command_test.needed([])) <= needs.NEEDS.keys()
    assert command_test.needed(["lint"]) == []


GO_OF_MODULE = re.compile(r"^go (\d+)\.(\d+)", re.MULTILINE)
GO_OF_TEXT = re.compile(r"\bGo \(?(\d+)\.(\d+) or newer")


def version(match):
    """Return the version that a pattern has found."""
    return tuple(map(int, match.groups()))


def test_one_version_of_go_is_named_everywhere():
    """`./start` looks for the Go that the modules ask for; texts name that of the module that they stand in, or that one."""
    files = [file for file in tracked_files() if file.name == "go.mod"]
    modules = {file.parent: version(GO_OF_MODULE.search(file.read_text())) for file in files}
    oldest = needs.NEEDS["go"].oldest
    assert max(modules.values()) == oldest
    assert f"({'.'.join(map(str, oldest))} or newer)" in needs.NEEDS["go"].hint
    for page in tracked_files():
        if page.suffix == ".md":
            own = next((modules[folder] for folder in page.parents if folder in modules), oldest)
            for match in GO_OF_TEXT.finditer(page.read_text()):
                assert version(match) == own, f"{shown(page)}: {match[0]}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("def test(): pass", 0),
        ("def test(): assert 0", 1),
        ("import pytest\ndef test(): pytest.skip('no')", 0),
    ],
)
def test_summary_lines_of_pytest_are_recognised(body, status, tmp_path):
    """What pytest prints last is what `./test` repeats at its end, whatever the outcome."""
    (tmp_path / "test_it.py").write_text(body)
    result = run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path)
    assert status == result.returncode
    lines = [line for line in result.stdout.splitlines() if command_test.SUMMARY.match(line)]
    assert [result.stdout.splitlines()[-1]] == lines


def test_the_build_machine_runs_the_same_command():
    """`.ci/run` and the two commands can be executed, and the first calls `./test`."""
    for name in (".ci/run", *COMMANDS):
        assert os.access(ROOT / name, os.X_OK), name
    assert "exec ./test" in (ROOT / ".ci" / "run").read_text()


def test_a_moved_environment_is_made_anew(tmp_path, monkeypatch):
    """An environment is usable where it was made, and not where it was moved to."""
    made, moved = tmp_path / "made here", tmp_path / "moved"
    subprocess.run([sys.executable, "-m", "venv", made], check=True, timeout=PATIENCE)
    usable = []
    for place in (made, moved, tmp_path / "nowhere"):
        if place == moved:
            made.rename(moved)
        monkeypatch.setattr(environment, "VENV", place)
        monkeypatch.setattr(environment, "SCRIPTS", place / "bin")
        monkeypatch.setattr(environment, "PYTHON", place / "bin" / "python")
        usable.append(environment.is_usable())
    assert usable == [True, False, False]


def test_sessions_of_another_python_are_made_anew(tmp_path, monkeypatch):
    """The environments of sessions are kept as long as the interpreter and the checkout's place are the same."""
    monkeypatch.setattr(command_test, "ROOT", tmp_path)
    made = tmp_path / ".nox" / "lint" / "made"
    kept = []
    for python in ("python3.11", "python3.11", "python3.13"):
        monkeypatch.setattr(command_test, "PYTHON", tmp_path / python)
        command_test.drop_stale_sessions()
        kept.append(made.exists())
        made.parent.mkdir(exist_ok=True)
        made.touch()
    assert kept == [False, True, False]
