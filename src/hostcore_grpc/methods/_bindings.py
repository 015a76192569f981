"""Serve an interface file by a gRPC service: check that they fit, then convert each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hostcore.errors import CallFailedError, InvalidResultError, ManifestError
from hostcore.interfaces import Interface, Method, did_you_mean
from hostcore_grpc.methods._bind_specs import ErrorBinding, InterfaceBinding, MethodBinding
from hostcore_grpc.methods._bound_errors import STATUS_NUMBERS, BoundError, BoundErrors
from hostcore_grpc.methods._calls import GrpcMethod, Received
from hostcore_grpc.methods._codec import Codecs, MessageCodec, problem_error
from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._fit import Fitter, Sides
from hostcore_grpc.methods._known import KnownMessages
from hostcore_grpc.methods._runtime import Descriptor, FieldDescriptor
from hostcore_grpc.methods._scalars import MisfitError, Style
from hostcore_grpc.methods._services import Services
from hostcore_grpc.methods._status_details import DetailsReader


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundMethod:
    """Is a method of an interface that a gRPC service answers; a `CallShape`.

    Attributes:
        method: as the interface declares it.
        path: what a call asks for.
        client_streaming: whether the caller sends items.
        server_streaming: whether the plugin does.
        request: converts what is sent.
        response: converts what is answered.
        sent: names of what is sent: the params or the items.
        result: names of the result.
        item: names of an item from the plugin.
        item_field: the field of an answer that holds an item, or None when the answer is the item.
        result_field: the field of an answer that holds the result, or None.
        count: the property of the result that gets the number of items, or None.
    """

    method: Method
    path: str
    client_streaming: bool
    server_streaming: bool
    request: MessageCodec
    response: MessageCodec
    sent: Sides
    result: Sides
    item: Sides
    item_field: str | None = None
    result_field: str | None = None
    count: str | None = None

    def encode_params(self, params: Any) -> bytes:
        """Return the request that params are; see `CallShape`."""
        return self._encoded(params, "params")

    def encode_item(self, item: Any) -> bytes:
        """Return the request that an item is; see `CallShape`."""
        return self._encoded(item, "item sent")

    def decode(self, data: bytes) -> Received:
        """Return what an answer means; see `CallShape`."""
        name = self.method.full_name
        value = self.response.decode(data, what=f"{name} answer")
        if not self.server_streaming:
            return Received(value=self._named(self.result, value, "result"), is_result=True)
        if self.result_field is not None and self.result_field in value:
            result = self._named(self.result, value[self.result_field], "result")
            return Received(value=result, is_result=True)
        if self.item_field is None:
            return Received(value=self._named(self.item, value, "item"))
        if self.item_field not in value:
            raise InvalidResultError(
                f"the plugin answered with neither {self.item_field!r} nor a result",
                location=f"{name} item",
                hint="look at stream in the manifest's binding of the method",
            )
        return Received(value=self._named(self.item, value[self.item_field], "item"))

    def final_result(self, count: int) -> Any:
        """Return the result of a stream that ended without one; see `CallShape`."""
        if self.result_field is not None:
            raise InvalidResultError(
                f"the stream ended without {self.result_field!r}, which holds the result",
                location=f"{self.method.full_name} result",
            )
        return {} if self.count is None else {self.count: count}

    def _encoded(self, value: Any, what: str) -> bytes:
        place = f"{self.method.full_name} {what}"
        return self.request.encode(self.sent.to_message(value), what=place)

    def _named(self, sides: Sides, value: Any, what: str) -> Any:
        try:
            return sides.from_message(value)
        except ValueError as error:
            place = f"{self.method.full_name} {what}"
            raise problem_error(MisfitError(str(error)), place, InvalidResultError) from None


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundInterface:
    """Is an interface that a gRPC service answers.

    Attributes:
        interface: as its file declares it.
        service: the full name of the service.
        methods: by name.
        errors: turns failed calls into the errors of the interface.
    """

    interface: Interface
    service: str
    methods: Mapping[str, BoundMethod]
    errors: BoundErrors

    def error(self, method: str, status: int, message: str, details: bytes | None) -> CallFailedError:
        """Return the error that a call of a method failed with.

        Args:
            method: its name in the interface.
            status: the gRPC code, 1 to 16.
            message: what the plugin said.
            details: the value of `grpc-status-details-bin`, decoded, or None.
        """
        declared = self.methods[method].method.errors
        return self.errors.error(declared, status, message, details)


def bind_interface(
    binding: InterfaceBinding,
    *,
    interface: Interface,
    services: Services,
    descriptors: Descriptors,
    known: KnownMessages,
) -> BoundInterface:
    """Return an interface bound to the service that the manifest names.

    Raises:
        ManifestError: they do not fit: a method or a field is not there, or is of another kind. The error names the
            first problem, `details["problems"]` all of them.
    """
    service = services.find_service(binding.service)
    if service is None:
        names = [*services.services]
        reason = services.refused.get(binding.service)
        raise ManifestError(
            f"the plugin has no service {binding.service!r}"
            + (f" that can be called: {reason}" if reason else ""),
            location=f"{binding.location}.service",
            hint=did_you_mean(binding.service, names) or "services here: " + (", ".join(names) or "none"),
        )
    binder = _Binder(binding, interface, service.methods, Codecs(descriptors, style=Style.NATIVE))
    methods = binder.methods()
    errors = binder.errors(descriptors)
    binder.raise_problems()
    return BoundInterface(
        interface=interface,
        service=service.full_name,
        methods=methods,
        errors=BoundErrors(errors, DetailsReader(descriptors, known, style=Style.NATIVE)),
    )


class _Binder:
    """Binds one interface, collecting what does not fit."""

    def __init__(
        self,
        binding: InterfaceBinding,
        interface: Interface,
        served: Mapping[str, GrpcMethod],
        codecs: Codecs,
    ) -> None:
        self._binding = binding
        self._interface = interface
        self._served = served
        self._codecs = codecs
        self._problems: list[tuple[str, str, str | None]] = []
        self._fitter = Fitter(self._problem)

    def methods(self) -> dict[str, BoundMethod]:
        self._check_names("methods", self._binding.methods, self._interface.methods)
        bound = {name: self._method(method) for name, method in self._interface.methods.items()}
        return {name: method for name, method in bound.items() if method is not None}

    def errors(self, descriptors: Descriptors) -> list[BoundError]:
        self._check_names("errors", self._binding.errors, self._interface.errors)
        made = []
        for name, spec in self._interface.errors.items():
            binding = self._binding.errors.get(name, ErrorBinding())
            if binding.status is not None and binding.status not in STATUS_NUMBERS:
                hint = did_you_mean(binding.status, STATUS_NUMBERS)
                self._problem(f"errors.{name}.status", f"gRPC has no status {binding.status!r}", hint)
            elif binding.detail is not None and descriptors.find_message(binding.detail) is None:
                self._problem(f"errors.{name}.detail", f"the plugin has no message {binding.detail!r}", None)
            else:
                made.append(BoundError(spec, binding))
        return made

    def raise_problems(self) -> None:
        if not self._problems:
            return
        key, message, hint = self._problems[0]
        more = f" (and {len(self._problems) - 1} more)" if len(self._problems) > 1 else ""
        raise ManifestError(
            f"{message}{more}",
            location=f"{self._binding.location}.{key}",
            hint=hint,
            details={"problems": [{"key": place, "message": text} for place, text, _ in self._problems]},
        )

    def _check_names(self, kind: str, named: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for name in named:
            if name not in known:
                hint = did_you_mean(name, known) or f"{kind} here: {', '.join(known) or 'none'}"
                self._problem(f"{kind}.{name}", f"{self._interface.name} declares no {name!r}", hint)

    def _problem(self, key: str, message: str, hint: str | None) -> None:
        self._problems.append((key, message, hint))

    def _method(self, method: Method) -> BoundMethod | None:
        spec = self._binding.methods.get(method.name, MethodBinding())
        key = f"methods.{method.name}"
        served = self._served.get(spec.method or method.name)
        if served is None:
            hint = did_you_mean(spec.method or method.name, self._served)
            self._problem(
                f"{key}.method",
                f"the service has no method {spec.method or method.name!r}",
                hint or "methods here: " + ", ".join(self._served),
            )
            return None
        if not self._has_same_streams(method, served, key):
            return None
        request, response = served.request.descriptor, served.response.descriptor
        item_field = self._part(response, spec.item_field, f"{key}.stream.out")
        result_field = self._part(response, spec.result_field, f"{key}.stream.result")
        return BoundMethod(
            method=method,
            path=served.path,
            client_streaming=served.client_streaming,
            server_streaming=served.server_streaming,
            request=self._codecs.codec(request),
            response=self._codecs.codec(response),
            sent=self._sent(method, spec, request, key),
            result=self._result(method, spec, response, result_field, key),
            item=self._fitter.received(
                method.stream.out or {},
                item_field.message_type if item_field is not None else response,
                spec.out,
                f"{key}.out",
            )
            if served.server_streaming
            else Sides(),
            item_field=None if item_field is None else item_field.json_name,
            result_field=None if result_field is None else result_field.json_name,
            count=spec.count,
        )

    def _has_same_streams(self, method: Method, served: GrpcMethod, key: str) -> bool:
        sides = (
            ("caller", method.stream.in_ is not None, served.client_streaming),
            ("plugin", method.stream.out is not None, served.server_streaming),
        )
        for who, here, there in sides:
            if here != there:
                one, other = ("interface", "service") if here else ("service", "interface")
                self._problem(key, f"by the {one} the {who} sends a stream, by the {other} it does not", None)
                return False
        return True

    def _sent(self, method: Method, spec: MethodBinding, request: Descriptor, key: str) -> Sides:
        if method.stream.in_ is None:
            return self._fitter.sent(method.params, request, spec.params, f"{key}.params")
        if method.params.get("properties"):
            self._problem(
                f"{key}.params",
                "a method whose caller streams cannot have params over gRPC",
                "send them as items",
            )
        return self._fitter.sent(method.stream.in_, request, spec.in_, f"{key}.in")

    def _result(
        self,
        method: Method,
        spec: MethodBinding,
        response: Descriptor,
        field: FieldDescriptor | None,
        key: str,
    ) -> Sides:
        place = f"{key}.result"
        if method.stream.out is None:
            return self._fitter.received(method.result, response, spec.result, place)
        if field is not None:
            return self._fitter.received(method.result, field.message_type, spec.result, place)
        if spec.count is not None and spec.count not in method.result.get("properties", {}):
            self._problem(f"{key}.count", f"the result has no property {spec.count!r}", None)
        for name in method.result.get("required", ()):
            if name != spec.count:
                self._problem(
                    key,
                    f"nothing gives the property {name!r} of the result of a stream",
                    "name the field that holds the result in stream.result, or the number of items in count",
                )
        return Sides()

    def _part(self, response: Descriptor, name: str | None, key: str) -> FieldDescriptor | None:
        """Return the field of an answer that holds an item or the result."""
        if name is None:
            return None
        for field in response.fields:
            if name in (field.json_name, field.name):
                if field.message_type is not None and not field.is_repeated:
                    return field
                self._problem(key, f"the field {name!r} of {response.full_name} holds no message", None)
                return None
        hint = did_you_mean(name, [field.json_name for field in response.fields])
        self._problem(key, f"{response.full_name} has no field {name!r}", hint)
        return None
