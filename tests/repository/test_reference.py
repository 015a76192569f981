"""The reference pages of hooks, events and states name all that the code has, and nothing else."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

import hostcore.events
from hostcore.events import Event, Recorded, event_kinds
from hostcore.hooks import ASYNC_HOOK_SECONDS, HostHooks
from hostcore.hooks._answers import MOST_ANSWERS
from hostcore.hooks._failures import FAILURES_A_MINUTE, SLOW_HOOK_SECONDS
from hostcore.policies import BUILT_IN
from hostcore.snapshots import PluginState
from hostweb_api import WebHooks
from repository import ROOT

HOOKS = (ROOT / "docs/reference/hooks.md").read_text()
EVENTS = (ROOT / "docs/reference/events.md").read_text()

DECLARED = {
    name: hook
    for declaration in (HostHooks, WebHooks)
    for name, hook in vars(declaration).items()
    if name.startswith(("hostcore_", "hostweb_"))
}
SPECS = list(DECLARED)
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", HOOKS, re.MULTILINE | re.DOTALL))

ROW = re.compile(r"^\| `([a-z-]+)` \| .*? \| (.*?) \|$", re.MULTILINE)


def event_types():
    found = [getattr(hostcore.events, name) for name in hostcore.events.__all__]
    return [each for each in found if each not in {Event, Recorded, event_kinds}]


def test_every_hook_has_a_section():
    """Each hookspec has a heading of its own in the reference, in the order of the code, and each heading is one."""
    assert re.findall(r"^### (\w+)$", HOOKS, re.MULTILINE) == SPECS


@pytest.mark.parametrize("hook", SPECS)
def test_the_section_says_what_an_implementation_must_know(hook):
    """When the hook is called, what it takes, what it answers with and else holds, or that it may wait."""
    section = " ".join(SECTIONS[hook].split())
    arguments = [name for name in inspect.signature(DECLARED[hook]).parameters if name != "self"]
    wanted = ["Called ", "Takes ", *(f"`{name}`" for name in arguments)]
    wanted += ["May wait"] if hook.startswith("hostcore_on_") else ["answers with ", "Default: "]
    assert [each for each in wanted if each not in section] == []


@pytest.mark.parametrize("hook", SPECS)
def test_every_hook_is_tested(hook):
    """Some test implements or calls each hook by its name, beside the one that goes through all declarations."""
    tests = [
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.parent.name != "repository" and path != ROOT / "tests" / "hooks" / "test_specs.py"
    ]
    assert any(re.search(rf"\b{hook}\b", path.read_text()) for path in tests)


@pytest.mark.parametrize("hook", SPECS)
def test_every_hook_is_called(hook):
    """Some code of the host, beside the declaration and the policies, names the hook: one that nobody calls is a lie."""
    code = [
        path
        for package in ("hostcore", "hostweb_api")
        for path in (ROOT / "src" / package).rglob("*.py")
        if path.name != "_specs.py" and path.parent.name != "policies"
    ]
    assert any(f'"{hook}"' in path.read_text() for path in code)


def test_the_limits_of_hooks_are_those_of_the_code():
    """The numbers that the reference gives are the constants."""
    failures = " ".join(HOOKS.partition("## Failures")[2].partition("## The hooks")[0].split())
    wanted = [
        f"not ended after {ASYNC_HOOK_SECONDS:g} s",
        f"more than {SLOW_HOOK_SECONDS:g} s",
        f"more than {MOST_ANSWERS} items",
        f"at most {FAILURES_A_MINUTE} times a minute",
    ]
    assert [each for each in wanted if each not in failures] == []


def test_every_policy_has_a_row():
    """Each built-in policy has a row in the reference, and each row is a policy."""
    table = HOOKS.partition("## Built-in policies")[2]
    assert set(BUILT_IN) == set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_every_event_has_a_row():
    """Each kind of event has a row in the reference, and each row is an event."""
    assert sorted(each.kind for each in event_types()) == sorted(kind for kind, _ in ROW.findall(EVENTS))


@pytest.mark.parametrize("event", event_types(), ids=lambda each: each.__name__)
def test_the_row_names_the_members(event):
    """The row of an event lists its members in their order."""
    members = dict(ROW.findall(EVENTS))[event.kind]
    assert [f"`{each.name}`" for each in dataclasses.fields(event)] == members.split(", ")


def test_every_state_is_named():
    """The reference lists the states in the order of the code."""
    sentence = EVENTS.partition("## States\n\n")[2].partition(". A plugin")[0]
    assert [f"`{state.value}`" for state in PluginState] == sentence.split(", ")
