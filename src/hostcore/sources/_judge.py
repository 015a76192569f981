"""Decides whether a plugin's files are those that somebody has vouched for; reads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostcore.config import VerificationProof as Proof
from hostcore.errors import SourceError
from hostcore.snapshots import VerificationOutcome
from hostcore.sources._contents import Contents, differences, in_short
from hostcore.sources._coverage import SIGNATURE_NAME
from hostcore.sources._keys import TrustedKey
from hostcore.sources._lock import LockEntry
from hostcore.sources._minisign import Signature, hash_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Is what came out.

    Attributes:
        outcome: `verified`, or what is missing.
        detail: one sentence: why, and what to do about it.
        signer: name and id of the trusted key that has signed the files, or None.
    """

    outcome: VerificationOutcome
    detail: str
    signer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signed:
    """Is what came of a signature; `signer` is there when it is good."""

    outcome: VerificationOutcome
    detail: str
    signer: str | None = None


def judge(
    plugin_id: str,
    contents: Contents,
    *,
    proof: Proof,
    entry: LockEntry | None,
    signature: bytes | None,
    keys: Sequence[TrustedKey],
    archive_signer: TrustedKey | None = None,
) -> Judgement:
    """Judge the files of one plugin.

    Args:
        plugin_id: the plugin.
        contents: what its folder holds.
        proof: what is asked for.
        entry: what the lock file pins of it, or None.
        signature: what its signature file holds, or None.
        keys: those that are trusted.
        archive_signer: who of them has signed the archive that these files came in, or None.
    """
    if entry is not None and entry.digest != contents.digest:
        said = in_short(differences(entry.files, contents.files))
        return Judgement(
            outcome=VerificationOutcome.CHANGED,
            detail=f"the files are not those that the lock file pins: {said}; restore them, or look at the"
            f" changes and pin them: `polyhost lock`, then `polyhost reload {plugin_id}`",
        )
    signed = _check_signature(contents, signature, keys)
    what = "these files"
    if not signed.signer and archive_signer is not None:
        what = "the archive that these files came in"
        signed = _Signed(
            outcome=VerificationOutcome.VERIFIED, detail="the archive is signed", signer=str(archive_signer)
        )
    pinned = "the lock file pins these files" if entry is not None else None
    unpinned = Judgement(
        outcome=VerificationOutcome.UNLOCKED,
        detail=f"the lock file has no entry for {plugin_id}"
        + (f", and {signed.detail}" if proof is Proof.ANY else "")
        + "; look at the files and pin them: `polyhost lock`",
        signer=signed.signer,
    )
    unsigned = Judgement(outcome=signed.outcome, detail=signed.detail)
    if proof is not Proof.SIGNATURE and pinned is not None and (proof is not Proof.BOTH or signed.signer):
        also = f", and {signed.signer} has signed {what}" if signed.signer else ""
        return Judgement(outcome=VerificationOutcome.VERIFIED, detail=pinned + also, signer=signed.signer)
    if proof in {Proof.ANY, Proof.SIGNATURE} and signed.signer:
        return Judgement(
            outcome=VerificationOutcome.VERIFIED,
            detail=f"{signed.signer} has signed {what}",
            signer=signed.signer,
        )
    if proof is Proof.LOCK or (proof is Proof.BOTH and pinned is None):
        return unpinned
    if proof is Proof.ANY and signature is None:
        return unpinned
    return unsigned


def _check_signature(contents: Contents, text: bytes | None, keys: Sequence[TrustedKey]) -> _Signed:
    if text is None:
        return _Signed(
            outcome=VerificationOutcome.UNSIGNED,
            detail=f"there is no signature {SIGNATURE_NAME}; have the files signed: `polyhost sign`",
        )
    try:
        signature = Signature.parse(text, place=SIGNATURE_NAME)
        known = [each for each in keys if each.key.id == signature.key_id]
        message = hash_of([contents.text])
        signer = next((each for each in known if signature.fits(each.key, message)), None)
    except SourceError as error:
        return _Signed(outcome=VerificationOutcome.UNSIGNED, detail=f"the signature cannot be used: {error}")
    if signer is not None:
        return _Signed(
            outcome=VerificationOutcome.VERIFIED, detail="the files are signed", signer=str(signer)
        )
    if not known:
        return _Signed(
            outcome=VerificationOutcome.UNTRUSTED,
            detail=f"the signature is by the key {signature.key_id}, which is not trusted; if it should be:"
            " `polyhost keys trust`",
        )
    return _Signed(
        outcome=VerificationOutcome.CHANGED,
        detail=f"the signature by {known[0]} is not one of these files; restore them, or have them signed anew",
    )
