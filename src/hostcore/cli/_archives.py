"""Archives of plugins that a command sends to the server."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._output import console, show, show_line, text, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hostcore.cli._client import Client

# What an archive begins with → how it is called; a tar has its mark further on.
_BEGINNINGS: Final = ((b"PK", "application/zip"), (b"\x1f\x8b", "application/gzip"))
_TAR_MARK: Final = (257, b"ustar", "application/x-tar")
_LARGEST_SIGNATURE: Final = 16 * 1024


def archive_type(path: Path) -> str | None:
    """Return the media type of an archive by what it begins with; None for a folder or a manifest.

    Raises:
        CliError: it is a file that is neither.
    """
    if not path.is_file() or path.suffix == ".toml":
        return None
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise CliError(
            f"the archive cannot be read: {error.strerror}", exit_code=ExitCode.CONFIG, location=str(path)
        ) from error
    found = next((kind for mark, kind in _BEGINNINGS if head.startswith(mark)), None)
    at, mark, tar = _TAR_MARK
    if found is None and head[at : at + len(mark)] == mark:
        found = tar
    if found is None:
        raise CliError(
            "this is neither a plugin's folder nor an archive of one",
            exit_code=ExitCode.CONFIG,
            location=str(path),
            hint="an archive is a zip, tar or tar.gz",
        )
    return found


def send_archive(client: Client, route: str, path: Path, media_type: str) -> Any:
    """Send an archive to a route below `/api/plugins`, with its signature if there is one beside it."""
    signature = path.with_name(path.name + ".minisig")
    headers = {}
    try:
        if signature.is_file():
            with signature.open("rb") as file:
                headers["Polyhost-Signature"] = base64.b64encode(file.read(_LARGEST_SIGNATURE)).decode()
    except OSError as error:
        raise CliError(
            f"the signature cannot be read: {error.strerror}",
            exit_code=ExitCode.CONFIG,
            location=str(signature),
        ) from error
    return client.send_file(f"/api/plugins/{route}", path, media_type=media_type, headers=headers)


def show_inspection(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Write what is in an archive or a folder; of a folder, files are counted only where they are verified."""
    if as_json:
        write_json(found)
        return
    to = console()
    show(text((found["id"], "bold"), " ", found["version"]), to=to)
    if found["description"]:
        show(text(found["description"]), to=to)
    show(text(""), to=to)
    for label, value in _facts(found):
        show_line(text((f"  {label:<11} ", "dim"), value), to=to)


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    checked = found["verification"]
    requires = {**found["requires_interfaces"], **found["requires_plugins"]}
    facts = [
        ("runs", " ".join(found["runs"])),
        ("builds", " ".join(found["builds"] or ())),
        ("provides", _pairs(found["provides"])),
        ("requires", _pairs(requires)),
        ("missing", "; ".join(found["unmet"])),
        ("variables", ", ".join(found["variables"])),
        ("holds", _holds(found)),
        ("folder", found["folder"] or ""),
        ("archive", f"sha256:{found['archive_sha256']}" if found["archive_sha256"] else ""),
        ("signed by", found["archive_signer"] or ""),
        ("files", f"{checked['outcome']}: {checked['detail']}"),
        ("may start", "yes" if found["may_start"] else "no"),
        ("loaded", found["loaded_version"] or ""),
    ]
    return [(label, value) for label, value in facts if value]


def _holds(found: Mapping[str, Any]) -> str:
    if found["files"] is None:
        return ""
    files = f"{found['files']} files"
    return files if found["bytes"] is None else f"{files}, {found['bytes']} bytes"


def _pairs(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
