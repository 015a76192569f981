"""The commands that change how plugins run, and those that explain it, on a real server with plugins that need others."""

from __future__ import annotations

import json

import pytest
from cli_support import copy_demo, end, start_server, wait_until

NEEDS_STORE = '\n[requires.interfaces]\nStore = "^1.0"\n'
NEEDS_MUCH = (
    '\n[requires.interfaces]\nReport = "^1.0"\nCache = { range = "^2.0", optional = true }\n'
    '\n[requires.plugins]\nreport = ">=1.0"\n'
)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Serve a store, a report that needs it, and a page that needs the report; a spare store lies beside it."""
    folder = tmp_path_factory.mktemp("house")
    copy_demo(folder / "store", interface="Store")
    copy_demo(folder / "report", interface="Report", manifest=NEEDS_STORE)
    copy_demo(folder / "page", interface="Page", manifest=NEEDS_MUCH)
    copy_demo(folder / "spare", interface="Store")
    config = folder / "polyhost.toml"
    config.write_text('plugins = ["store", "report", "page"]\n')
    serving = start_server(folder / "data", "--config", config)
    serving.folder = folder
    yield serving
    end(serving)


@pytest.fixture
def server(house):
    """Give out the house as it was."""
    yield house
    (house.folder / "polyhost.toml").write_text('plugins = ["store", "report", "page"]\n')
    house.run("unload", "bad")
    house.run("reload")
    for plugin in ("store", "report", "page"):
        house.run("enable", plugin)
    assert states(house) == {"page": "ready", "report": "ready", "store": "ready"}


def states(server):
    plugins = json.loads(server.run("list", "--json").stdout)["plugins"]
    return {plugin["id"]: plugin["state"] for plugin in plugins}


def test_stop_and_start(server):
    """A stopped plugin is no trouble in the list; starting it waits until it is ready."""
    stopped = server.run("stop", "page")
    assert (stopped.returncode, stopped.stdout) == (0, "page 1.2.0 is ○ stopped\n")
    lines = server.run("list").stdout.splitlines()
    assert "○ stopped" in next(line for line in lines if line.startswith("page"))
    assert len(lines) == 4
    assert "WANTED" not in lines[0]
    assert server.run("start", "page").stdout.startswith("page 1.2.0 is ● ready (pid ")


def test_the_list_is_chosen_from(server):
    """By state, interface, text and whether it is enabled, in an order; what is no state is told with those there are."""

    def listed(*options):
        return [each["id"] for each in json.loads(server.run("list", "--json", *options).stdout)["plugins"]]

    server.run("disable", "page")
    assert listed("--disabled") == listed("--state", "disabled,failed") == ["page"]
    assert listed("--enabled", "--sort", "-id") == ["store", "report"]
    assert listed("--text", "REPO") == ["report"]
    assert listed("--interface", "Nothing") == []
    lines = server.run("list", "--state", "disabled").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["PLUGIN", "page"]
    wrong = server.run("list", "--state", "redy")
    assert wrong.returncode != 0
    assert "polyhost: error: state: 'redy' is no state; there are: disabled, " in wrong.stderr
    assert server.run("list", "--sort", "age").returncode == 2
    server.run("enable", "page")


def test_disable_and_enable(server):
    """A disabled plugin is not started by `start`, which says what would."""
    assert server.run("disable", "page").stdout == "page 1.2.0 is ⊘ disabled\n"
    refused = server.run("start", "page")
    assert refused.returncode == 7
    assert (
        refused.stderr == "polyhost: error: page is disabled\nhint: enable it first: polyhost enable page\n"
    )
    assert json.loads(server.run("enable", "page", "--json").stdout)["state"] == "ready"


def test_reset_starts_what_has_failed(server):
    """A plugin that was ready stays so; for programs the answer is the plugin's info."""
    assert json.loads(server.run("reset", "page", "--json").stdout)["id"] == "page"


def test_reload_takes_over_a_new_version(server):
    """Both versions are named; without a change only the one."""
    manifest = server.folder / "page" / "plugin.toml"
    assert server.run("reload", "page").stdout.startswith("page 1.2.0 is ● ready (pid ")
    before = manifest.read_text()
    manifest.write_text(before.replace('"1.2.0"', '"1.3.0"'))
    assert server.run("reload", "page").stdout.startswith("page 1.2.0 → 1.3.0 is ● ready (pid ")
    manifest.write_text(before)
    assert server.run("reload", "page", "--force").stdout.startswith("page 1.3.0 → 1.2.0 is ● ready (pid ")


def test_a_reload_that_fails_is_told(server):
    """The old version serves on, and the command fails."""
    main = server.folder / "page" / "main.py"
    before = main.read_text()
    main.write_text("raise SystemExit('no')\n")
    done = server.run("reload", "page")
    main.write_text(before)
    assert done.returncode == 1
    assert done.stderr.startswith("polyhost: error: ")
    assert states(server)["page"] == "ready"


def test_reload_of_the_configuration(server):
    """The command says what has changed, what needs a new start, and what failed; nothing is an answer, too."""
    config = server.folder / "polyhost.toml"
    assert server.run("reload").stdout == "nothing has changed\n"
    config.write_text('plugins = ["store", "report", "page", "spare"]\n[limits]\nlog_lines = 50\n')
    done = server.run("reload")
    assert (done.returncode, done.stdout) == (
        0,
        "loaded spare\nlimits.log_lines will change with the next start of the host\n",
    )
    (server.folder / "bad").mkdir(exist_ok=True)
    (server.folder / "bad" / "plugin.toml").write_text("no manifest")
    config.write_text('plugins = ["store", "report", "page", "bad"]\n')
    done = server.run("reload")
    assert done.returncode == 1
    assert "unloaded spare\n" in done.stdout
    assert f"{server.folder / 'bad'} failed: " in done.stdout
    config.write_text('plugin = ["store"]\n')
    done = server.run("reload")
    assert done.returncode == 6
    assert f"{config}:1, plugin" in done.stderr


