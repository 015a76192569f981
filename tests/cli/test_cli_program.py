"""The program as a whole: help, exit codes, documentation, speed, terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import click
import pytest
from cli_support import PROGRAM, environment, run_polyhost

import hostcore.errors
from hostcore.cli._app import polyhost
from hostcore.cli._commands.serve import FLAGS, REPEATABLE, serve_command
from hostcore.cli._exit import EXIT_OF_CODE, ExitCode
from hostcore.cli._output import STATES, duration, table
from hostcore.config import SETTINGS, Kind
from hostcore.snapshots import PluginState

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
SHARED = {"--server", "--data", "--json", "--token", "--token-file", "--ca-file"}
CONTEXT = click.Context(polyhost)
COMMANDS = {name: polyhost.get_command(CONTEXT, name) for name in polyhost.list_commands(CONTEXT)}


def test_the_page_has_every_command_and_option():
    """What a command takes is what its section of the reference names, no more and no less."""
    sections = dict(
        re.findall(r"^## `polyhost (\w+)[^\n]*\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    )
    assert sections.keys() == COMMANDS.keys()
    for name, command in COMMANDS.items():
        parts = [command, *getattr(command, "commands", {}).values()]
        taken = {
            option
            for part in parts
            for parameter in part.params
            for option in parameter.opts
            if option.startswith("--")
        }
        shared = SHARED if name != "serve" else set()
        named = set(re.findall(r"^\| `(?:-\w`, `)?(--[\w-]+)", sections[name], re.MULTILINE))
        assert named == taken - shared, name
        assert f"`polyhost {name}" in PAGE.read_text()


def test_the_page_has_every_exit_code():
    """Number and meaning are those of the program."""
    rows = dict(re.findall(r"^\| (\d+) \| (.*?) \|$", PAGE.read_text(), re.MULTILINE))
    assert rows == {str(int(code)): code.meaning for code in ExitCode}


def test_help_has_every_exit_code():
    """`polyhost --help` explains the codes."""
    text = " ".join(run_polyhost("--help").stdout.split())
    for code in ExitCode:
        assert f"{int(code)} {code.meaning}" in text


def test_every_error_has_an_exit_code():
    """No stable code of the host is without one, and none is for a code that is not there."""
    codes = {getattr(hostcore.errors, name).code for name in hostcore.errors.__all__}
    assert codes == EXIT_OF_CODE.keys()


def test_every_state_has_a_symbol():
    """The states of the table are those of the host."""
    assert {state.value for state in PluginState} == STATES.keys()


def test_every_setting_has_its_flag():
    """`serve` has a flag for each setting of the configuration, and each has the name the configuration gives it."""
    assert [setting.key for setting in SETTINGS] == sorted(FLAGS, key=[s.key for s in SETTINGS].index)
    flags = {option for parameter in serve_command.params for option in parameter.opts}
    assert {setting.flag for setting in SETTINGS} <= flags
    lists = {setting.key for setting in SETTINGS if setting.kind in {Kind.PATHS, Kind.WORDS}}
    assert lists == REPEATABLE


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    """The help fits into 80 columns."""
    done = run_polyhost(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: polyhost {name}")
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    "command",
    [
        ["list", "--json"],
        ["call", "A.B", "x=1"],
        ["--help"],
        ["events"],
        ["start", "x"],
        ["reload"],
        ["graph"],
        ["why", "x"],
        ["extensions"],
        ["interfaces", "KeyValue"],
    ],
)
def test_client_commands_import_no_host(command):
    """A client command starts without event loop, web framework, schema checker and HTTP library."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *PROGRAM[1:], *command],
        capture_output=True,
        text=True,
        env=environment(POLYHOST_SERVER="http://127.0.0.1:1"),
        check=False,
    )
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line
    }
    assert imported.isdisjoint(
        {"trio", "quart", "jsonschema", "jsonschema_rs", "httpx", "pluggy", "asyncio", "rich"}
    )
    assert "click" in imported


def test_an_option_before_the_command_is_told_where_it_belongs():
    """Whoever writes `polyhost --json list` sees `polyhost list --json`."""
    done = run_polyhost("--json", "list")
    assert done.returncode == 2
    assert "`polyhost list --json`" in done.stderr


def test_a_number_that_is_none_is_told_in_plain_words():
    """Nothing is said of ranges that the caller did not ask about."""
    assert "'many' is no whole number" in run_polyhost("logs", "demo", "-n", "many").stderr


def test_a_typing_error_gets_a_proposal():
    """Commands and options that nearly fit are named."""
    done = run_polyhost("lsit")
    assert done.returncode == 2
    assert done.stderr == "polyhost: error: there is no command 'lsit'\nhint: did you mean `polyhost list`?\n"
    done = run_polyhost("list", "--jsn")
    assert done.returncode == 2
    assert "--json" in done.stderr
    assert run_polyhost().returncode == 2


