"""What happened, in a line for people: events, ends of processes, changes of the configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hostcore.cli._output import clock, duration, state_text, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.text import Text

_WANTED = {"running": "is to run", "stopped": "is to stay stopped", "disabled": "is to stay disabled"}
# Lists of a changed configuration, in the order in which they are told.
_CHANGES = ("loaded", "unloaded", "reloaded", "enabled", "disabled")
_TOLD = frozenset({"id", "sequence", "at", "kind", "plugin", "extension", "instance"})


def event_line(event: Mapping[str, Any], *, full: bool) -> Text:
    """Tell an event in a line: when, of which kind, whom it is about, and what; `full` with the date."""
    line = text((clock(event["at"], full=full) if "at" in event else "-", "dim"), " ")
    line.append_text(text((f"{event['kind']:<22} ", "cyan")))
    who = event.get("plugin") or event.get("extension") or ""
    if who:
        instance = f"#{event['instance']}" if "instance" in event else ""
        line.append_text(text((who + instance, "bold"), " "))
    line.append_text(what_happened(event))
    line.rstrip()  # some kinds say it all
    return line


def what_happened(event: Mapping[str, Any]) -> Text:
    """Tell an event without saying when it was and whom it is about."""
    match event["kind"]:
        case "plugin-state-changed" | "instance-state-changed":
            line = state_text(event["old"]).append(" → ").append_text(state_text(event["new"]))
            return line.append_text(text((f"  {event['reason']['text']}", "dim")))
        case "config-reloaded":
            return text("; ".join(change_lines(event["change"])))
        case "extension-failed":
            return text(f"{event['hook']}: {event['error']}")
    return text(_about_plugin(event) or _about_host(event) or _rest(event))


def _about_plugin(event: Mapping[str, Any]) -> str:
    told = ""
    match event["kind"]:
        case "plugin-exited":
            told = describe_exit(event["report"])
        case "plugin-discovered":
            told = f"{event['version']} in {event['folder']}"
        case "plugin-refused":
            told = event["reason"]["text"]
        case "plugin-unverified":
            what = "was not started" if event["refused"] else "is started all the same"
            told = f"nobody vouches for its files, it {what}: {event['verification']['detail']}"
        case "plugin-wanted-changed":
            told = _WANTED.get(event["wanted"], f"is wanted {event['wanted']}")
        case "plugin-reloaded":
            told = f"{versions(event['old_version'], event['version'])} has taken over ({event['trigger']})"
            told += "".join(f"; {finding}" for finding in event["findings"])
        case "plugin-reload-failed":
            told = f"{event['version']} could not take over ({event['trigger']}): {event['reason']['text']}"
        case "instance-recycled":
            told = f"was replaced by a fresh process: {event['reason']['text']}"
    return told


def _about_host(event: Mapping[str, Any]) -> str:
    match event["kind"]:
        case "host-started":
            return f"Polyhost {event['version']} with {_count(len(event['plugins']), 'plugin')}"
        case "host-stopping":
            return str(event["reason"]["text"])
        case "events-missed":
            return f"{_count(event['last'] - event['first'] + 1, 'event')} before this are no longer kept"
        case "gap":
            return "events before this are no longer kept, or are of another run"
    return ""


def _rest(event: Mapping[str, Any]) -> str:
    """Tell the members of a kind that a newer server has and this program does not know."""
    rest = {key: value for key, value in event.items() if key not in _TOLD}
    return json.dumps(rest, ensure_ascii=False) if rest else ""


def versions(old: str, new: str) -> str:
    """Say from which version to which one: `1.0.0 → 1.1.0`, or only the one that it is and was."""
    return new if old == new else f"{old} → {new}"


def describe_exit(report: Mapping[str, Any]) -> str:
    """Say in one line how a process ended."""
    how = (
        f"was killed by {report['signal']}" if report["signal"] else f"exited with code {report['exit_code']}"
    )
    cut = report["calls_in_flight"]
    calls = f", {_count(cut, 'call')} cut off" if cut else ""
    return f"pid {report['pid']} {how} after {duration(report['uptime'])}{calls}: {report['reason']['text']}"


def change_lines(change: Mapping[str, Any]) -> list[str]:
    """Say what a new reading of the host's configuration has changed, a fact a line."""
    lines = [f"{name} {', '.join(change[name])}" for name in _CHANGES if change[name]]
    if change["pending"]:
        lines.append(f"{', '.join(change['pending'])} will change with the next start of the host")
    lines += [f"{who} failed: {why}" for who, why in change["failed"].items()]
    return lines or ["nothing has changed"]


def without_echoes(events: Iterable[Mapping[str, Any] | None]) -> Iterator[Mapping[str, Any]]:
    """Leave out the change of a plugin's only instance when the plugin's own change, the very same, follows at once.

    Args:
        events: in their order; None says that for the moment there are no more: what is held back is given out.
    """
    held: Mapping[str, Any] | None = None
    several: set[str] = set()  # plugins with more instances: what one of theirs does is no echo
    for event in events:
        if held is not None and not _is_echo(held, event):
            yield held
        held = None
        if event is None:
            continue
        if event["kind"] == "instance-state-changed":
            if event["instance"]:
                several.add(event["plugin"])
            if event["plugin"] not in several:
                held = event
                continue
        yield event
    if held is not None:
        yield held


def _is_echo(event: Mapping[str, Any], following: Mapping[str, Any] | None) -> bool:
    return (
        following is not None
        and following["kind"] == "plugin-state-changed"
        and (following["plugin"], following["new"]) == (event["plugin"], event["new"])
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
