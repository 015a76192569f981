"""Checks an installed Polyhost from outside its checkout: run it with the Python of that installation."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
import sys


def main() -> int:
    """Return 1 and say what is missing when the wheel lacks something that it needs at run time."""
    schemas = importlib.resources.files("hostcore") / "_schemas"
    faults = []
    for part in ("interfaces", "meta"):
        folder = schemas / part
        files = (
            [entry for entry in folder.iterdir() if entry.name.endswith(".json")] if folder.is_dir() else []
        )
        if not files:
            faults.append(f"no schemas in {folder}")
        for entry in files:
            json.loads(entry.read_text(encoding="utf-8"))
    console = importlib.resources.files("hostweb_api") / "_console"
    if not (console / "index.html").is_file():
        faults.append(f"no console in {console}")
    faults += [
        f"{package} has no py.typed: type checkers ignore its types"
        for package in ("hostcore", "hostweb_api", "polyhost_plugin")
        if not (importlib.resources.files(package) / "py.typed").is_file()
    ]
    version = importlib.metadata.version("polyhost")
    print("\n".join(faults) or f"polyhost {version} is complete", file=sys.stderr if faults else sys.stdout)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
