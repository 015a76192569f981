"""What the bodies and queries of the API look like, checked strictly: what is not known is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hostcore.interfaces import json_pointer
from hostcore.manifest import without_json_form
from hostcore.snapshots import PluginState
from hostweb_api._event_choice import check_kind_words
from hostweb_api._settings import (
    DEFAULT_AUDIT_RECORDS,
    DEFAULT_TOKEN_SECONDS,
    MAX_AUDIT_RECORDS,
    MAX_COLLECTED_ITEMS,
    MAX_LOG_LINES,
    MAX_METHOD_LENGTH,
    MAX_NAME_LENGTH,
    MAX_PATH_LENGTH,
    MAX_RECORD_ID,
    MAX_SECRET_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_TIMEOUT_MS,
    MAX_TOKEN_SECONDS,
    NAME_PATTERN,
    RESERVED_NAMES,
    SHA256_PATTERN,
)


def _no_null_byte(path: str) -> str:
    if "\0" in path:
        raise ValueError("a path has no null byte")
    return path


def _states(text: str) -> str:
    known = [state.value for state in PluginState]
    for word in text.split(","):
        if word not in known:
            raise ValueError(f"{word!r} is no state; there are: {', '.join(known)}")
    return text


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Refuse numbers such as 1e400, which are JSON and would be infinite: nothing that is answered could have them."""
    for path, _, _ in without_json_form(values):
        raise ValueError(f"the number at {json_pointer(path)} is too large")
    return values


def _not_reserved(name: str) -> str:
    if name.casefold() in RESERVED_NAMES:
        raise ValueError(f"{name!r} stands for somebody without a token")
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class LoadBody(_Strict):
    """Names the folder of a plugin, or the address of an archive of one.

    Attributes:
        path: of the folder, or of its `plugin.toml`; a relative one starts at the server's working directory.
        url: the address of an archive, below one that `sources.allow` of the configuration allows; in place of `path`.
        sha256: with `url`, the hash that the archive must have, in hexadecimal.
        replace: whether it takes the place of a plugin of the same id, if there is one, without a call being lost.
        force: with `replace`, also when the new version breaks what others use.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"path": "plugins/kv-python"},
                {"url": "https://example.com/plugins/kv-python-1.4.0.tar.gz"},
            ],
            # The second one has the hash besides.
            "oneOf": [
                {"required": ["path"], "properties": {"sha256": {"type": "null"}, "url": {"type": "null"}}},
                {"required": ["url"], "properties": {"path": {"type": "null"}}},
            ],
        }
    )

    path: (
        Annotated[str, Field(min_length=1, max_length=MAX_PATH_LENGTH), AfterValidator(_no_null_byte)] | None
    ) = None
    url: Annotated[str, Field(min_length=1, max_length=MAX_PATH_LENGTH)] | None = None
    sha256: Annotated[str, Field(pattern=SHA256_PATTERN)] | None = None
    replace: bool = False
    force: bool = False

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.path is None) is (self.url is None):
            raise ValueError("either path or url must be there")
        if self.sha256 is not None and self.url is None:
            raise ValueError("sha256 is of what url names")
        return self


class CallBody(_Strict):
    """Says what to call.

    Attributes:
        method: `Interface.Method`.
        params: the argument object; binary data in it has the form `{"$bytes": "<base64>"}`.
        timeout_ms: the deadline, milliseconds from now; by default that of the method, the plugin or the host.
        items: for a method that takes a stream, its items.
        stream: of a method that nothing describes, which way its items go; of others it says nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"method": "KeyValue.Get", "params": {"key": "a"}, "timeout_ms": 2000}]
        }
    )

    method: Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)]
    params: dict[str, Any] = Field(default_factory=dict)
    timeout_ms: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)] | None = None
    items: Annotated[list[Any], Field(max_length=MAX_COLLECTED_ITEMS)] | None = None
    stream: Literal["in", "out", "both"] | None = None


class RawCallQuery(_Strict):
    """Says what raw bytes are for; with any other body it stays empty.

    Attributes:
        method: `Interface.Method`.
        params: the other params, as a JSON object.
        timeout_ms: the deadline, from now.
    """

    method: Annotated[str, Field(min_length=1, max_length=MAX_METHOD_LENGTH)] | None = None
    params: Annotated[str, Field(max_length=MAX_PATH_LENGTH)] | None = None
    timeout_ms: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)] | None = None


class ReloadBody(_Strict):
    """Says how to reload a plugin.

    Attributes:
        force: whether a new version is taken also when it breaks what others use.
    """

    force: bool = False


