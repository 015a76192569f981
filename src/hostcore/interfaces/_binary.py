"""Binary fields: found once in a schema, then replaced, decoded and encoded at their places only.

A binary field is `bytes` in Python and in MessagePack, and `{"$bytes": "<padded standard base64>"}` in JSON. The
validators know no bytes; they see an empty string in its place, and the size is checked here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from hostcore.interfaces._dialect import (
    STRUCTURAL,
    Path,
    SchemaChecker,
    is_binary,
    referred,
    rewrite,
    subschemas,
)

BYTES_KEY: Final = "$bytes"
STAND_IN: Final = ""
# The nesting that the protocol allows; values that a caller makes by hand are held to it, too.
MAX_VALUE_DEPTH: Final = 64
_PLACES: Final = STRUCTURAL - {"$ref"}


class BinaryMisfitError(Exception):
    """Says that a binary field does not hold what it must; the caller turns it into an error of its own.

    Attributes:
        path: where, from the root of the value.
        expected: what should be there.
        got: what is there.
    """

    def __init__(self, path: Path, expected: str, got: Any) -> None:
        super().__init__(expected)
        self.path = path
        self.expected = expected
        self.got = got


class BinaryPlan:
    """Says where below a value binary fields are: at itself, in named properties, in the others, in items.

    Plans of recursive schemas refer to themselves.
    """

    __slots__ = ("fields", "is_field", "items", "limit", "others", "prefix")

    def __init__(self) -> None:
        self.is_field = False
        self.limit: int | None = None
        self.fields: dict[str, BinaryPlan] = {}
        self.others: BinaryPlan | None = None
        self.prefix: tuple[BinaryPlan | None, ...] = ()
        self.items: BinaryPlan | None = None

    def children(self) -> list[BinaryPlan]:
        """Return the plans directly below."""
        below = [*self.fields.values(), *(plan for plan in self.prefix if plan is not None)]
        return below + [plan for plan in (self.others, self.items) if plan is not None]


Leaf: TypeAlias = Callable[[BinaryPlan, Any, Path], Any]


def plan_binary(schema: Mapping[str, Any]) -> BinaryPlan | None:
    """Return where the binary fields of a self-contained, checked schema are, or None when it has none."""
    plan = _Planner(schema.get("$defs", {})).plan(schema)
    return _pruned(plan) if _leads_to_field(plan, set()) else None


class _Planner:
    """Makes the plans of one document; each definition gets one plan, which lets recursive ones close."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._known: dict[str, BinaryPlan] = {}

    def plan(self, schema: Any) -> BinaryPlan:
        name = None
        # Circles of mere references were refused when the document was loaded.
        while (target := _followed(schema)) is not None:
            name, schema = target, self._definitions[target]
        if name is None:
            return self._fill(BinaryPlan(), schema)
        if name not in self._known:
            self._known[name] = BinaryPlan()
            self._fill(self._known[name], schema)
        return self._known[name]

    def _fill(self, plan: BinaryPlan, schema: Any) -> BinaryPlan:
        if not isinstance(schema, Mapping):
            return plan
        if is_binary(schema):
            plan.is_field = True
            plan.limit = schema.get("maxBytes")
            return plan
        plan.fields = {key: self.plan(inner) for key, inner in schema.get("properties", {}).items()}
        plan.prefix = tuple(self.plan(inner) for inner in schema.get("prefixItems", ()))
        if "additionalProperties" in schema:
            plan.others = self.plan(schema["additionalProperties"])
        if "items" in schema:
            plan.items = self.plan(schema["items"])
        return plan


def _followed(schema: Any) -> str | None:
    """Return the definition whose binary fields are those of `schema`.

    A reference beside which properties or items stand is not followed: what it refers to has no binary field then,
    `BinaryPlaces` sees to that.
    """
    name = referred(schema)
    return None if name is None or _PLACES & set(schema) else name


def _leads_to_field(plan: BinaryPlan, seen: set[int]) -> bool:
    if plan.is_field:
        return True
    seen.add(id(plan))
    return any(id(child) not in seen and _leads_to_field(child, seen) for child in plan.children())


def _pruned(plan: BinaryPlan) -> BinaryPlan:
    """Cut off, in place, what leads to no binary field, so that a walk never goes there."""
    waiting, seen = [plan], {id(plan)}
    while waiting:
        current = waiting.pop()
        # A named property without binary fields stays as long as there are others: it is none of those.
        current.fields = {
            name: child
            for name, child in current.fields.items()
            if current.others is not None or _leads_to_field(child, set())
        }
        current.prefix = tuple(
            child if child is not None and _leads_to_field(child, set()) else None for child in current.prefix
        )
        if current.others is not None and not _leads_to_field(current.others, set()):
            current.others = None
            current.fields = {
                k: child for k, child in current.fields.items() if _leads_to_field(child, set())
            }
        if current.items is not None and not _leads_to_field(current.items, set()):
            current.items = None
        for child in current.children():
            if id(child) not in seen:
                seen.add(id(child))
                waiting.append(child)
    return plan


