"""Find the interface files that a manifest speaks of, as of the versions that it provides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hostcore.errors import ManifestError
from hostcore.interfaces import Interface, InterfaceVersion, interface_file_name, load_interface
from hostcore.manifest._model import Manifest


def load_interfaces_of(manifest: Manifest, search_folders: Iterable[Path] = ()) -> dict[str, Interface]:
    """Load the interface files of what a plugin provides, by interface name.

    Each is looked for as `interfaces/<Name>.v<major>.json` in the plugin's folder, then as `<Name>.v<major>.json` in
    the given folders. An interface without a file is left out: the plugin's hello says that it has it. Where the file
    is newer than what the plugin provides, the methods that came later are left out.

    Raises:
        InterfaceError: a file is wrong.
        ManifestError: a file is older than what the manifest provides.
    """
    folders = (manifest.folder / "interfaces", *search_folders)
    found: dict[str, Interface] = {}
    for name, text in manifest.provides.items():
        version = InterfaceVersion.parse(text)
        file_name = interface_file_name(name, version.major)
        file = next((folder / file_name for folder in folders if (folder / file_name).is_file()), None)
        if file is None:
            continue
        interface = load_interface(file)
        if not interface.version.serves(version):
            raise ManifestError(
                f"the plugin provides {name} {version}, but the interface file is {interface.version}",
                location=f"{manifest.file}, provides.{name}",
                hint=f"provide {interface.version}, or bring a newer file to {manifest.folder / 'interfaces'}",
                details={"file": str(file)},
            )
        found[name] = _as_of(interface, version)
    return found


def _as_of(interface: Interface, version: InterfaceVersion) -> Interface:
    if interface.version == version:
        return interface
    methods = {
        name: method
        for name, method in interface.methods.items()
        if method.since is None or method.since <= version
    }
    scenarios = tuple(
        scenario for scenario in interface.scenarios if all(step.method in methods for step in scenario.steps)
    )
    return replace(
        interface,
        version=version,
        methods=methods,
        scenarios=scenarios,
        document=_document_as_of(interface.document, version, methods),
    )


def _document_as_of(
    document: Mapping[str, Any], version: InterfaceVersion, known: Collection[str]
) -> Mapping[str, Any]:
    """Return an interface file without what it has beyond a version; it is a whole one again."""
    methods = {name: each for name, each in document["methods"].items() if name in known}
    made = {**document, "version": str(version), "methods": methods}
    if "scenarios" in document:
        made["scenarios"] = [
            each for each in document["scenarios"] if all(step["call"] in known for step in each["steps"])
        ]
    return made