def test_force_needs_a_plugin(server):
    """The host's configuration cannot be forced."""
    done = server.run("reload", "--force")
    assert done.returncode == 2
    assert done.stderr.startswith("polyhost: error: --force belongs to a plugin: name one\n")


def test_unload_names_those_that_need_the_plugin(server):
    """A refusal says who requires what of whom, and how all are unloaded; nothing has changed."""
    done = server.run("unload", "store")
    assert done.returncode == 9
    first, *lines, hint = done.stderr.splitlines()
    assert first.startswith("polyhost: error: store is required by ")
    assert lines == [
        "  page requires Report ^1.0 of report",
        "  page requires plugin report >=1.0 of report",
        "  report requires Store ^1.0",
    ]
    assert hint == "hint: unload them, too: polyhost unload store --cascade"
    refused = json.loads(server.run("unload", "store", "--json").stderr)["error"]
    assert sorted(refused["details"]["required_by"]) == ["page", "report"]
    assert states(server) == {"page": "ready", "report": "ready", "store": "ready"}


def test_unload_with_all_that_need_it(server):
    """Those that need it go before it; programs get their ids in that order."""
    done = server.run("unload", "report", "--cascade")
    assert (done.returncode, done.stdout) == (0, "page is unloaded\nreport is unloaded\n")
    server.run("reload")
    done = server.run("unload", "report", "--cascade", "--json")
    assert json.loads(done.stdout) == {"unloaded": ["page", "report"]}


def test_graph_draws_waves_and_edges(server):
    """Each wave has its plugins, each plugin what it requires and from whom."""
    assert server.run("graph").stdout.splitlines() == [
        "wave 1",
        "  store   1.2.0  ● ready",
        "",
        "wave 2",
        "  report  1.2.0  ● ready",
        "  └─ Store ^1.0           from store 1.0",
        "",
        "wave 3",
        "  page    1.2.0  ● ready",
        "  ├─ Cache ^2.0           from nobody, optional",
        "  ├─ Report ^1.0          from report 1.0",
        "  └─ plugin report >=1.0  from report 1.2.0",
    ]
    assert json.loads(server.run("graph", "--json").stdout)["waves"] == [["store"], ["report"], ["page"]]
    assert '"page" -> "report" [label="Report ^1.0"];' in server.run("graph", "--dot").stdout
    assert server.run("graph", "--dot", "--json").returncode == 2


def test_why_explains_requirements(server):
    """Who was picked and why, who has nothing, and who needs the plugin."""
    lines = server.run("why", "report").stdout.splitlines()
    assert lines[0].startswith("report 1.2.0 is ● ready: ")
    assert lines[1:4] == ["", "Requires", "  Store ^1.0"]
    assert lines[4].startswith("    ● store 1.0  ")
    assert lines[5:] == ["", "Required by", "  page  Report ^1.0", "  page  plugin report >=1.0"]
    assert "    ✗ nobody has it" in server.run("why", "page").stdout.splitlines()


def test_why_explains_what_cannot_start(server):
    """The reason, and for programs problem and chain."""
    server.run("disable", "store")
    wait_until(lambda: states(server)["page"] == "failed")
    done = server.run("why", "page")
    assert done.stdout.startswith("page 1.2.0 is ✗ failed: ")
    assert "  page → report" in done.stdout
    facts = json.loads(server.run("why", "page", "--json").stdout)
    assert facts["problem"]["chain"][:2] == ["page", "report"]
    assert [need["name"] for need in facts["requires"]] == ["Cache", "Report", "report"]
    told = server.run("list").stdout.splitlines()
    assert any(line.startswith("page requires ") for line in told)
    assert not any(line.startswith(("store:", "store requires")) for line in told)
    assert server.run("why", "store").stdout.startswith("store 1.2.0 is ⊘ disabled: ")
    assert "cannot start" in server.run("graph").stdout


def test_info_has_requirements_and_use(server):
    """What was asked for, providers and dependents stand in it, and the columns for memory and CPU."""
    text = server.run("info", "report").stdout
    for expected in (
        "  wanted      running\n",
        "  requires    Store ^1.0 from store 1.0\n",
        "  required by page, Report ^1.0\n",
        "MEMORY",
        "CPU",
    ):
        assert expected in text


def test_extensions_and_hooks(server):
    """Built-in policies are there with their hooks; the other view has each hook with who implements it."""
    lines = server.run("extensions").stdout.splitlines()
    assert lines[0].split() == ["EXTENSION", "ORIGIN", "VERSION", "STATE", "HOOKS"]
    row = next(line for line in lines if line.startswith("restart_backoff "))
    assert row.split()[1:] == ["built-in", row.split()[2], "●", "active", "decide_restart"]
    rows = dict(line.split(None, 1) for line in server.run("extensions", "--hooks").stdout.splitlines())
    assert rows["decide_restart"] == "restart_backoff"
    assert "hooks" in json.loads(server.run("extensions", "--json").stdout)


def test_events_show_a_change_once(server):
    """A plugin's only process and the plugin change together, and one line tells it; programs get both."""
    last = json.loads(server.run("events", "--json").stdout)["last"]
    server.run("restart", "page")
    lines = server.run("events", "--after", last).stdout.splitlines()
    assert [line for line in lines if "→ ● ready" in line] != []
    assert [line for line in lines if "instance-state-changed" in line] == []
    events = json.loads(server.run("events", "--json", "--after", last).stdout)["events"]
    assert "instance-state-changed" in {event["kind"] for event in events}
