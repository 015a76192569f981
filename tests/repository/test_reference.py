"""The reference pages of hooks, events and states name all that the code has, and nothing else."""

from __future__ import annotations

import dataclasses
import re

import pytest

import hostcore.events
from hostcore.events import Event, Recorded
from hostcore.hooks import HostHooks
from hostcore.policies import BUILT_IN
from hostcore.snapshots import PluginState
from repository import ROOT

HOOKS = (ROOT / "docs/reference/hooks.md").read_text()
EVENTS = (ROOT / "docs/reference/events.md").read_text()

ROW = re.compile(r"^\| `([a-z-]+)` \| .*? \| (.*?) \|$", re.MULTILINE)


def event_types():
    found = [getattr(hostcore.events, name) for name in hostcore.events.__all__]
    return [each for each in found if each not in {Event, Recorded}]


def test_every_hook_has_a_section():
    """Each hookspec has a heading of its own in the reference, and each heading is a hookspec."""
    specs = {name for name in vars(HostHooks) if name.startswith("hostcore_")}
    assert specs == set(re.findall(r"^### (\w+)$", HOOKS, re.MULTILINE))


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
