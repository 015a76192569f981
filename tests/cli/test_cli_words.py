"""Lines and drawings for people, from documents as the API writes them."""

from __future__ import annotations

import dataclasses
import typing
from enum import EnumType

import pytest

import hostcore.events
from hostcore.cli._commands.extensions import _state
from hostcore.cli._commands.show import _is_as_wanted, _wanted
from hostcore.cli._commands.why import _explain
from hostcore.cli._describe import change_lines, event_line, without_echoes
from hostcore.cli._graph import dot, draw
from hostcore.events import Event, Recorded, event_kinds
from hostcore.snapshots import (
    ConfigChange,
    ExitReport,
    PluginState,
    Reason,
    Verification,
    VerificationOutcome,
    as_json,
)

REASON = Reason(code="why", text="a good reason")
REPORT = ExitReport(
    plugin="kv", instance=0, incarnation=1, pid=7, at=1.0, uptime=2.0, exit_code=3, signal=None, reason=REASON,
    user_seconds=0.1, system_seconds=0.1, max_rss_bytes=1,
)  # fmt: skip
SAMPLES = {
    Reason: REASON,
    ExitReport: REPORT,
    ConfigChange: ConfigChange(
        loaded=("kv", "clock"), pending=("server.port",), failed={"web": "it is broken"}
    ),
    Verification: Verification(mode="warn", outcome=VerificationOutcome.UNLOCKED, detail="there is no entry"),
    bool: True,
    int: 2,
    str: "some",
    tuple[str, ...]: ("one", "two"),
}
KINDS = [getattr(hostcore.events, name) for name in hostcore.events.__all__]
KINDS = [each for each in KINDS if each not in {Event, Recorded, event_kinds}]


