"""Finds extensions that installed packages announce, and imports those that are named; a broken one harms no other."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Final

from hostcore.errors import ExtensionError

ENTRY_POINT_GROUP: Final = "hostcore.extensions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """Is an extension that an installed package announces; nothing of it is imported yet.

    Attributes:
        name: of the entry point.
        package: the package's name and version, for people.
        version: the package's version.
        load: imports it and makes an instance of a class; raises whatever the package raises.
    """

    name: str
    package: str
    version: str
    load: Callable[[], object]


def find_announced(broken: Callable[[str, Exception], None]) -> list[Announced]:
    """Find all extensions of installed packages, sorted by name, then by package.

    Of two packages of one name, the first on the path counts, as it does for imports.

    Args:
        broken: takes the name of what cannot be read, and why; the others are still found.
    """
    found: dict[tuple[str, str], Announced] = {}
    for package in _distributions(broken):
        try:
            text = package.read_text("entry_points.txt") or ""
            if f"[{ENTRY_POINT_GROUP}]" in text:
                for each in _announced_by(package):
                    found[each.name, each.package] = each
        except Exception as error:  # noqa: BLE001 - files of any package, written by any tool, may be broken in any way
            broken(_name_of(package), error)
    return [found[key] for key in sorted(found)]


def _distributions(broken: Callable[[str, Exception], None]) -> Iterator[metadata.Distribution]:
    try:
        yield from metadata.distributions()
    except Exception as error:  # noqa: BLE001 - import hooks of others take part in the search
        broken("(installed packages)", error)


def _announced_by(package: metadata.Distribution) -> list[Announced]:
    name = package.metadata["Name"]
    if not name:
        raise ValueError("its metadata names no package")
    first = metadata.distribution(name)  # another one of the same name may stand before it on the path
    version = first.metadata["Version"] or ""
    return [
        Announced(
            name=entry.name, package=f"{name} {version}".rstrip(), version=version, load=_loader_of(entry)
        )
        for entry in first.entry_points
        if entry.group == ENTRY_POINT_GROUP
    ]


def _loader_of(entry: metadata.EntryPoint) -> Callable[[], object]:
    return lambda: instantiate(entry.load())


def _name_of(package: metadata.Distribution) -> str:
    try:
        name = package.metadata["Name"]
    except Exception:  # noqa: BLE001 - the name of something broken; the reason is told beside it
        name = None
    return name or f"(a package in {package.locate_file('')})"


def import_reference(reference: str) -> object:
    """Import what `module` or `module:attribute` names and make an instance of a class.

    Raises:
        ExtensionError: it cannot be imported, or raised while it was.
    """
    if not re.fullmatch(r"[\w.]+(:[\w.]+)?", reference) or reference.startswith("."):
        raise _unusable(reference, "that is not how an extension is named")
    module, _, attribute = reference.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
        return instantiate(found)
    except (Exception, SystemExit) as error:
        raise _unusable(reference, f"{type(error).__name__}: {error}") from error


def _unusable(reference: str, why: str) -> ExtensionError:
    return ExtensionError(
        f"the extension {reference!r} cannot be loaded: {why}",
        location=reference or None,
        hint="name it as `module` or `module:attribute`, importable where the host runs",
    )


def instantiate(found: object) -> object:
    """Make an instance of a class; anything else is the extension itself."""
    return found() if inspect.isclass(found) else found


def first_line(extension: object) -> str:
    """Return the first line of an extension's docstring, or nothing."""
    text = extension.__doc__
    lines = text.splitlines() if isinstance(text, str) else []
    return next((line.strip() for line in lines if line.strip()), "")