def test_versions():
    """Both ways to ask give the same version."""
    short = run_polyhost("--version").stdout
    assert re.fullmatch(r"polyhost \d+\.\d+\.\d+\n", short)
    assert run_polyhost("version").stdout.startswith(short.strip())
    assert f'"polyhost": "{short.split()[1]}"' in run_polyhost("version", "--json").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    """Each shell has its script, without starting the shell."""
    done = run_polyhost("completion", shell, PATH="/nowhere")
    assert done.returncode == 0
    assert f"_POLYHOST_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash":
        assert subprocess.run(["/bin/bash", "-n"], input=done.stdout, text=True, check=False).returncode == 0


def complete(words: str, **env: str) -> list[str]:
    done = run_polyhost(
        COMP_WORDS=f"polyhost {words}",
        COMP_CWORD=str(len(words.split(" "))),
        _POLYHOST_COMPLETE="bash_complete",
        **env,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_completion_asks_the_server(server):
    """Plugin ids and methods are those of the running server."""
    env = {"POLYHOST_SERVER": server.url}
    for command in ("info", "why", "start", "stop", "reload", "disable", "unload --cascade"):
        assert complete(f"{command} d", **env) == ["demo"]
    assert complete("call demo Demo.R", **env) == ["Demo.Reverse", "Demo.Remember", "Demo.Refuse"]
    assert complete("call Demo.Ec", **env) == ["Demo.Echo"]
    assert complete("call demo Demo.Echo ", **env) == []


def test_completion_without_a_server_is_silent():
    """Nothing is offered and nothing is said; commands are completed all the same."""
    assert complete("info d", POLYHOST_SERVER="http://127.0.0.1:1") == []
    assert complete("un") == ["unload"]


def on_terminal(*arguments: str, columns: int, **env: str) -> str:
    """Run a command on a terminal of its own and return what it writes."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment(TERM="xterm-256color", **env),
    )
    os.close(follower)
    written = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        written += chunk
    os.close(leader)
    assert process.wait(30) == 0
    return written.decode()


@pytest.mark.parametrize("columns", [50, 80, 120])
def test_tables_fit_the_terminal(server, columns):
    """No line is wider than the terminal; the state has a colour."""
    for command in ("list", "info"):
        text = on_terminal(
            *([command] if command == "list" else [command, "demo"]), "--server", server.url, columns=columns
        )
        assert "\x1b[32m● ready" in text
        table_lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
        assert max(len(line) for line in table_lines if "tests/cli" not in line) <= columns


def test_no_color_is_respected(server):
    """NO_COLOR leaves no escape in the output; --json is no less JSON on a terminal."""
    for arguments in (["list"], ["list", "--json"], ["call", "Demo.Echo", "a=1"]):
        assert "\x1b" not in on_terminal(*arguments, "--server", server.url, columns=80, NO_COLOR="1")
    assert "\x1b" in on_terminal("call", "Demo.Echo", "a=1", "--server", server.url, columns=80)


def test_output_without_utf_8(server):
    """A locale that lacks the characters gets escapes, and JSON stays JSON."""
    env = {"PYTHONIOENCODING": "ascii", "POLYHOST_SERVER": server.url}
    assert run_polyhost("call", "Demo.Echo", "a=ü", "--json", **env).stdout == '{"result":{"a":"\\u00fc"}}\n'
    done = run_polyhost("list", **env)
    assert done.returncode == 0
    assert "\\u25cf ready" in done.stdout


def test_columns_are_left_out_in_their_order():
    """A narrow table loses what is droppable, first the first."""
    headers, row = ("A", "B", "C", "TEXT"), ("a" * 10, "b" * 10, "c" * 10, "text")
    wide = table(headers, [row], droppable=("B", "C"), width=80)
    assert [str(column.header) for column in wide.columns] == ["A", "B", "C", "TEXT"]
    narrow = table(headers, [row], droppable=("B", "C"), width=30)
    assert [str(column.header) for column in narrow.columns] == ["A", "C", "TEXT"]


def test_the_widest_column_is_wrapped_when_nothing_else_helps():
    """A name that is wider than the terminal leaves room for the other columns."""
    made = table(("NAME", "STATE", "TEXT"), [("n" * 90, "● ready", "t" * 20)], width=60)
    assert [column.width for column in made.columns] == [60 - 20 - 9 - 2, 7, 20]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0.4 ms"),
        (0.85, "850 ms"),
        (3.25, "3.2 s"),
        (60, "1 min"),
        (245, "4 min 5 s"),
        (11520, "3 h 12 min"),
        (439200, "5 d 2 h"),
    ],
)
def test_durations_are_short(seconds, text):
    """Two units at most."""
    assert duration(seconds) == text


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_streams_are_nowhere(closed):
    """A command whose streams are closed or full does its work, and its exit code says how that went."""
    for command, code in (("version", 0), ("nope", 2)):
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *PROGRAM, command],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert "Traceback" not in done.stderr