def sample(kind, **values):
    """Make an event of a kind, as the API writes it."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if isinstance(hint, EnumType):
            values.setdefault(field.name, PluginState.STARTING if field.name == "old" else PluginState.READY)
        elif hint in SAMPLES:
            values.setdefault(field.name, SAMPLES[hint])
    event = Recorded(run="r", sequence=1, at=1.0, event=kind(**values))
    return event.as_json()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_each_kind_of_event_has_words(kind):
    """No event is told as JSON, none by its kind alone but the one that says it all, and each in one line."""
    line = event_line(sample(kind), full=True).plain
    assert "{" not in line
    assert "\n" not in line
    assert line == line.rstrip()
    words = line.partition(kind.kind)[2].split()
    assert len(words) > 1 or kind.kind == "plugin-unloaded"


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("PluginWantedChanged", {"wanted": "stopped"}, "some is to stay stopped"),
        ("PluginWantedChanged", {"wanted": "running"}, "some is to run"),
        (
            "PluginReloaded",
            {"old_version": "1.0.0", "version": "1.1.0", "trigger": "command", "findings": ("Get is gone",)},
            "some 1.0.0 → 1.1.0 has taken over (command); Get is gone",
        ),
        (
            "PluginReloaded",
            {"old_version": "1.0.0", "version": "1.0.0", "trigger": "command", "findings": ()},
            "some 1.0.0 has taken over (command)",
        ),
        (
            "PluginReloadFailed",
            {"version": "1.1.0", "trigger": "files"},
            "some 1.1.0 could not take over (files): a good reason",
        ),
        ("InstanceRecycled", {}, "some#2 was replaced by a fresh process: a good reason"),
        ("PluginExited", {}, "some pid 7 exited with code 3 after 2.0 s: a good reason"),
        (
            "ConfigReloaded",
            {},
            "loaded kv, clock; server.port will change with the next start of the host; web failed: it is broken",
        ),
        ("EventsMissed", {"first": 3, "last": 3}, "1 event before this are no longer kept"),
    ],
)
def test_events_of_the_lifecycle(name, values, told):
    """Each says who and what in one plain line."""
    kind = getattr(hostcore.events, name)
    line = event_line(sample(kind, **values), full=True).plain
    assert told == line.partition(kind.kind)[2].strip()


def test_an_event_of_a_newer_server_is_told_all_the_same():
    """What this program does not know is shown as it came."""
    line = event_line({"kind": "plugin-sang", "at": 1.0, "plugin": "kv", "song": "la"}, full=True).plain
    assert line.endswith('kv {"song": "la"}')


def changed(kind, state, *, plugin="kv", instance=None):
    event = {"kind": f"{kind}-state-changed", "plugin": plugin, "old": "starting", "new": state}
    return event if instance is None else {**event, "instance": instance}


OWN = changed("plugin", "ready")
ECHO = changed("instance", "ready", instance=0)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([ECHO, OWN], [OWN]),
        ([ECHO], [ECHO]),
        ([OWN, ECHO], [OWN, ECHO]),
        ([ECHO, None, OWN], [ECHO, OWN]),
        ([ECHO, ECHO, OWN], [ECHO, OWN]),
        ([None, ECHO, OWN, None], [OWN]),
        ([ECHO, changed("plugin", "failed")], [ECHO, changed("plugin", "failed")]),
        ([ECHO, changed("plugin", "ready", plugin="web")], [ECHO, changed("plugin", "ready", plugin="web")]),
    ],
)
def test_only_an_echo_is_left_out(events, told):
    """An instance's change is hidden when the plugin's own, to the same state, follows at once; else nothing is."""
    assert list(without_echoes(events)) == told


def test_instances_of_a_plugin_with_several_are_told():
    """Once a second instance was seen, what the first one does is no echo."""
    second = changed("instance", "ready", instance=1)
    assert list(without_echoes([second, ECHO, OWN])) == [second, ECHO, OWN]


def test_an_echo_is_held_back_no_longer_than_until_the_next_event():
    """Whoever follows events sees each when the next one comes, or when it is quiet."""
    arriving = iter([ECHO, None, ECHO, OWN])
    told = without_echoes(arriving)
    assert next(told) == ECHO
    assert next(arriving) == ECHO


def test_a_configuration_that_changes_nothing():
    """Nothing is an answer, too."""
    assert change_lines(as_json(ConfigChange())) == ["nothing has changed"]


@pytest.mark.parametrize(
    ("state", "wanted", "start", "fine", "column"),
    [
        ("ready", "running", "eager", True, ""),
        ("stopped", "stopped", "eager", True, ""),
        ("disabled", "disabled", "eager", True, ""),
        ("stopped", "running", "on-demand", True, ""),
        ("stopped", "running", "eager", False, "running"),
        ("stopping", "stopped", "eager", False, "stopped"),
        ("ready", "disabled", "eager", False, "disabled"),
        ("starting", "running", "eager", False, ""),
        ("failed", "running", "eager", False, ""),
        ("degraded", "running", "on-demand", False, ""),
    ],
)
def test_what_was_asked_for_is_shown_where_it_differs(state, wanted, start, fine, column):
    """A plugin that is as it was asked to be needs no explanation; one on its way needs no column."""
    plugin = {"state": state, "wanted": wanted, "start": start}
    assert (fine, column) == (_is_as_wanted(plugin), _wanted(plugin))


def test_an_extension_that_fails_is_no_active_one():
    """Disabled, failing and active ones are told apart by words, too."""
    shown = [
        _state({"enabled": enabled, "failures": count}).plain for enabled, count in ((0, 1), (1, 2), (1, 0))
    ]
    assert shown == ["⊘ disabled", "▲ fails", "● active"]


def plugin(name, wave, state="ready", **more):
    return {
        "id": name, "version": "1.0.0", "state": state, "reason": {"code": "x", "text": f"{name} is odd"},
        "start": "eager", "wanted": "running", "wave": wave, "waiting_for": [], **more,
    }  # fmt: skip


def need(dependent, name, provider, **more):
    return {
        "dependent": dependent, "kind": "interface", "name": name, "range": "^1", "optional": False,
        "on_loss": "restart", "provider": provider, "version": provider and "1.2", "candidates": [], **more,
    }  # fmt: skip


TOPOLOGY = {
    "waves": [["kv"], ["web"]],
    "plugins": [
        plugin("bad", None, "failed", version=""),
        plugin("kv", 0, "backing-off"),
        plugin("lost", None, "failed"),
        plugin("web", 1, "waiting", waiting_for=["kv"]),
    ],
    "dependencies": [
        need("lost", "Gone", None),
        need("web", "Cache", None, optional=True, on_loss="ignore"),
        need("web", 'Odd"Name', "kv", on_loss="degrade"),
    ],
    "problems": {"lost": {"code": "requirement-missing", "text": "lost requires Gone ^1", "chain": ["lost"]}},
}


def test_why_says_what_was_asked_for_where_it_differs():
    """A plugin that is on its way to rest says so; one whose problem is another one than its reason has both."""
    problem = {"code": "dependency-cycle", "text": "a circle", "chain": ["kv", "web", "kv"]}
    facts = {"plugin": plugin("kv", 0, "stopping", wanted="stopped"), "requires": [], "required_by": []}
    assert [line.plain for line in _explain({**facts, "problem": problem})] == [
        "kv 1.0.0 is ◑ stopping: kv is odd",
        "It is to stay stopped.",
        "It cannot start: a circle",
        "  kv → web → kv",
    ]


def test_a_graph_shows_trouble():
    """States beside providers that are not ready, whom a plugin waits for, and at the end what cannot start and why."""
    assert [line.plain for line in draw(TOPOLOGY)] == [
        "wave 1",
        "  kv    1.0.0  ↻ backing-off",
        "",
        "wave 2",
        "  web   1.0.0  ◌ waiting for kv",
        "  ├─ Cache ^1     from nobody, optional, runs on without it",
        '  └─ Odd"Name ^1  from kv 1.2, ↻ backing-off, runs on degraded without it',
        "",
        "cannot start",
        "  bad   -      ✗ failed",
        "  lost  1.0.0  ✗ failed",
        "  └─ Gone ^1      from nobody",
        "",
        "bad is odd",
        "lost requires Gone ^1",
    ]


def test_a_graph_for_graphviz():
    """Names are quoted, optional requirements are dashed, what nobody provides stands there as that."""
    lines = dot(TOPOLOGY).splitlines()
    assert (lines[0], lines[-1]) == ("digraph plugins {", "}")
    assert '  "web" -> "kv" [label="Odd\\"Name ^1"];' in lines
    assert '  "web" -> "nobody: Cache ^1" [label="Cache ^1", style=dashed];' in lines
    assert '  "kv" [label="kv 1.0.0\\n↻ backing-off", color="#b26a00"];' in lines
    assert '  { rank=same; "kv"; }' in lines
