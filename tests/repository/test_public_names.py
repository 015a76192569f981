"""What users may import is pinned: a name comes, goes or moves on purpose only.

`python tests/repository/test_public_names.py` writes the pinned list anew.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from repository import ROOT, shown

PINNED = Path(__file__).with_name("public-names.txt")
ROOTS = (ROOT / "src", ROOT / "plugins" / "sdk" / "python" / "src")


def packages() -> dict[str, Path]:
    """Return the path of each public package by its dotted name."""
    return {
        ".".join(path.parent.relative_to(root).parts): path
        for root in ROOTS
        for path in sorted(root.rglob("__init__.py"))
        if not any(part.startswith("_") for part in path.parent.relative_to(root).parts)
    }


def declared(path: Path) -> list[str]:
    """Return `__all__` as the source has it, without importing."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return list(ast.literal_eval(node.value))
    return []


def public_names() -> list[str]:
    """Return all public names, dotted and sorted."""
    return sorted(f"{package}.{name}" for package, path in packages().items() for name in declared(path))


def test_public_names_are_pinned():
    """The public names are those of the pinned list; a change of it is part of a commit and of the changelog."""
    assert public_names() == PINNED.read_text().splitlines()


@pytest.mark.parametrize("package", sorted(packages()))
def test_public_names_can_be_imported(package):
    """Each name of `__all__` is there, also a lazy one."""
    module = importlib.import_module(package)
    assert [name for name in declared(packages()[package]) if not hasattr(module, name)] == []


def test_modules_are_private():
    """Packages are public, modules have an underscore: users import from packages only."""
    modules = [
        shown(path)
        for root in ROOTS
        for path in root.rglob("*.py")
        if not any(part.startswith("_") for part in path.relative_to(root).parts)
    ]
    assert modules == []


if __name__ == "__main__":
    PINNED.write_text("\n".join(public_names()) + "\n")
