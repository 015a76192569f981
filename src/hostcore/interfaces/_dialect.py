"""The JSON Schema that interface files and manifests may use, and the bounds that keep hostile ones harmless.

The dialect is JSON Schema 2020-12 with these limits: `$ref` is `#/$defs/<Name>` only and `$defs` stand at the root
of the document; nothing that renames or relocates schemas (`$id`, `$anchor`, `$dynamicRef`, …); a keyword is known
or begins with `x-`; regular expressions are those of a linear engine. `x-binary` marks a binary field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import jsonschema_rs

from hostcore.errors import HostError, InterfaceError
from hostcore.interfaces._meta import did_you_mean

Path: TypeAlias = tuple[str | int, ...]

# A schema a person wrote has rarely more than 10 levels; the validator's own recursion ends at about 120 levels of JSON.
MAX_SCHEMA_DEPTH: Final = 32
# How many schemas one value may meet when every `$ref` is written out: bounds doubling chains of references.
MAX_EXPANSION: Final = 20_000
# Chains of references are followed by recursion here; more of them than this no one keeps in mind either.
MAX_DEFINITIONS: Final = 200
# Bounds the compiled size of one regular expression; `a{1000}{1000}` must not take the memory.
MAX_PATTERN_BYTES: Final = 1024 * 1024

REF_PREFIX: Final = "#/$defs/"

# How a keyword holds further schemas: itself one, a list, or a map of them.
_ONE: Final = frozenset({
    "items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
    "not", "if", "then", "else",
})  # fmt: skip
_MANY: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_PLAIN: Final = frozenset({
    "$ref", "$comment", "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains",
    "minContains", "maxProperties", "minProperties", "required", "dependentRequired", "title", "description",
    "default", "deprecated", "readOnly", "writeOnly", "examples", "format", "contentEncoding", "contentMediaType",
    "maxBytes",
})  # fmt: skip
KEYWORDS: Final = _ONE | _MANY | _NAMED | _PLAIN
TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
_REFUSED: Final[Mapping[str, str]] = {
    "$id": "schemas have no address of their own; refer to them as #/$defs/<Name>",
    "$schema": "the dialect is always JSON Schema 2020-12; leave it out",
    "$anchor": "refer to schemas as #/$defs/<Name>",
    "$dynamicRef": "refer to schemas as #/$defs/<Name>",
    "$dynamicAnchor": "refer to schemas as #/$defs/<Name>",
    "$recursiveRef": "refer to schemas as #/$defs/<Name>",
    "$vocabulary": "leave it out",
    "$defs": "move the definitions to the $defs at the root of the document",
    "definitions": "move the definitions to the $defs at the root of the document",
}
# Keywords through which a binary field can be found by its place alone, whatever the other values are.
STRUCTURAL: Final = frozenset({"properties", "additionalProperties", "items", "prefixItems", "$ref"})
_BESIDE_BINARY: Final = frozenset({
    "x-binary", "maxBytes", "title", "description", "deprecated", "$comment", "readOnly", "writeOnly",
})  # fmt: skip


def subschemas(schema: Any) -> Iterator[tuple[str, Path, Any]]:
    """Yield keyword, relative path and schema of every direct subschema; `$ref` is not followed."""
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield keyword, (keyword,), value
        elif keyword in _MANY and isinstance(value, list):
            for index, item in enumerate(value):
                yield keyword, (keyword, index), item
        elif keyword in _NAMED and isinstance(value, Mapping):
            for name, item in value.items():
                yield keyword, (keyword, name), item


def rewrite(schema: Any, change: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> Any:
    """Return a copy in which `change` has replaced the schemas for which it does not return None."""
    if not isinstance(schema, Mapping):
        return schema
    replaced = change(schema)
    if replaced is not None:
        return replaced
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _ONE:
            copy[keyword] = rewrite(value, change)
        elif keyword in _MANY and isinstance(value, list):
            copy[keyword] = [rewrite(item, change) for item in value]
        elif (keyword in _NAMED or keyword == "$defs") and isinstance(value, Mapping):
            copy[keyword] = {name: rewrite(item, change) for name, item in value.items()}
        else:
            copy[keyword] = value
    return copy


def referred(schema: Any) -> str | None:
    """Return the name of the definition that a schema refers to, or None."""
    ref = schema.get("$ref") if isinstance(schema, Mapping) else None
    return ref[len(REF_PREFIX) :] if isinstance(ref, str) and ref.startswith(REF_PREFIX) else None


def is_binary(schema: Any) -> bool:
    """Tell whether a schema marks a binary field."""
    return isinstance(schema, Mapping) and schema.get("x-binary") is True


class SchemaChecker:
    """Checks the schemas of one document against the dialect.

    Args:
        definitions: its `$defs`, by name; they are checked at once.
        fail: makes an error of a place, a message and a hint.
        root: where the `$defs` stand, for pointers.
        binary: whether binary fields are allowed.
    """

    def __init__(
        self,
        *,
        definitions: Mapping[str, Any],
        fail: Callable[[Path, str, str | None], HostError],
        root: Path = (),
        binary: bool = True,
    ) -> None:
        self._definitions = definitions
        self._fail = fail
        self._root = root
        self._binary = binary
        self._expansions: dict[str, tuple[int, int]] = {}
        if len(definitions) > MAX_DEFINITIONS:
            raise self.fail(
                (*root, "$defs"), f"there are more than {MAX_DEFINITIONS} definitions", "split the document"
            )
        for name, definition in definitions.items():
            self._check_one(definition, (*root, "$defs", name), 0)
        done: set[str] = set()
        for name in definitions:
            self._refuse_loops(name, (), done)
        if definitions:
            self._compile({"$defs": dict(definitions)}, root)

    def check(self, schema: Any, path: Path) -> None:
        """Check one schema that is no definition.

        Raises:
            HostError: as `fail` makes it, with the place and a hint.
        """
        self._check_one(schema, path, 0)
        self._check_expansion(schema, path)
        self._compile(self.close(schema), path)

    def close(self, schema: Any) -> dict[str, Any]:
        """Return a copy of a schema that carries the `$defs` it refers to."""
        return close_schema(schema, self._definitions)

    def fail(self, path: Path, message: str, hint: str | None = None) -> HostError:
        """Return an error at a place of the document."""
        return self._fail(path, message, hint)

    def _check_one(self, schema: Any, path: Path, depth: int) -> None:
        if isinstance(schema, bool):
            return
        if not isinstance(schema, Mapping):
            raise self.fail(path, "a schema must be an object, true or false", "write {} to allow anything")
        if depth >= MAX_SCHEMA_DEPTH:
            raise self.fail(
                path,
                f"schemas are nested more than {MAX_SCHEMA_DEPTH} deep",
                "move inner ones to $defs and use $ref",
            )
        for keyword in schema:
            self._check_keyword(keyword, path)
        self._check_types(schema, path)
        self._check_reference(schema, path)
        self._check_binary(schema, path)
        for keyword, value in schema.items():
            if keyword in _MANY and not isinstance(value, list):
                raise self.fail((*path, keyword), f"{keyword!r} must be a list of schemas")
            if keyword in _NAMED and not isinstance(value, Mapping):
                raise self.fail((*path, keyword), f"{keyword!r} must be an object whose values are schemas")
        for _, below, inner in subschemas(schema):
            self._check_one(inner, (*path, *below), depth + 1)

    def _check_keyword(self, keyword: str, path: Path) -> None:
        if keyword in _REFUSED:
            raise self.fail((*path, keyword), f"{keyword!r} cannot be used here", _REFUSED[keyword])
        if keyword not in KEYWORDS and not keyword.startswith("x-"):
            hint = did_you_mean(keyword, KEYWORDS) or "own keywords begin with x-"
            raise self.fail((*path, keyword), f"{keyword!r} is no keyword of JSON Schema 2020-12", hint)

    def _check_types(self, schema: Mapping[str, Any], path: Path) -> None:
        """Name the type that is none; the standard's own meta-schema says only that no alternative fits."""
        named = schema.get("type", [])
        for name in named if isinstance(named, list) else [named]:
            if name not in TYPES:
                hint = did_you_mean(str(name), TYPES) or "there are: " + ", ".join(TYPES)
                raise self.fail((*path, "type"), f"{name!r} is no type of JSON", hint)

    def _check_reference(self, schema: Mapping[str, Any], path: Path) -> None:
        if "$ref" not in schema:
            return
        name = referred(schema)
        at = (*path, "$ref")
        if name is None:
            raise self.fail(
                at,
                f"the reference {schema['$ref']!r} does not stay in this document",
                "copy the schema to the document's $defs and write #/$defs/<Name>; nothing is ever fetched",
            )
        if name not in self._definitions:
            hint = did_you_mean(name, self._definitions) or "known definitions: " + (
                ", ".join(self._definitions) or "none"
            )
            raise self.fail(at, f"there is no definition {name!r}", hint)

    def _check_binary(self, schema: Mapping[str, Any], path: Path) -> None:
        if "x-binary" not in schema:
            if "maxBytes" in schema:
                raise self.fail(
                    (*path, "maxBytes"), "maxBytes belongs to a binary field", 'add "x-binary": true'
                )
            return
        if schema["x-binary"] is not True:
            raise self.fail(
                (*path, "x-binary"), "x-binary can only be true", "leave it out for what is not binary"
            )
        if not self._binary:
            raise self.fail((*path, "x-binary"), "binary fields are only for params, results and items")
        for keyword in schema:
            if keyword not in _BESIDE_BINARY and not keyword.startswith("x-"):
                raise self.fail(
                    (*path, keyword),
                    f"{keyword!r} says nothing about binary data",
                    "only maxBytes bounds a binary field",
                )
        limit = schema.get("maxBytes", 0)
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise self.fail((*path, "maxBytes"), "maxBytes must be a whole number of bytes")

    def _check_expansion(self, schema: Any, path: Path) -> None:
        size, _ = self._expand(schema, path, ())
        if size > MAX_EXPANSION:
            raise self.fail(
                path,
                f"with its references written out, this is more than {MAX_EXPANSION} schemas",
                "refer to a definition from fewer places",
            )

    def _refuse_loops(self, name: str, open_names: tuple[str, ...], done: set[str]) -> None:
        """Refuse a definition that applies to a value only by applying to the same value again."""
        if name in done:
            return
        if name in open_names:
            raise self.fail(
                (*self._root, "$defs", name),
                f"the definition {name!r} refers to itself without end",
                "let it refer to itself only below a property or an item",
            )
        for target in _applied_in_place(self._definitions[name]):
            self._refuse_loops(target, (*open_names, name), done)
        done.add(name)

    def _expand(self, schema: Any, path: Path, open_names: tuple[str, ...]) -> tuple[int, int]:
        """Count the schemas, and the ways back into an open definition, with all references written out."""
        size, loops = 1, 0
        name = referred(schema)
        if name is not None:
            if name in open_names:
                loops += 1
            else:
                if name not in self._expansions:
                    inner = self._definitions[name]
                    self._expansions[name] = self._expand(
                        inner, (*self._root, "$defs", name), (*open_names, name)
                    )
                size += self._expansions[name][0]
                loops += self._expansions[name][1]
        for _, below, inner in subschemas(schema):
            more, ways = self._expand(inner, (*path, *below), open_names)
            size += more
            loops += ways
        return size, loops

    def _compile(self, schema: dict[str, Any], path: Path) -> None:
        try:
            compile_schema(schema)
        except jsonschema_rs.ValidationError as error:
            inner = tuple(error.instance_path)
            if inner[:1] == ("$defs",):
                path = self._root
            keyword = inner[-1] if inner else ""
            if keyword == "pattern" or "patternProperties" in inner[-2:]:
                raise self.fail(
                    (*path, *inner),
                    "this regular expression cannot be used",
                    "write it for a linear engine: no look-around, no back-references, \\z in place of \\Z, a size in reason",
                ) from error
            raise self.fail((*path, *inner), error.message) from error
        except ValueError as error:
            raise self.fail(
                path, f"this schema cannot be compiled: {error}", "nest it less deeply"
            ) from error