class BinaryPlaces:
    """Refuses binary fields at places that depend on other values: below `oneOf`, `not`, `patternProperties`, ….

    Args:
        checker: of the same document.
        definitions: the document's `$defs`; they are checked at once.
        root: where the `$defs` stand.

    Raises:
        HostError: of the checker's class, with the pointer of the place.
    """

    def __init__(self, checker: SchemaChecker, definitions: Mapping[str, Any], root: Path = ()) -> None:
        self._checker = checker
        self._having: set[str] = set()
        while more := {
            n for n, item in definitions.items() if n not in self._having and self._has_field(item)
        }:
            self._having |= more
        for name, definition in definitions.items():
            self.check(definition, (*root, "$defs", name))

    def check(self, schema: Any, path: Path) -> None:
        """Check one schema of the document.

        Raises:
            HostError: of the checker's class, with the pointer of the place.
        """
        if not isinstance(schema, Mapping):
            return
        for keyword, below, inner in subschemas(schema):
            if keyword in STRUCTURAL:
                self.check(inner, (*path, *below))
            elif self._has_field(inner):
                raise self._checker.fail(
                    (*path, *below),
                    f"a binary field cannot stand below {keyword!r}",
                    "binary fields are found through properties, additionalProperties, items, prefixItems and $ref "
                    "only; leave a property out instead of making it null",
                )
        if referred(schema) in self._having and _PLACES & set(schema):
            raise self._checker.fail(
                (*path, "$ref"),
                "a $ref to something with binary fields cannot stand beside properties or items",
                "move the rest into the definition",
            )
        both = {"patternProperties", "additionalProperties"} <= set(schema)
        if both and self._has_field(schema["additionalProperties"]):
            raise self._checker.fail(
                (*path, "additionalProperties"),
                "binary additionalProperties cannot stand beside patternProperties",
                "use properties in place of patternProperties",
            )

    def _has_field(self, schema: Any) -> bool:
        return (
            is_binary(schema)
            or referred(schema) in self._having
            or any(self._has_field(inner) for _, _, inner in subschemas(schema))
        )


def without_binary(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema for a validator: each binary field is the empty stand-in."""
    changed: dict[str, Any] = rewrite(
        schema, lambda inner: {"type": "string", "const": STAND_IN} if is_binary(inner) else None
    )
    return changed


def map_binary(plan: BinaryPlan, value: Any, leaf: Leaf, path: Path = ()) -> Any:
    """Return a value with `leaf` applied to every binary field; what has none below is shared, not copied."""
    if plan.is_field:
        return leaf(plan, value, path)
    if len(path) >= MAX_VALUE_DEPTH:
        raise BinaryMisfitError((), f"nesting of at most {MAX_VALUE_DEPTH} levels", value)
    changed: Any
    if isinstance(value, Mapping):
        fields, others = plan.fields, plan.others
        changed = {}
        for name in value if others is not None else fields.keys() & value.keys():
            below = fields.get(name, others)
            if below is not None:
                item = value[name]
                mapped = map_binary(below, item, leaf, (*path, name))
                if mapped is not item:
                    changed[name] = mapped
        return {**value, **changed} if changed else value
    if isinstance(value, list | tuple) and (plan.items is not None or plan.prefix):
        prefix = plan.prefix
        changed = [
            item
            if (below := prefix[index] if index < len(prefix) else plan.items) is None
            else map_binary(below, item, leaf, (*path, index))
            for index, item in enumerate(value)
        ]
        return changed
    return value


def stand_in(plan: BinaryPlan, value: Any, path: Path) -> Any:
    """Replace the bytes of a field by the empty stand-in, after checking their number."""
    if not isinstance(value, bytes):
        raise BinaryMisfitError(path, "binary data", value)
    if plan.limit is not None and len(value) > plan.limit:
        raise BinaryMisfitError(path, f"binary data of at most {plan.limit} bytes", value)
    return STAND_IN


def decode_field(_plan: BinaryPlan, value: Any, path: Path) -> Any:
    """Turn `{"$bytes": …}` into bytes; what is bytes already stays, other values are left to the check."""
    if not isinstance(value, Mapping) or set(value) != {BYTES_KEY}:
        return value
    text = value[BYTES_KEY]
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise BinaryMisfitError(path, "padded standard base64 in $bytes", text) from None


def decode_binary(value: Any, schema: Mapping[str, Any]) -> Any:
    """Turn `{"$bytes": …}` into bytes at the places that a self-contained schema declares as binary.

    Elsewhere `$bytes` is an ordinary key. The value itself comes back when the schema declares no binary field.

    Raises:
        BinaryMisfitError: a field's text is not padded standard base64.
    """
    plan = plan_binary(schema)
    return value if plan is None else map_binary(plan, value, decode_field)


def encode_binary(value: Any) -> Any:
    """Turn all bytes in a value into `{"$bytes": …}`, for JSON; what has none below is shared, not copied."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {BYTES_KEY: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        encoded = {name: encode_binary(item) for name, item in value.items()}
        return encoded if any(encoded[name] is not item for name, item in value.items()) else value
    if isinstance(value, list | tuple):
        items = [encode_binary(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
