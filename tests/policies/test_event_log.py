"""Events in Python's own logging."""

import json
import logging

import pytest

from hostcore import events
from hostcore.events import Event, Recorded
from hostcore.policies import EventLog
from hostcore.policies import _event_log as module
from hostcore.policies._event_log import level_of, sentence
from hostcore.snapshots import (
    ConfigChange,
    ExitReport,
    PluginState,
    Reason,
    Verification,
    VerificationOutcome,
)

WHY = Reason(code="why", text="so it is")
REPORT = ExitReport(
    plugin="p", instance=0, incarnation=1, pid=7, at=0.0, uptime=2.5, exit_code=None, signal="SIGKILL",
    reason=WHY, user_seconds=0.0, system_seconds=0.0, max_rss_bytes=0,
)  # fmt: skip
STATES = {"plugin": "p", "old": PluginState.STARTING, "new": PluginState.READY, "reason": WHY}
UNLOCKED = Verification(mode="warn", outcome=VerificationOutcome.UNLOCKED, detail="there is no entry")
SENTENCES = [
    (events.HostStarted(version="1", plugins=("a", "b")), "the host has started with 2 plugins"),
    (events.HostStarted(version="1", plugins=("a",)), "the host has started with 1 plugin"),
    (events.HostStopping(reason=WHY), "the host stops: so it is"),
    (events.PluginDiscovered(plugin="p", version="1.0.0", folder="/p"), "p 1.0.0 was found in /p"),
    (events.PluginRefused(plugin="p", folder="/p", reason=WHY), "p was refused: so it is"),
    (
        events.PluginUnverified(plugin="p", version="1.0.0", refused=True, verification=UNLOCKED),
        "nobody vouches for the files of p, which was not started: there is no entry",
    ),
    (
        events.PluginUnverified(plugin="p", version="1.0.0", refused=False, verification=UNLOCKED),
        "nobody vouches for the files of p, which is started all the same: there is no entry",
    ),
    (events.PluginStateChanged(**STATES), "p is ready: so it is"),
    (events.InstanceStateChanged(instance=1, **STATES), "instance 1 of p is ready: so it is"),
    (events.PluginExited(plugin="p", report=REPORT), "a process of p (pid 7) was killed by SIGKILL after 2.5 s: so it is"),
    (events.PluginWantedChanged(plugin="p", wanted="stopped"), "p is to be stopped"),
    (
        events.PluginReloaded(plugin="p", old_version="1.0.0", version="1.1.0", trigger="watch"),
        "p was reloaded, 1.0.0 became 1.1.0 (watch)",
    ),
    (
        events.PluginReloaded(plugin="p", old_version="1.0.0", version="1.0.0", trigger="request"),
        "p was reloaded, 1.0.0 as before (request)",
    ),
    (
        events.PluginReloadFailed(plugin="p", version="1.1.0", trigger="watch", reason=WHY),
        "p 1.1.0 could not take over (watch): so it is",
    ),
    (events.InstanceRecycled(plugin="p", instance=0, reason=WHY), "instance 0 of p was replaced: so it is"),
    (events.ConfigReloaded(change=ConfigChange()), "the configuration was read again: nothing has changed"),
    (
        events.ConfigReloaded(change=ConfigChange(loaded=("a", "b"), failed={"c": "x"}, pending=("data",))),
        "the configuration was read again: 2 plugins loaded, 1 plugin failed, data needs a new start",
    ),
    (events.PluginUnloaded(plugin="p"), "p was unloaded"),
    (events.ExtensionFailed(extension="e", hook="h", error="E: x"), "the extension e failed in h: E: x"),
]  # fmt: skip
WARNED = (events.PluginRefused, events.PluginReloadFailed, events.PluginUnverified, events.ExtensionFailed)


def recorded(event):
    return Recorded(run="r", sequence=3, at=1.0, event=event)


@pytest.mark.parametrize(("event", "text"), SENTENCES, ids=lambda value: getattr(value, "kind", ""))
def test_each_event_is_a_sentence(event, text):
    """Who, and what has happened to it."""
    assert sentence(event) == text


def test_no_event_is_left_out():
    """Every kind that has a place in the sequence is in the table above."""
    kinds = {each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)}
    assert kinds - {Event, events.EventsMissed} == {type(event) for event, _ in SENTENCES}


@pytest.mark.parametrize("event", [event for event, _ in SENTENCES], ids=lambda event: event.kind)
def test_trouble_is_a_warning(event):
    """What an operator should look at is, the rest is information."""
    assert level_of(event) == (logging.WARNING if isinstance(event, WARNED) else logging.INFO)


@pytest.mark.parametrize("kind", [events.PluginStateChanged, events.InstanceStateChanged])
def test_a_failure_is_a_warning(kind):
    """A plugin or an instance that goes to `failed` will not come back by itself."""
    more = {"instance": 0} if kind is events.InstanceStateChanged else {}
    assert level_of(kind(**{**STATES, "new": PluginState.FAILED}, **more)) == logging.WARNING


def test_a_record_carries_the_event(caplog):
    """Message and level for people, the whole event for programs."""
    event = recorded(events.PluginUnloaded(plugin="50 % p"))
    with caplog.at_level(logging.INFO, logger="polyhost.events"):
        EventLog().hostcore_on_event(event)
    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == (
        "polyhost.events",
        logging.INFO,
        "50 % p was unloaded",
    )
    assert json.loads(json.dumps(record.event)) == event.as_json()


def test_the_level_of_the_logger_counts(caplog):
    """A program that wants warnings gets only those."""
    with caplog.at_level(logging.WARNING, logger="polyhost.events"):
        for event, _ in SENTENCES:
            EventLog().hostcore_on_event(recorded(event))
    assert {type(event) for event, _ in SENTENCES if isinstance(event, WARNED)} == set(WARNED)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 5


def test_nothing_is_printed_where_logging_is_not_configured(capsys, monkeypatch):
    """Without any handler the standard library would write warnings to stderr; the policy does not let it."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    EventLog().hostcore_on_event(recorded(events.ExtensionFailed(extension="e", hook="h", error="x")))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("level", "has_handlers"), [(logging.WARNING, True), (logging.INFO, False)])
def test_nothing_is_made_for_nobody(level, has_handlers, caplog, monkeypatch):
    """Without a handler, or with a level that leaves it out, an event is neither told in words nor turned into JSON."""
    caplog.set_level(level, logger="polyhost.events")
    monkeypatch.setattr(logging.getLogger("polyhost.events"), "propagate", has_handlers)
    made = []
    monkeypatch.setattr(module, "sentence", made.append)
    monkeypatch.setattr(Recorded, "as_json", made.append)
    EventLog().hostcore_on_event(recorded(events.PluginStateChanged(**STATES)))
    assert made == []
