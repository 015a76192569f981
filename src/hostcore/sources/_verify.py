"""Verifies the folder of one plugin as a host's configuration asks for it: reads, judges, and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hostcore.config import HostConfig, VerificationMode
from hostcore.errors import SourceError
from hostcore.interfaces import read_bounded
from hostcore.manifest import Manifest
from hostcore.snapshots import Verification, VerificationOutcome
from hostcore.sources._arrivals import ArchiveSignature
from hostcore.sources._contents import Contents, hash_of_file
from hostcore.sources._coverage import SIGNATURE_NAME, coverage_of
from hostcore.sources._folder import read_folder
from hostcore.sources._judge import Judgement, judge
from hostcore.sources._keys import KeyFolder
from hostcore.sources._lock import Lock

LARGEST_SIGNATURE: Final = 16 * 1024
"""Bytes of a signature file; minisign's comments are at most 9 KiB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """Is what came of looking at a folder.

    Attributes:
        verification: for people.
        contents: what the folder holds; None when it could not be read, or nobody has looked.
        refused: whether a plugin with these files may not be started.
    """

    verification: Verification
    contents: Contents | None = None
    refused: bool = False

    @property
    def is_good(self) -> bool:
        """Whether somebody vouches for the files."""
        return self.verification.outcome is VerificationOutcome.VERIFIED


def verify_folder(
    manifest: Manifest, config: HostConfig, *, at: float, archive: ArchiveSignature | None = None
) -> Verified:
    """Look at the files of a plugin; it blocks, seconds for gigabytes.

    Args:
        manifest: the plugin's, as the host has read it.
        config: says what is asked for, and where lock file and keys are.
        at: now, in seconds since the epoch.
        archive: signature of the archive that the files have just come in; None looks whether one is noted.
    """
    mode = config.verification.mode
    enforced = mode is VerificationMode.ENFORCE
    if mode is VerificationMode.OFF:
        detail = "files are not verified: `verification.mode` is off"
        return Verified(
            verification=Verification(mode=mode.value, outcome=VerificationOutcome.OFF, detail=detail, at=at)
        )
    contents: Contents | None = None
    try:
        contents = read_folder(manifest.folder, coverage_of(manifest))
        judgement = _judge(manifest, contents, config, archive)
    except SourceError as error:
        judgement = Judgement(outcome=VerificationOutcome.REFUSED, detail=str(error))
    verification = Verification(
        mode=mode.value,
        outcome=judgement.outcome,
        detail=judgement.detail,
        digest=contents.digest if contents is not None else None,
        signer=judgement.signer,
        at=at,
    )
    refused = enforced and judgement.outcome is not VerificationOutcome.VERIFIED
    return Verified(verification=verification, contents=contents, refused=refused)


def _judge(
    manifest: Manifest, contents: Contents, config: HostConfig, archive: ArchiveSignature | None
) -> Judgement:
    # The manifest was read at another time than the files: it must be the one that is among them.
    if hash_of_file(contents, manifest.file.name) != manifest.sha256:
        return Judgement(
            outcome=VerificationOutcome.CHANGED,
            detail=f"{manifest.file.name} is not the file that the host has read; have it read again:"
            f" `polyhost reload {manifest.id}`",
        )
    keys = KeyFolder(config.keys_folder).keys()
    archive = archive or ArchiveSignature.read(config.data, contents.digest)
    return judge(
        manifest.id,
        contents,
        proof=config.verification.require,
        entry=Lock.read(config.lock_file).plugins.get(manifest.id),
        signature=_signature_of(manifest),
        keys=keys,
        archive_signer=None if archive is None else archive.signer(keys),
    )


def _signature_of(manifest: Manifest) -> bytes | None:
    path = manifest.folder / SIGNATURE_NAME
    try:
        return read_bounded(path, LARGEST_SIGNATURE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(
            f"the signature cannot be read: {error.strerror}",
            location=str(path),
            hint="check the permissions",
        ) from error
