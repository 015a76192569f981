"""What an interface file says, as frozen facts. Schemas stay plain JSON Schema objects."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hostcore.interfaces._versions import InterfaceVersion

Schema: TypeAlias = Mapping[str, Any]


class ValidationMode(enum.StrEnum):
    """Says what the host checks around a call; a manifest chooses one."""

    BOTH = "both"
    PARAMS = "params"
    OFF = "off"


class Expectation(enum.StrEnum):
    """Says what an example compares the outcome of its call with."""

    RESULT = "result"
    MATCHES = "matches"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """Is one call with the outcome it must have; binary fields are bytes already.

    Attributes:
        method: the method's name, without the interface.
        description: what it shows; may be empty.
        params: what to call with.
        items: what to send as the caller's stream; empty for methods without one.
        expectation: what to compare with.
        result: the exact result, for `RESULT`.
        matches: a self-contained schema that the result must satisfy, for `MATCHES`.
        error: the name of the application error, for `ERROR`.
        partial: whether properties that `result` does not mention are let pass, at every depth.
        ignore: JSON pointers into the result that are not compared, for what differs from run to run.
        pointer: where it stands in the interface file.
    """

    method: str
    description: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Any, ...] = ()
    expectation: Expectation
    result: Any = None
    matches: Schema | None = None
    error: str | None = None
    partial: bool = False
    ignore: tuple[str, ...] = ()
    pointer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Is a sequence of calls on one fresh plugin instance.

    Attributes:
        description: what it shows.
        steps: the calls, in order.
    """

    description: str
    steps: tuple[Example, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorSpec:
    """Declares one application error.

    Attributes:
        name: as it goes over the wire.
        code: the gRPC status name of its class, e.g. `NOT_FOUND`.
        description: when it is answered.
        retryable: whether the same call may succeed later.
        data: self-contained schema of what comes along, or None when nothing is said about it.
    """

    name: str
    code: str
    description: str = ""
    retryable: bool = False
    data: Schema | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSpec:
    """Declares the streams of a method.

    Attributes:
        in_: self-contained schema of the items that the caller sends, or None when it sends none.
        out: self-contained schema of the items that the plugin sends, or None.
    """

    in_: Schema | None = None
    out: Schema | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """Declares one method of an interface.

    Attributes:
        interface: the interface's name.
        name: the method's name.
        description: for people.
        params: self-contained schema of the params; carries the `$defs` it refers to.
        result: self-contained schema of the result.
        stream: its streams; both None for a unary method.
        errors: names of the application errors it may answer with.
        idempotent: whether calling twice is like calling once.
        read_only: whether it changes nothing.
        timeout_ms: its own default deadline, or None.
        since: the interface version that brought it, or None for the first one.
        deprecated: a text that says what to use instead, or None.
        examples: calls with their outcomes, in the order of the file.
    """

    interface: str
    name: str
    description: str = ""
    params: Schema
    result: Schema
    stream: StreamSpec = field(default_factory=StreamSpec)
    errors: tuple[str, ...] = ()
    idempotent: bool = False
    read_only: bool = False
    timeout_ms: int | None = None
    since: InterfaceVersion | None = None
    deprecated: str | None = None
    examples: tuple[Example, ...] = ()

    @property
    def full_name(self) -> str:
        """Return `Interface.Method`, its name on the wire."""
        return f"{self.interface}.{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Interface:
    """Is a versioned contract: methods with their schemas, and the errors they share.

    Attributes:
        name: what plugins provide and callers ask for.
        version: `MAJOR.MINOR`.
        description: for people.
        methods: by name, in the order of the file.
        errors: by name.
        scenarios: sequences of calls that every provider must pass.
        source: the file it was read from, or what else it came from.
        document: the whole file as it was parsed; `compare` works on it.
    """

    name: str
    version: InterfaceVersion
    description: str = ""
    methods: Mapping[str, Method]
    errors: Mapping[str, ErrorSpec] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    source: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
