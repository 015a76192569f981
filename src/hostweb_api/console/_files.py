"""The files of the built console, read into memory once."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

# By suffix, what the console's build makes; `mimetypes` would ask the machine's own tables.
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_OTHER: Final = "application/octet-stream"
_COMPRESSIBLE: Final = frozenset({".html", ".js", ".css", ".svg", ".json", ".txt", ".wasm"})
# The gain of a higher level is under one percent here, its cost is double.
_GZIP_LEVEL: Final = 6
_INLINE_SCRIPT: Final = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)

INDEX: Final = "/index.html"
# The build puts a hash of their content into the names of these files: one that is kept never grows stale.
HASHED_FOLDER: Final = "/assets/"


class ConsoleFile:
    """Is one file of the console, as it is sent.

    Attributes:
        body: its bytes.
        media_type: what they are.
        etag: names this content.
        is_hashed: whether its name changes with its content.
    """

    def __init__(self, path: str, body: bytes) -> None:
        suffix = Path(path).suffix
        self.body = body
        self.media_type = _MEDIA_TYPES.get(suffix, _OTHER)
        self.etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        self.is_hashed = path.startswith(HASHED_FOLDER)
        self._is_compressible = suffix in _COMPRESSIBLE

    @cached_property
    def compressed(self) -> bytes | None:
        """Return the file in gzip, or None where that is not smaller; made at the first wish, then kept."""
        if not self._is_compressible:
            return None
        # Without a time in it, the same file gives the same bytes.
        small = gzip.compress(self.body, _GZIP_LEVEL, mtime=0)
        return small if len(small) < len(self.body) else None


class Console:
    """Holds the built console in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take the files by path, e.g. `/assets/root-1a2b.js`; `/index.html` must be among them."""
        self._files = {path: ConsoleFile(path, body) for path, body in files.items()}
        self.index = self._files[INDEX]
        self.script_hashes = tuple(_script_hashes(self.index.body))

    def __repr__(self) -> str:
        size = sum(len(file.body) for file in self._files.values())
        return f"<Console {len(self._files)} files, {size} bytes>"

    def find(self, path: str) -> ConsoleFile | None:
        """Return the file at a path, or None."""
        return self._files.get(path)

    @classmethod
    def read(cls, folder: Path) -> Console | None:
        """Read a folder that the console was built into; None when nothing was."""
        if not (folder / INDEX[1:]).is_file():
            return None
        return cls({
            f"/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in sorted(folder.rglob("*"))
            # A dot begins the name of what the build keeps for itself.
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        })  # fmt: skip


def _script_hashes(page: bytes) -> Iterator[str]:
    """Return what the content security policy must name so that the page's own inline scripts run, and no others."""
    for found in _INLINE_SCRIPT.finditer(page):
        if not re.search(rb"\bsrc\s*=", found["attributes"]):
            digest = hashlib.sha256(found["text"]).digest()
            yield f"'sha256-{base64.b64encode(digest).decode()}'"


def console_folder() -> Path:
    """Return the folder of the built console.

    An installed wheel carries it inside the package; in a checkout it is where its build puts it.
    """
    package = Path(__file__).parents[1]
    shipped = package / "_console"
    return shipped if shipped.is_dir() else package.parents[1] / "host_web" / "build" / "client"


def find_console() -> Console | None:
    """Read the console that comes with Polyhost; None in a checkout in which it was not built."""
    return Console.read(console_folder())
