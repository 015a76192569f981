"""`/api/plugins/:id/call`: call a method of a plugin, with what goes in and comes out in several forms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import PluginState, as_json
from hostweb_api._answers import CallAnswer, CallFailure, CallItem, CallList, CallProgress, CollectedAnswer
from hostweb_api._models import CallBody, RawCallQuery
from hostweb_api._operations import Answer, OtherBody, RequestHeader, operation, target_of
from hostweb_api._problem_sets import CALLING, NAMING
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._reading import current_request
from hostweb_api._request_facts import facts_of
from hostweb_api._responses import NDJSON, SSE, empty_response, json_response
from hostweb_api._settings import MAX_CALL_BODY
from hostweb_api.calls._idempotency import REPLAYED, Repeats
from hostweb_api.calls._recorded import telling_record
from hostweb_api.calls._replies import Form, Replies, choose_form
from hostweb_api.calls._requests import (
    BYTES,
    MSGPACK,
    CallRequest,
    read_bytes,
    read_lines,
    read_msgpack,
    request_of,
)
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api._settings import ApiSettings
    from hostweb_api.security._audit import AuditTrail
    from hostweb_api.serving._streams import OpenStreams

TRACEPARENT: Final = "traceparent"
"""The header of W3C Trace Context."""

TRACESTATE: Final = "tracestate"
"""Is its second one; it may come several times."""

_KEY: Final = "Idempotency-Key"

_RUNNING: Final = frozenset({PluginState.READY, PluginState.DEGRADED, PluginState.DRAINING})

_BODIES: Final = (
    OtherBody(media_type=MSGPACK, description="the same members, with binary data as such.", kind=CallBody),
    OtherBody(media_type=NDJSON, description="the first line is the call, each further one an item."),
    OtherBody(
        media_type=BYTES,
        description="the one binary param, or the binary items, of the method that the query names.",
    ),
)

_ANSWERS: Final = (
    Answer(
        kind=CallAnswer | CollectedAnswer,
        description="The method's answer, with the items of its stream if it sends one.",
        example={"result": {"revision": 1}},
    ),
    Answer(
        kind=CallAnswer | CollectedAnswer,
        description="The same in MessagePack, with binary data as such.",
        media_type=MSGPACK,
    ),
    Answer(
        kind=CallItem | CallAnswer | CallFailure,
        description="Lines with the items, the last one with the result or what went wrong.",
        media_type=NDJSON,
    ),
    Answer(
        kind=CallProgress,
        description="Events: `progress`, `item`, and at the end `result` or `error`.",
        media_type=SSE,
    ),
    Answer(
        kind=bytes,
        description="The one binary member of the result, or the binary items one after the other.",
        media_type=BYTES,
    ),
)


def calls_blueprint(
    host: HostControl, streams: OpenStreams, settings: ApiSettings, audit: AuditTrail
) -> Blueprint:
    """Return the route that calls plugins. A call is cancelled when its client goes away, unless it has a key."""
    routes = Blueprint("calls", __name__)
    replies = Replies(host, streams, heartbeat=settings.heartbeat)
    repeats = Repeats()

    @routes.post("/api/plugins/<plugin_id>/call")
    @operation(
        "callPlugin",
        scope=Scope.OPERATOR,
        body=CallBody,
        other_bodies=_BODIES,
        body_limit=MAX_CALL_BODY,
        audited=False,  # which calls are is known once the method is
        query=RawCallQuery,
        headers=(
            RequestHeader(
                name=TRACEPARENT,
                description="The W3C trace context that the call belongs to; what is none is passed over.",
            ),
            RequestHeader(
                name=TRACESTATE,
                description="What vendors say about that trace, at most 512 characters; what is none is passed over.",
            ),
            RequestHeader(
                name=_KEY,
                description="Lets the request be repeated without a second call; the answer then has "
                "`Idempotency-Replayed: true`.",
            ),
        ),
        answers={200: _ANSWERS},
        problems=(
            *CALLING,
            "call-cancelled",
            "msgpack-invalid",
            "idempotency-key-invalid",
            "idempotency-key-reused",
        ),
    )
    async def call_plugin(plugin_id: str, body: CallBody | None, query: RawCallQuery) -> Response:
        """Call a method of a plugin."""
        request = current_request()
        asked = await _read(host, plugin_id, body, query)
        facts = facts_of(request.asgi_scope)
        facts.is_change = audit.wants_call(read_only=asked.changes_nothing)
        facts.target = target_of((plugin_id, asked.method))
        asked = replace(
            asked,
            traceparent=request.headers.get(TRACEPARENT),
            tracestate=",".join(request.headers.getlist(TRACESTATE)),
            caller=request.caller.name,
            on_record=telling_record(host, plugin_id, facts.note_call) if facts.is_change else None,
            failed=lambda problem: facts.note_problem(problem.code),
        )
        form = choose_form(request.accept_mimetypes, asked)
        keys = request.headers.getlist(_KEY)
        if not keys:
            return await replies.reply(asked, form)
        _check_repeatable(asked, form)
        # Whoever repeats it wants its outcome, so it has to have one.
        request.outlives_client = True
        raw = await request.body.read(limit=MAX_CALL_BODY)
        parts = (
            request.path.encode(),
            request.query_string,
            request.mimetype.encode(),
            form.value.encode(),
            raw,
        )
        answer = await repeats.once(
            ", ".join(keys),  # several are none
            caller=request.caller,
            parts=parts,
            make=lambda: replies.reply(asked, form),
            is_running=host.plugin(plugin_id).state in _RUNNING,
        )
        if REPLAYED in answer.headers:
            facts.is_change = False  # the first one is there
        return answer

    @routes.get("/api/plugins/<plugin_id>/calls")
    @operation(
        "listCalls",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=CallList, description="The calls, the oldest first."),)},
        problems=NAMING,
    )
    async def list_calls(plugin_id: str) -> Response:
        """List the calls that a plugin works on at this moment, and those that wait for it.

        A call waits for its turn where the plugin has as many as it takes, and for the plugin itself while that starts on
        demand or is replaced; in the latter case it has no process yet. It keeps its id from its arrival to its end; where
        it is recorded, that is the id of its record in the communication log.
        """
        return json_response(as_json(CallList(calls=host.calls(plugin_id))))

    @routes.delete("/api/plugins/<plugin_id>/calls/<call_id>")
    @operation(
        "cancelCall",
        scope=Scope.OPERATOR,
        answers={204: (Answer(kind=None, description="The call is cancelled."),)},
        problems=(*NAMING, "call-not-found"),
    )
    async def cancel_call(plugin_id: str, call_id: str) -> Response:
        """Cancel a call that a plugin works on, or that waits for it, whoever made it."""
        host.cancel_call(plugin_id, call_id, by=current_request().caller.name)
        return empty_response()

    return routes


async def _read(host: HostControl, plugin: str, body: CallBody | None, query: RawCallQuery) -> CallRequest:
    request = current_request()
    if body is None and request.mimetype == BYTES:
        return await read_bytes(host, plugin, query, request.body)
    if query.model_fields_set:
        raise ProblemError(
            Problem(
                code="query-invalid",
                detail="The query is for raw bytes; this body says itself what to call.",
                hint=f"leave it out, or send Content-Type: {BYTES}",
            )
        )
    if body is not None:
        return request_of(host, plugin, body, is_json=True)
    if request.mimetype == MSGPACK:
        return await read_msgpack(host, plugin, request.body)
    return await read_lines(host, plugin, request.body)


def _check_repeatable(asked: CallRequest, form: Form) -> None:
    """Refuse a key where the answer is not one piece that can be kept, or the request is not."""
    is_live = form in {Form.LINES, Form.EVENTS} or (form is Form.BYTES and asked.is_streaming)
    if asked.is_upload or is_live:
        raise ProblemError(
            Problem(
                code="idempotency-key-invalid",
                detail="A request or an answer that goes on cannot be repeated.",
                hint="send the items in one body, and ask for JSON, MessagePack, or the bytes of one result",
            )
        )
