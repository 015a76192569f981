"""What a client of the live websocket may say, checked strictly; see `schemas/http/live.schema.json`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from hostweb_api._event_choice import check_kinds
from hostweb_api._faults import misfit
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._settings import MAX_LOG_LINES, MAX_MEMBERS, MAX_METHOD_LENGTH, MAX_TIMEOUT_MS

PROTOCOL: Final = 1
# Room for a UUID and a word; ids are kept and repeated.
MAX_ID: Final = 64
# A cursor has a run and a sequence number, or what a topic makes of them.
MAX_CURSOR: Final = 256
# More plugins or kinds than anybody names one by one.
MAX_NAMES: Final = 100
# Credit that can be granted at once: more is no backpressure any more.
MAX_CREDIT: Final = 1024

# What a trace context may have, with room for what a later version of it adds.
MAX_TRACE: Final = 512

_Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
_Credit = Annotated[int, Field(ge=1, le=MAX_CREDIT)]
_Names = Annotated[list[str], Field(max_length=MAX_NAMES)]
# The manifest's pattern allows less; what is longer is no plugin, and need not be searched for or repeated.
_Plugin = Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)]

M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Subscribe(_Strict):
    """Asks for what goes on in a topic."""

    type: Literal["subscribe"]
    id: _Id
    topic: Annotated[str, Field(min_length=1, max_length=MAX_ID)]
    filter: dict[str, Any] = Field(default_factory=dict)
    after: Annotated[str, Field(max_length=MAX_CURSOR)] | None = None


class Unsubscribe(_Strict):
    """Ends a subscription."""

    type: Literal["unsubscribe"]
    id: _Id


class Ping(_Strict):
    """Asks for a sign of life."""

    type: Literal["ping"]
    id: _Id | None = None


class CallOpen(_Strict):
    """Calls a method; `stream` says of one that nothing describes which way its items go, and of others nothing."""

    type: Literal["call.open"]
    id: _Id
    plugin: _Plugin
    method: Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)]
    params: dict[str, Any] = Field(default_factory=dict)
    timeout_ms: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)] | None = None
    credit: _Credit = 64
    stream: Literal["in", "out", "both"] | None = None
    traceparent: Annotated[str, Field(max_length=MAX_TRACE)] | None = None
    tracestate: Annotated[str, Field(max_length=MAX_TRACE)] | None = None


class CallSend(_Strict):
    """Sends an item to the plugin."""

    type: Literal["call.send"]
    id: _Id
    item: Any


class CallEnd(_Strict):
    """Says that no more items will be sent."""

    type: Literal["call.end"]
    id: _Id


class CallCancel(_Strict):
    """Ends a call."""

    type: Literal["call.cancel"]
    id: _Id


class CallCredit(_Strict):
    """Grants the server more items."""

    type: Literal["call.credit"]
    id: _Id
    credit: _Credit


ClientMessage = Subscribe | Unsubscribe | Ping | CallOpen | CallSend | CallEnd | CallCancel | CallCredit

_MESSAGES: Final[TypeAdapter[ClientMessage]] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="type")]
)


class EventsFilter(_Strict):
    """Says which events are wanted."""

    plugins: _Names | None = None
    kinds: Annotated[_Names, AfterValidator(check_kinds)] | None = None
    severity: Literal["info", "warn", "error"] = "info"


class LogsFilter(_Strict):
    """Says which lines of which log are wanted."""

    plugin: _Plugin
    level: Literal["trace", "debug", "info", "warn", "error", "fatal"] = "trace"
    last: Annotated[int, Field(ge=0, le=MAX_LOG_LINES)] = 0


class MetricsFilter(_Strict):
    """Says whose figures are wanted."""

    plugins: _Names | None = None


class TrafficFilter(_Strict):
    """Says which calls are wanted, and whether messages are."""

    plugin: _Plugin | None = None
    method: Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)] | None = None
    outcome: Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)] | None = None
    messages: bool = False
    bodies: bool = False


class PluginsFilter(_Strict):
    """Has nothing to choose."""


def read_message(text: str) -> Any:
    """Return the JSON value of a message; raises `ProblemError`."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(
            Problem(
                code="json-invalid",
                detail=f"Invalid JSON: {error}.",
                hint="send one JSON object a message; NaN and Infinity are no JSON",
            )
        ) from None


def check_message(data: Any) -> ClientMessage:
    """Return the message that a JSON value is; raises `ProblemError` with each fault."""
    check_size(data)
    try:
        return _MESSAGES.validate_python(data)
    except ValidationError as error:
        raise ProblemError(misfit("body-invalid", error, hint=None, below=1)) from None


def check_filter(model: type[M], data: dict[str, Any]) -> M:
    """Return the filter of a subscription; raises `ProblemError` with each fault."""
    check_size(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ProblemError(
            misfit("body-invalid", error, hint=f"known here: {', '.join(model.model_fields)}")
        ) from None


def check_size(data: Any) -> None:
    """Refuse an object with more members than any message has: a fault for each of a million would take long."""
    if isinstance(data, dict) and len(data) > MAX_MEMBERS:
        raise ProblemError(Problem(code="body-invalid", detail=f"The object has {len(data)} members."))
