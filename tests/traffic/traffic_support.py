"""Rows and files for the tests of the communication log."""

import time

from hostcore.traffic._store import CALLS, CALLS_WITH_BODIES, MESSAGES, Batch

PATIENCE = 30.0  # seconds; generous, because machines that run tests are shared


def call_row(call_id, **changes):
    """Make the row of one call, as the recorder does."""
    facts = {
        "id": call_id,
        "parent": None,
        "plugin": "kv",
        "method": "KeyValue.Get",
        "to_host": 0,
        "caller": None,
        "instance": 0,
        "pid": 7,
        "at": 1000.0 + call_id,
        "duration": 0.001,
        "outcome": "ok",
        "error": None,
        "request_bytes": 90,
        "response_bytes": 50,
        "items_in": 0,
        "items_out": 0,
        "streaming": 0,
    }
    return tuple({**facts, **changes}.values())


def message_row(message_id, **changes):
    facts = {
        "id": message_id,
        "at": 1000.0 + message_id,
        "plugin": "kv",
        "instance": 0,
        "pid": 7,
        "to_host": 0,
        "kind": "request",
        "wire_id": 1,
        "method": "KeyValue.Get",
        "size": 90,
        "call": None,
        "is_error": 0,
        "body": None,
        "body_flags": None,
    }
    return tuple({**facts, **changes}.values())


def calls(*rows):
    return Batch(CALLS, [value for row in rows for value in row])


def calls_with_bodies(*rows):
    return Batch(CALLS_WITH_BODIES, [value for row in rows for value in row])


def messages(*rows):
    return Batch(MESSAGES, [value for row in rows for value in row])


def patiently(condition, complaint):
    """Wait until a condition holds that a thread brings about."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.01)
