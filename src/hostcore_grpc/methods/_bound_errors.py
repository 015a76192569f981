"""Find which error of an interface a failed call means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from hostcore.errors import CallFailedError
from hostcore.interfaces import ErrorSpec, SchemaValidator
from hostcore_grpc.methods._bind_specs import ErrorBinding
from hostcore_grpc.methods._shapes import Renaming
from hostcore_grpc.methods._status_details import Detail, DetailsReader, retryable

# The numbers that the names in interface files stand for.
STATUS_NUMBERS: Final[Mapping[str, int]] = {
    name: number
    for number, name in enumerate(
        (
            "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
            "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
            "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
        ),
        start=1,
    )
}  # fmt: skip
_READ_TEXT: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text],
}


class BoundError:
    """Knows one error of an interface.

    Args:
        spec: as the interface declares it.
        binding: as the manifest does.
    """

    def __init__(self, spec: ErrorSpec, binding: ErrorBinding) -> None:
        self.name = spec.name
        self.retryable = spec.retryable
        self.status = STATUS_NUMBERS[binding.status or spec.code]
        self._detail = binding.detail
        self._reason = _plain(binding.reason or spec.name)
        self._names = Renaming(binding.data).reversed
        self._schema = spec.data
        self._validator = None if spec.data is None else SchemaValidator(spec.data)

    def __repr__(self) -> str:
        return f"<BoundError {self.name} status={self.status}>"

    def is_meant_by(self, detail: Detail) -> bool:
        """Tell whether a detail says that it is this error."""
        if detail.reason is not None:
            return _plain(detail.reason) == self._reason
        if self._detail is not None:
            return detail.name == self._detail
        return detail.name.rpartition(".")[2] == self.name

    def data(self, detail: Detail) -> Any:
        """Return what came along, in the interface's words; None when it is not what the interface declares."""
        value: Any = detail.value
        if detail.reason is not None:
            value = {key: self._typed(key, text) for key, text in detail.value["metadata"].items()}
        try:
            value = self._names.apply(value, overriding=True)
        except ValueError:
            return None
        fits = self._validator is None or self._validator.fits(value)
        return value if fits else None

    def _typed(self, key: str, text: str) -> Any:
        """Return a text of an ErrorInfo, which has only texts, as the kind of value that the interface declares."""
        declared = (self._schema or {}).get("properties", {}).get(key, {})
        kind = declared.get("type") if isinstance(declared, Mapping) else None
        read = _READ_TEXT[kind if isinstance(kind, str) and kind in _READ_TEXT else "string"]
        try:
            return read(text)
        except (ValueError, KeyError):
            return text


class BoundErrors:
    """Turns failed calls into the errors of an interface.

    Args:
        errors: all errors of the interface.
        reader: of details, with values in the native style.
    """

    def __init__(self, errors: Iterable[BoundError], reader: DetailsReader) -> None:
        self._errors = {error.name: error for error in errors}
        self._reader = reader

    def __repr__(self) -> str:
        return f"<BoundErrors {list(self._errors)}>"

    def error(
        self, declared: Iterable[str], status: int, message: str, details: bytes | None
    ) -> CallFailedError:
        """Return what a call failed with; without a name when it is none of the method's own errors.

        Args:
            declared: the names of the errors that the method may answer with.
            status: the gRPC code, 1 to 16.
            message: what the plugin said.
            details: the value of `grpc-status-details-bin`, decoded, or None.
        """
        known = [self._errors[name] for name in declared]
        found = self._reader.read(details)
        for detail in found:
            for error in known:
                if error.is_meant_by(detail):
                    return self._made(error, status, message, found, error.data(detail))
        by_status = [error for error in known if error.status == status]
        if len(by_status) == 1:
            return self._made(by_status[0], status, message, found, None)
        return self._reader.error(status, message, details)

    def _made(
        self, error: BoundError, status: int, message: str, details: tuple[Detail, ...], data: Any
    ) -> CallFailedError:
        again = retryable(details)
        return CallFailedError(
            message,
            status=status,
            name=error.name,
            data=data,
            retryable=error.retryable if again is None else again,
        )


def _plain(name: str) -> str:
    """Return a name without what tells KeyNotFound and KEY_NOT_FOUND apart."""
    return name.replace("_", "").lower()