# Keywords whose schemas apply to the very value that the schema itself applies to.
_IN_PLACE: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})


def _applied_in_place(schema: Any) -> Iterator[str]:
    """Yield the definitions that apply to the very value that `schema` applies to."""
    name = referred(schema)
    if name is not None:
        yield name
    for keyword, _, inner in subschemas(schema):
        if keyword in _IN_PLACE:
            yield from _applied_in_place(inner)


def close_schema(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a schema that carries those `definitions` it refers to, directly or not."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    needed: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        current = waiting.pop()
        name = referred(current)
        if name is not None and name not in needed:
            needed[name] = definitions[name]
            waiting.append(definitions[name])
        waiting.extend(inner for _, _, inner in subschemas(current))
    return {**schema, "$defs": {name: needed[name] for name in sorted(needed)}} if needed else dict(schema)


def ways_back(schema: Mapping[str, Any]) -> int:
    """Count the ways in which a self-contained schema comes back to itself: a list does in one, a binary tree in two.

    Checking is cheap in any case, since the validator remembers what it has seen. Listing all that is wrong with a
    value is not when there are several ways: the work doubles with each level of the value.
    """
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    seen: dict[str, int] = {}

    def ways(current: Any, open_names: frozenset[str]) -> int:
        name = referred(current)
        count = 0
        if name is not None:
            if name in open_names:
                return 1
            if name not in seen:
                seen[name] = ways(definitions[name], open_names | {name})
            count += seen[name]
        return count + sum(ways(inner, open_names) for _, _, inner in subschemas(current))

    return ways(schema, frozenset())


def refuse_remote(uri: str) -> Any:
    """Answer a validator's wish to fetch a document: never.

    Raises:
        InterfaceError: always.
    """
    raise InterfaceError(
        f"the schema refers to {uri!r}", hint="nothing is ever fetched; write #/$defs/<Name>"
    )


def compile_schema(schema: Mapping[str, Any], *, mask: str | None = None) -> jsonschema_rs.Validator:
    """Compile a self-contained schema with linear regular expressions and without any access to files or network.

    Raises:
        jsonschema_rs.ValidationError: the schema is wrong.
    """
    return jsonschema_rs.Draft202012Validator(
        dict(schema),
        mask=mask,
        retriever=refuse_remote,
        pattern_options=jsonschema_rs.RegexOptions(
            size_limit=MAX_PATTERN_BYTES, dfa_size_limit=MAX_PATTERN_BYTES
        ),
    )
