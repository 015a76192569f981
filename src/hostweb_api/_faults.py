"""What is said about a body or query that does not fit its model: in words of JSON, not of the library that found it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hostweb_api._problems import Problem
from hostweb_api._settings import NAME_PATTERN, SHA256_PATTERN

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "it is missing",
        "extra_forbidden": "it is not known here",
        "model_type": "an object is expected",
        "model_attributes_type": "an object is expected",
        "dict_type": "an object is expected",
        "list_type": "a list is expected",
        "string_type": "a text is expected",
        "bool_type": "true or false is expected",
        "bool_parsing": "true or false is expected",
        "int_type": "a whole number is expected",
        "int_parsing": "a whole number is expected",
        "int_parsing_size": "a whole number of fewer digits is expected",
        "int_from_float": "a whole number is expected",
        "float_type": "a number is expected",
        "float_parsing": "a number is expected",
        "union_tag_not_found": "it is missing",
    }
)
"""By the type of the fault in pydantic; others are told in its own words."""

_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        NAME_PATTERN: "characters that can be seen are expected, with single blanks in between",
        SHA256_PATTERN: "64 hexadecimal digits are expected",
    }
)
"""What a pattern asks for, in words."""

_ITS_SUBJECT: Final = "Input should"
_ITS_PREFIX: Final = "Value error, "


def misfit(code: str, error: ValidationError, *, hint: str | None, below: int = 0) -> Problem:
    """Return the problem that tells each fault of what does not fit a model.

    Args:
        code: of the problem.
        error: what pydantic found.
        hint: what to do about it.
        below: how many words at the beginning of each fault's place are pydantic's own, such as which of several
            messages it took one for.
    """
    faults = [
        {"pointer": _pointer(fault, below), "detail": _text(fault)}
        for fault in error.errors(include_url=False)
    ]
    return Problem(
        code=code,
        detail="; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults),
        hint=hint,
        extra={"errors": faults},
    )


def misfit_of(code: str, error: ValidationError, model: type[BaseModel]) -> Problem:
    """Tell each fault, and which members there are to whoever sent one that is not among them."""
    is_unknown = any(fault["type"] == "extra_forbidden" for fault in error.errors(include_url=False))
    return misfit(code, error, hint=known_here(model) if is_unknown else None)


def known_here(model: type[BaseModel]) -> str:
    """Return the hint that names the members of a model."""
    names = (field.alias or name for name, field in model.model_fields.items())
    return f"known here: {', '.join(names)}"


def _text(fault: ErrorDetails) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "value_error":
        return fault["msg"].removeprefix(_ITS_PREFIX)
    if kind == "union_tag_invalid":
        return f"{context['tag']!r} is none of {context['expected_tags']}"
    if kind == "string_pattern_mismatch":
        return _FORMS.get(context["pattern"], f"it has not the form {context['pattern']}")
    return _TEXTS.get(kind, fault["msg"].replace(_ITS_SUBJECT, "it should"))


def _pointer(fault: ErrorDetails, below: int) -> str:
    """Return the place of a fault as a JSON pointer, as RFC 9457 shows it."""
    location: Sequence[Any] = fault["loc"][below:]
    if fault["type"].startswith("union_tag_"):
        location = (*fault["loc"], fault["ctx"]["discriminator"].strip("'"))
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
