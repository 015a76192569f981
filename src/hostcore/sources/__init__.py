"""The files of plugins: what they are, who vouches for them, and how an archive of them is unpacked. Knows no event loop."""

from hostcore.sources._arrivals import NOTE_SUFFIX, UPLOADS, ArchiveSignature
from hostcore.sources._contents import Contents, differences, hash_of_file, in_short
from hostcore.sources._copies import MOST_COPIES, Copies
from hostcore.sources._coverage import SIGNATURE_NAME, Coverage, coverage_of
from hostcore.sources._folder import read_folder, remove_tree
from hostcore.sources._judge import Judgement, judge
from hostcore.sources._keys import (
    KEYS_NAME,
    PUBLIC_SUFFIX,
    KeyFolder,
    TrustedKey,
    read_public_key,
    read_secret_key,
    write_new,
)
from hostcore.sources._lock import LOCK_NAME, Lock, LockEntry
from hostcore.sources._minisign import PublicKey, SecretKey, Signature, hash_of
from hostcore.sources._signing import ARCHIVE_SUFFIX, check_archive, sign_archive, sign_contents
from hostcore.sources._unpacking import LARGEST_ARCHIVE, ArchiveLimits, Unpacked, unpack_archive
from hostcore.sources._verify import Verified, verify_folder

__all__ = [
    "ARCHIVE_SUFFIX",
    "KEYS_NAME",
    "LARGEST_ARCHIVE",
    "LOCK_NAME",
    "MOST_COPIES",
    "NOTE_SUFFIX",
    "PUBLIC_SUFFIX",
    "SIGNATURE_NAME",
    "UPLOADS",
    "ArchiveLimits",
    "ArchiveSignature",
    "Contents",
    "Copies",
    "Coverage",
    "Judgement",
    "KeyFolder",
    "Lock",
    "LockEntry",
    "PublicKey",
    "SecretKey",
    "Signature",
    "TrustedKey",
    "Unpacked",
    "Verified",
    "check_archive",
    "coverage_of",
    "differences",
    "hash_of",
    "hash_of_file",
    "in_short",
    "judge",
    "read_folder",
    "read_public_key",
    "read_secret_key",
    "remove_tree",
    "sign_archive",
    "sign_contents",
    "unpack_archive",
    "verify_folder",
    "write_new",
]