class ConfigBody(_Strict):
    """Holds configuration values of a plugin.

    Attributes:
        values: what is laid over the manifest's configuration, whole; table by table it wins over the manifest's values.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": {"flush": "always"}}]})

    values: Annotated[dict[str, Any], AfterValidator(_finite)]


class PluginsQuery(_Strict):
    """Says which plugins are wanted, and in which order.

    Attributes:
        state: states with commas between them; one of them it must have.
        interface: name of an interface that it must provide.
        text: what must stand in its id or description; case does not matter.
        enabled: whether it must be enabled, or disabled.
        sort: by what to sort; with a `-` in front the other way round. Equal ones come by id.
    """

    state: Annotated[str, AfterValidator(_states)] | None = None
    interface: Annotated[str, Field(max_length=MAX_METHOD_LENGTH)] | None = None
    text: Annotated[str, Field(max_length=MAX_TEXT_LENGTH)] | None = None
    enabled: bool | None = None
    sort: Literal["id", "-id", "state", "-state", "restarts", "-restarts", "calls", "-calls"] = "id"


class DiffQuery(_Strict):
    """Says which two versions of an interface are compared; `from` is a word of Python."""

    old: str = Field(alias="from", description="The old version.")
    new: str = Field(alias="to", description="The new version.")


class DiffBody(_Strict):
    """Says what a version of an interface is compared with.

    Attributes:
        document: the new interface file, as JSON.
    """

    old: str = Field(alias="from", description="The old version.")
    document: dict[str, Any]


class UploadQuery(_Strict):
    """Says what becomes of a plugin of the same id.

    Attributes:
        replace: whether the new version takes its place, without a call being lost; else it is refused.
        force: with `replace`, also when the new version breaks what others use.
    """

    replace: bool = False
    force: bool = False


class UnloadQuery(_Strict):
    """Says how far unloading goes.

    Attributes:
        cascade: whether those that require the plugin are unloaded before it.
    """

    cascade: bool = False


class LogsQuery(_Strict):
    """Says which lines of a log are wanted.

    Attributes:
        last: how many, at most; by default 100, with `after` all.
        after: only lines with a higher sequence.
        follow: whether to go on with each new line.
    """

    last: Annotated[int, Field(ge=0, le=MAX_LOG_LINES)] | None = None
    after: Annotated[int, Field(ge=0)] | None = None
    follow: bool = False


class HistoryQuery(_Strict):
    """Says which samples of a plugin's figures are wanted.

    Attributes:
        after: only samples that were taken later, seconds since the epoch.
    """

    after: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class EventsQuery(_Strict):
    """Says which events are wanted.

    Attributes:
        after: the id `<run>-<sequence>` of the event after which to begin; else only new ones are sent.
        plugin: only events of these plugins, by id, with commas in between.
        kind: only events of these kinds, with commas in between.
        severity: only events that matter at least so much.
    """

    after: str | None = None
    plugin: Annotated[str, Field(min_length=1, max_length=MAX_PATH_LENGTH)] | None = None
    kind: (
        Annotated[str, Field(min_length=1, max_length=MAX_PATH_LENGTH), AfterValidator(check_kind_words)]
        | None
    ) = None
    severity: Literal["info", "warn", "error"] = "info"


class SignInBody(_Strict):
    """Holds a token, or the one-time code of a sign-in link."""

    token: Annotated[str, Field(min_length=1, max_length=MAX_SECRET_LENGTH)]


class TokenBody(_Strict):
    """Says what token to make.

    Attributes:
        name: what people call it; unique among those that are good.
        scope: how far its holder may go.
        expires_in: seconds that it is good for; None for no end.
    """

    name: Annotated[
        str,
        Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN),
        AfterValidator(_not_reserved),
    ]
    scope: Literal["viewer", "operator", "admin"]
    expires_in: Annotated[int, Field(ge=1, le=MAX_TOKEN_SECONDS)] | None = DEFAULT_TOKEN_SECONDS


class AuditQuery(_Strict):
    """Says which records of the audit trail are wanted.

    Attributes:
        limit: how many, at most.
        before: only records with a smaller id.
        since: only records of this time and later, seconds since the epoch.
        until: only records of this time and earlier, seconds since the epoch.
        outcome: only records of changes that ended like this.
        caller: only records of this caller.
        operation: only records of this operation.
        target: only records that have this in their target.
        address: only records of callers from this address.
        call: only the record of the call that has this id in the communication log.
        calls: no calls that were made when false, nothing else when true.
    """

    limit: Annotated[int, Field(ge=1, le=MAX_AUDIT_RECORDS)] = DEFAULT_AUDIT_RECORDS
    before: Annotated[int, Field(ge=1, le=MAX_RECORD_ID)] | None = None
    since: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    until: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    outcome: Literal["done", "failed", "refused"] | None = None
    caller: Annotated[str, Field(max_length=MAX_METHOD_LENGTH)] | None = None
    operation: Annotated[str, Field(max_length=MAX_METHOD_LENGTH)] | None = None
    target: Annotated[str, Field(max_length=MAX_METHOD_LENGTH)] | None = None
    address: Annotated[str, Field(max_length=MAX_METHOD_LENGTH)] | None = None
    call: Annotated[int, Field(ge=0, le=MAX_RECORD_ID)] | None = None
    calls: bool | None = None
