"""Pictures as JSON."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any


def as_json(value: Any) -> Any:
    """Turn a snapshot, event or report into what `json.dumps` takes; fields keep their names."""
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: as_json(getattr(value, name)) for name in type(value).__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [as_json(item) for item in value]
    return value
