"""JSON Schemas of what the API takes and answers, with the docstrings of the classes as their descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

if TYPE_CHECKING:
    from pydantic_core import core_schema

SCHEMAS: Final = "#/components/schemas/"

_NONE: Final = re.compile(r"\bNone\b")
_ATTRIBUTES: Final = "\n\nAttributes:\n"
_ATTRIBUTE: Final = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def describe_types(
    kinds: Sequence[tuple[Any, JsonSchemaMode]],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Describe types by JSON Schema 2020-12.

    Args:
        kinds: each type with `validation` for what is sent to the server, `serialization` for what it answers.

    Returns:
        The schema of each, and the named ones that they refer to, as `#/components/schemas/<name>`.
    """
    found, definitions = TypeAdapter.json_schemas(
        [(number, mode, TypeAdapter(kind)) for number, (kind, mode) in enumerate(kinds)],
        ref_template=SCHEMAS + "{model}",
        schema_generator=_Generator,
    )
    named = dict(sorted(definitions.get("$defs", {}).items()))
    return [found[number, mode] for number, (_, mode) in enumerate(kinds)], named


class _Generator(GenerateJsonSchema):
    """Describes what `as_json` makes of snapshots: all members are there, and names need no titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the base's signature
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: FBT001 - the base's signature
        return self.mode == "serialization" or super().field_is_required(field, total)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if self.mode == "serialization":  # it is always there, so nobody has to know the default
            return self.generate_inner(schema["schema"])
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]  # to leave it out is to leave it out
        return described

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _explain(super().dataclass_schema(schema), schema["cls"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _explain(super().model_schema(schema), schema["cls"])

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        return _explain(super().enum_schema(schema), schema["cls"])


def _explain(described: JsonSchemaValue, cls: type[Any]) -> JsonSchemaValue:
    """Take a class's docstring apart: its sentences for the schema, those about attributes for the properties."""
    described.pop("title", None)
    text, attributes = read_docstring(cls)
    if text:
        described["description"] = text
    for name, schema in described.get("properties", {}).items():
        # A member whose name is a word of Python has an underscore there.
        sentence = attributes.get(name) or attributes.get(f"{name}_")
        if sentence:
            schema.setdefault("description", sentence)
    lacking: frozenset[str] = getattr(cls, "may_lack", frozenset())
    if lacking:
        described["required"] = [name for name in described["required"] if name not in lacking]
    return described


def read_docstring(cls: type[Any]) -> tuple[str, Mapping[str, str]]:
    """Return what a class's docstring says about it, and about each of its attributes, inherited ones too."""
    text, _, attributes = inspect.cleandoc(cls.__doc__ or "").partition(_ATTRIBUTES)
    found = {name: _sentence(words) for name, words in _ATTRIBUTE.findall(attributes)}
    inherited = read_docstring(cls.__base__)[1] if cls.__base__ not in {None, object} else {}
    return " ".join(text.split()), {**inherited, **found}


def _sentence(text: str) -> str:
    words = _NONE.sub("null", " ".join(text.split()))
    return words[:1].upper() + words[1:]
