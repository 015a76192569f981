"""Refuses plugins whose files are not those that their manifest pins."""

from __future__ import annotations

import hashlib

from hostcore.hooks import hookimpl
from hostcore.manifest import Manifest


class SourceVerification:
    """Compares the files that `[verify]` names with their hashes before each build and start."""

    @hookimpl
    def hostcore_decide_admission(self, manifest: Manifest) -> str | None:
        """Name the first file that differs or cannot be read."""
        for name, expected in manifest.verify.items():
            algorithm, _, digest = expected.partition(":")
            pinned = manifest.folder / name
            if pinned.exists() and not pinned.is_file():  # a pipe would be waited for, a device read for ever
                return f"{name}, which [verify] pins, is no regular file"
            try:
                with pinned.open("rb") as file:
                    found = hashlib.file_digest(file, algorithm).hexdigest()
            except OSError as error:
                return f"{name}, which [verify] pins, cannot be read: {error.strerror}"
            if found != digest.lower():
                return f"{name} is not the file that [verify] pins: its {algorithm} is {found}; restore it, or have whoever trusts it pin it anew"
        return None
