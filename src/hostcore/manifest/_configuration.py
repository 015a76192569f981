"""Lay the host's configuration of a plugin over that of its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hostcore.errors import ConfigError
from hostcore.interfaces import SchemaValidator
from hostcore.manifest._model import Manifest
from hostcore.manifest._sendable import unsendable


def configured(manifest: Manifest, values: Mapping[str, Any] | None = None) -> Manifest:
    """Return the manifest with the host's configuration values laid over its own, table by table, and checked.

    Raises:
        ConfigError: the merged values do not fit the manifest's `config.schema`, or cannot be sent to a plugin.
    """
    merged = merged_config(manifest.config.values, values or {})
    for path, message, hint in unsendable(merged):
        place = ".".join(map(str, ("plugin", manifest.id, "config", *path)))
        raise ConfigError(message, location=place, hint=hint)
    if manifest.config.schema is not None:
        problems = SchemaValidator(manifest.config.schema).problems(merged)
        if problems:
            key = ".".join(str(part) for part in problems[0].path)
            raise ConfigError(
                f"the configuration of the plugin {manifest.id} does not fit its schema: {problems[0].message}",
                location=f"plugin.{manifest.id}.config" + (f".{key}" if key else ""),
                hint=problems[0].hint or f"config.schema in {manifest.file} says what is allowed",
                details={
                    "problems": [{"pointer": item.pointer, "message": item.message} for item in problems]
                },
            )
    return replace(manifest, config=replace(manifest.config, values=merged))


def merged_config(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Return configuration values laid over others, table by table; where both have no tables the higher one counts."""
    merged = dict(low)
    for name, value in high.items():
        below = merged.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[name] = merged_config(below, value)
        else:
            merged[name] = value
    return merged
