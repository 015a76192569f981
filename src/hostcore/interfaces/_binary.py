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
        name = referred(schema)
        if name is not None:
            if name not in self._known:
                self._known[name] = BinaryPlan()
                self._fill(self._known[name], self._definitions[name])
            # A $ref to something with binary fields stands alone: `check_binary_places` sees to that.
            if _leads_to_field(self._known[name], set()) or not _says_more(schema):
                return self._known[name]
        plan = BinaryPlan()
        if isinstance(schema, Mapping):
            self._fill(plan, schema)
        return plan

    def _fill(self, plan: BinaryPlan, schema: Any) -> None:
        if not isinstance(schema, Mapping):
            return
        if is_binary(schema):
            plan.is_field = True
            plan.limit = schema.get("maxBytes")
            return
        name = referred(schema)
        if name is not None and not _says_more(schema):
            plan.alias = self.plan(schema)
            return
        plan.fields = {key: self.plan(inner) for key, inner in schema.get("properties", {}).items()}
        plan.prefix = tuple(self.plan(inner) for inner in schema.get("prefixItems", ()))
        if "additionalProperties" in schema:
            plan.others = self.plan(schema["additionalProperties"])
        if "items" in schema:
            plan.items = self.plan(schema["items"])


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


def check_binary_places(
    checker: SchemaChecker, schema: Any, definitions: Mapping[str, Any], path: Path
) -> None:
    """Refuse binary fields at places that depend on other values, below `oneOf`, `not`, `patternProperties`, ….

    Raises:
        HostError: of the checker's class, with the pointer of the keyword.
    """
    having = _definitions_with_fields(definitions)

    def has_field(current: Any) -> bool:
        name = referred(current)
        return (
            is_binary(current)
            or (name is not None and name in having)
            or any(has_field(inner) for _, _, inner in subschemas(current))
        )

    def walk(current: Any, at: Path) -> None:
        if not isinstance(current, Mapping):
            return
        for keyword, below, inner in subschemas(current):
            if keyword in STRUCTURAL:
                walk(inner, (*at, *below))
            elif has_field(inner):
                raise checker.fail(
                    (*at, *below),
                    f"a binary field cannot stand below {keyword!r}",
                    "binary fields are found through properties, additionalProperties, items, prefixItems and $ref only; "
                    "leave a property out instead of making it null",
                )
        name = referred(current)
        beside = any(has_field(inner) for _, _, inner in subschemas(current))
        if (
            name is not None
            and (name in having)
            and (beside or set(current) & {"properties", "items", "additionalProperties"})
        ):
            raise checker.fail(
                (*at, "$ref"),
                "a $ref to something with binary fields must stand alone",
                "move the rest into the definition",
            )
        if (
            isinstance(current, Mapping)
            and "patternProperties" in current
            and "additionalProperties" in current
        ):
            if has_field(current["additionalProperties"]):
                raise checker.fail(
                    (*at, "additionalProperties"),
                    "binary additionalProperties cannot stand beside patternProperties",
                    "use properties in place of patternProperties",
                )

    walk(schema, path)


def _definitions_with_fields(definitions: Mapping[str, Any]) -> frozenset[str]:
    """Return the definitions that lead to a binary field, by following references until nothing new is found."""

    def has(current: Any, known: set[str]) -> bool:
        name = referred(current)
        return (
            is_binary(current)
            or (name is not None and name in known)
            or any(has(inner, known) for _, _, inner in subschemas(current))
        )

    known: set[str] = set()
    while more := {name for name, item in definitions.items() if name not in known and has(item, known)}:
        known |= more
    return frozenset(known)


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
