"""Notes who has signed the archives that plugins came in, so that their word counts at later starts, too.

A signature is of the archive, and what is started are files. So the host notes what it has seen once: that the archive
with this hash held these files. The note is in the host's data folder, which is its user's alone, as the copies that
plugins run from are. The signature itself is checked against the trusted keys each time: who trusts a key no more does
not trust what it has signed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hostcore.errors import SourceError
from hostcore.interfaces import read_bounded
from hostcore.sources._folder import refuse_if_open_to_all
from hostcore.sources._keys import TrustedKey
from hostcore.sources._minisign import Signature

UPLOADS: Final = "uploads"
"""Where in the host's data folder plugins are that came as archives, each in a folder called by its digest."""

NOTE_SUFFIX: Final = ".signed"
"""What is appended to the folder's name for the note beside it."""

_LARGEST_NOTE: Final = 64 * 1024
_PRIVATE: Final = 0o600


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveSignature:
    """Is the signature of an archive.

    Attributes:
        archive: hash of the archive, as it is signed.
        text: the signature as a file.
    """

    archive: bytes
    text: bytes

    @classmethod
    def read(cls, data: Path, digest: str) -> Self | None:
        """Return the signature of the archive that files came in; None when they came in none, or in one without.

        Args:
            data: the host's data folder.
            digest: of the files, `sha256:<hex>`.

        Raises:
            SourceError: there is a note that cannot be used.
        """
        place = _place(data, digest)
        try:
            note = json.loads(read_bounded(place, _LARGEST_NOTE))
            for each in (place.parent, place.parent.parent):
                refuse_if_open_to_all(each)
            return cls(archive=bytes.fromhex(note["archive"]), text=note["signature"].encode("latin-1"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(
                f"the note who has signed the archive cannot be read: {error}",
                location=str(place),
                hint="delete it, and load the archive with its signature again",
            ) from error

    def write(self, data: Path, digest: str, *, by_way_of: Path) -> None:
        """Note that these files came in the archive; raises `OSError`.

        Others may note it of the same files at the same time: the latest one holds.

        Args:
            data: the host's data folder.
            digest: of the files, `sha256:<hex>`.
            by_way_of: a folder in it that nobody else writes to; the note is there until it is whole.
        """
        new = by_way_of / f"note{NOTE_SUFFIX}"
        text = json.dumps({"archive": self.archive.hex(), "signature": self.text.decode("latin-1")})
        new.touch(mode=_PRIVATE)
        new.write_text(text, encoding="utf-8")
        new.replace(_place(data, digest))

    def signer(self, keys: Sequence[TrustedKey]) -> TrustedKey | None:
        """Return the trusted key that has signed the archive; None when none has."""
        signature = Signature.parse(self.text, place="the signature of the archive")
        known = [each for each in keys if each.key.id == signature.key_id]
        return next((each for each in known if signature.fits(each.key, self.archive)), None)


def _place(data: Path, digest: str) -> Path:
    return data.absolute() / UPLOADS / (digest.removeprefix("sha256:") + NOTE_SUFFIX)
