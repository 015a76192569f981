"""Each error of the host has its HTTP status, and the table has nothing else by mistake."""

from __future__ import annotations

import json

import pytest
from werkzeug.exceptions import ImATeapot, InternalServerError, MethodNotAllowed

import hostcore.errors
from hostcore.errors import (
    CallFailedError,
    HostError,
    InvalidParamsError,
    OverloadedError,
    PluginError,
    ProtocolError,
)
from hostcore.snapshots import PluginState
from hostweb_api import PROBLEMS, Problem, ProblemError
from hostweb_api._json import dump_json
from hostweb_api._problems import problem_of

ERRORS = [getattr(hostcore.errors, name) for name in hostcore.errors.__all__] + [HostError]


def make(kind: type[Exception]) -> Exception:
    return kind("what happened", status=5) if issubclass(kind, CallFailedError) else kind("what happened")


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_is_a_problem(kind: type[HostError | ProtocolError]) -> None:
    """Each public error becomes a problem of its own code, with a status from the table."""
    problem = problem_of(make(kind))
    assert problem is not None
    assert problem.code == (kind.code if kind.code in PROBLEMS else "protocol-violated")
    body = json.loads(problem.body())
    assert body["status"] == PROBLEMS[problem.code][0]
    assert body["type"] == f"urn:polyhost:problem:{problem.code}"
    assert body["detail"] == "what happened"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("plugin-not-found", 404),
        ("method-not-found", 404),
        ("plugin-already-loaded", 409),
        ("plugin-required", 409),
        ("params-invalid", 422),
        ("manifest-invalid", 422),
        ("json-invalid", 400),
        ("message-too-large", 413),
        ("body-too-large", 413),
        ("media-type-unsupported", 415),
        ("plugin-overloaded", 429),
        ("call-failed", 502),
        ("result-invalid", 502),
        ("plugin-misbehaved", 502),
        ("protocol-violated", 502),
        ("plugin-crashed", 503),
        ("plugin-unavailable", 503),
        ("host-closed", 503),
        ("call-timed-out", 504),
        ("internal", 500),
    ],
)
def test_statuses_are_as_agreed(code: str, status: int) -> None:
    """Programs rely on these."""
    assert PROBLEMS[code][0] == status


def test_errors_of_extensions_are_answered_as_their_root() -> None:
    """An error that an extension derives, with a code nobody here knows, keeps the status of what it derives from."""

    class OwnError(PluginError):
        code = "own-code"

    problem = problem_of(OwnError("x"))
    assert problem is not None
    assert problem.code == "plugin-error"


def test_location_hint_and_details_are_kept() -> None:
    """Nothing that the error knows is lost; what it does not know is left out."""
    error = InvalidParamsError("x", location="#/key", hint="send a key", details={"rule": "required"})
    body = json.loads(problem_of(error).body())
    assert (body["location"], body["hint"], body["details"]) == ("#/key", "send a key", {"rule": "required"})
    assert "location" not in json.loads(problem_of(InvalidParamsError("x")).body())


def test_telling_of_an_error_cannot_fail() -> None:
    """Details and data that JSON has no form for are sent as text."""
    odd = CallFailedError("x", status=13, data={"x": float("nan")})
    odd.details = {"what": object(), "state": PluginState.READY}
    body = json.loads(problem_of(odd).body())
    assert body["error"]["data"] == "{'x': nan}"
    assert "object object" in body["details"]
    odd.details = {"state": PluginState.READY, "raw": b"a"}
    assert json.loads(problem_of(odd).body())["details"] == {"state": "ready", "raw": {"$bytes": "YQ=="}}


def test_errors_of_the_framework() -> None:
    """Errors of the framework become problems; its own 500 says nothing."""
    assert problem_of(MethodNotAllowed(["GET"])).code == "method-not-allowed"
    assert problem_of(ImATeapot()).code == "request-invalid"
    assert problem_of(InternalServerError("secret")).detail != "secret"


def test_bugs_are_no_problems() -> None:
    """What nobody raises on purpose has no problem, also in a group with errors that have one."""
    assert problem_of(KeyError("x")) is None
    assert problem_of(ExceptionGroup("g", [OverloadedError("full"), KeyError("x")])) is None
    assert (
        problem_of(ExceptionGroup("g", [ExceptionGroup("g", [OverloadedError("full")])])).code
        == "plugin-overloaded"
    )
    known = Problem(code="json-invalid", detail="x")
    assert problem_of(ProblemError(known)) is known


def test_json_is_strict_and_total() -> None:
    """Text without a UTF-8 form is escaped, binary data wrapped; NaN and foreign objects are refused."""
    assert dump_json({"a": "ä\n", "b": b"\x00"}) == '{"a":"ä\\n","b":{"$bytes":"AA=="}}'.encode()
    assert json.loads(dump_json("\ud800")) == "\ud800"
    with pytest.raises(ValueError, match="JSON"):
        dump_json(float("inf"))
    with pytest.raises(TypeError):
        dump_json(object())
