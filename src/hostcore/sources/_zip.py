"""Reads zip strictly: what the index says must be what stands before each file, and no two files share bytes."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from hostcore.sources._unpacking import Unpacking

LARGEST_INDEX: Final = 16 * 1024 * 1024
"""Bytes of the index: 300 for each of the most entries."""

_END: Final = struct.Struct("<4s4H2LH")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_LARGEST_COMMENT: Final = 0xFFFF
_ZIP64: Final = 0xFFFFFFFF
_ZIP64_COUNT: Final = 0xFFFF
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1
_STRONGLY_ENCRYPTED: Final = 0x40
_UTF8: Final = 0x800
_UNIX: Final = (3, 19)
_CHUNK: Final = 64 * 1024
_DAMAGED: Final = "fetch it again"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    raw: bytes
    name: str
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int


def unpack_zip(file: BinaryIO, unpacking: Unpacking) -> None:
    """Unpack a zip; raises `SourceError`."""
    index, index_at = _read_index(file, unpacking)
    entries = sorted(_entries(index, unpacking), key=lambda each: each.offset)
    free_from = 0
    for each in entries:
        if each.offset < free_from:
            raise unpacking.refuse("two entries share bytes of the archive", entry=each.name)
        data_at = _check_local(file, each, unpacking)
        free_from = data_at + each.packed
        if free_from > index_at:
            raise unpacking.refuse("an entry reaches into the index", entry=each.name)
        _take(file, each, unpacking)


def _read_index(file: BinaryIO, unpacking: Unpacking) -> tuple[bytes, int]:
    """Find the end record, the last in the file, and read the index that it speaks of."""
    size = file.seek(0, 2)
    begin = max(0, size - _END.size - _LARGEST_COMMENT)
    file.seek(begin)
    tail = file.read(size - begin)
    at = len(tail) - _END.size
    while at >= 0:
        at = tail.rfind(b"PK\x05\x06", 0, at + 4)
        if at >= 0 and len(tail) - at >= _END.size:
            found = _END.unpack_from(tail, at)
            if at + _END.size + found[7] == len(tail):
                break
        at -= 1
    else:
        raise unpacking.refuse("the archive is damaged, or no zip: it has no end", hint=_DAMAGED)
    _, disk, index_disk, here, count, index_size, index_at, _ = found
    if disk or index_disk or here != count:
        raise unpacking.refuse("the archive has several parts", hint="pack it into one file")
    if count == _ZIP64_COUNT or _ZIP64 in (index_size, index_at):
        raise unpacking.refuse("the archive is a Zip64", hint="leave large files out, or pack as tar.gz")
    if index_size > LARGEST_INDEX or count > unpacking.limits.entries:
        raise unpacking.refuse(
            f"the archive has more than {unpacking.limits.entries} entries", hint="leave some out"
        )
    if index_at + index_size != begin + at:
        raise unpacking.refuse("the archive is damaged: its index is not where it belongs", hint=_DAMAGED)
    file.seek(index_at)
    index = file.read(index_size)
    if count * _ENTRY.size > len(index):
        raise unpacking.refuse("the archive is damaged: its index is too short", hint=_DAMAGED)
    return index, index_at


def _entries(index: bytes, unpacking: Unpacking) -> Iterator[_Entry]:
    at, count = 0, 0
    while at < len(index):
        count += 1
        if count > unpacking.limits.entries:
            raise unpacking.refuse(
                f"the archive has more than {unpacking.limits.entries} entries", hint="leave some out"
            )
        if len(index) - at < _ENTRY.size or index[at : at + 4] != b"PK\x01\x02":
            raise unpacking.refuse("the archive is damaged: its index is none", hint=_DAMAGED)
        fields = _ENTRY.unpack_from(index, at)
        _, made_by, _, flags, method, _, _, crc, packed, size, *sizes, _, _, attributes, offset = fields
        name_size, extra_size, comment_size = sizes
        raw = index[at + _ENTRY.size : at + _ENTRY.size + name_size]
        at += _ENTRY.size + name_size + extra_size + comment_size
        if at > len(index):
            raise unpacking.refuse("the archive is damaged: its index is cut off", hint=_DAMAGED)
        name = _name(raw, flags, unpacking)
        if flags & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
            raise unpacking.refuse("an entry is encrypted", entry=name, hint="pack without a password")
        if method not in {_STORED, _DEFLATED}:
            raise unpacking.refuse(
                f"an entry is compressed in a way that is not taken ({method})", entry=name
            )
        if _ZIP64 in (packed, size, offset):
            raise unpacking.refuse(
                "the archive is a Zip64", entry=name, hint="leave large files out, or pack as tar.gz"
            )
        yield _Entry(
            raw=raw,
            name=name,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            mode=attributes >> 16 if made_by >> 8 in _UNIX else 0,
            offset=offset,
        )


def _name(raw: bytes, flags: int, unpacking: Unpacking) -> str:
    try:
        # Without the flag a name is in the code page of old PCs, of which ASCII is the part that is sure.
        return raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        raise unpacking.refuse("a name is not UTF-8", entry=ascii(raw)[2:-1]) from error


def _check_local(file: BinaryIO, entry: _Entry, unpacking: Unpacking) -> int:
    """Check the header that stands before a file, for readers that believe it; returns where the file begins."""
    file.seek(entry.offset)
    head = file.read(_LOCAL.size)
    if len(head) != _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise unpacking.refuse("the archive is damaged: an entry is not where it belongs", entry=entry.name)
    _, _, _, method, _, _, _, _, _, name_size, extra_size = _LOCAL.unpack(head)
    if file.read(name_size) != entry.raw or method != entry.method:
        raise unpacking.refuse("an entry is called otherwise in the index", entry=entry.name)
    return file.seek(extra_size, 1)


def _take(file: BinaryIO, entry: _Entry, unpacking: Unpacking) -> None:
    kind = stat.S_IFMT(entry.mode)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise unpacking.refuse("an entry is a link, a device, a socket or a named pipe", entry=entry.name)
    if entry.name.endswith("/") or kind == stat.S_IFDIR:
        if entry.size:
            raise unpacking.refuse("a folder has contents", entry=entry.name)
        unpacking.add_folder(entry.name)
        return
    unpacking.add_file(
        entry.name, _contents(file, entry, unpacking), is_program=bool(entry.mode & stat.S_IXUSR)
    )


def _contents(file: BinaryIO, entry: _Entry, unpacking: Unpacking) -> Iterator[bytes]:
    crc, size = 0, 0
    for chunk in _inflated(file, entry, unpacking) if entry.method == _DEFLATED else _stored(file, entry):
        size += len(chunk)
        if size > entry.size:
            raise unpacking.refuse("an entry is larger than it says", entry=entry.name)
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size != entry.size or crc != entry.crc:
        raise unpacking.refuse(
            "the archive is damaged: an entry has another checksum", entry=entry.name, hint=_DAMAGED
        )


def _stored(file: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    left = entry.packed
    while left and (chunk := file.read(min(left, _CHUNK))):
        left -= len(chunk)
        yield chunk


def _inflated(file: BinaryIO, entry: _Entry, unpacking: Unpacking) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=-15)
    left = entry.packed
    data = b""
    try:
        while not inflate.eof:
            if not data:
                data = file.read(min(left, _CHUNK))
                left -= len(data)
            chunk = inflate.decompress(data, _CHUNK)
            if not chunk and not data:  # also what it had still to give is given
                break
            data = inflate.unconsumed_tail
            if chunk:
                yield chunk
    except zlib.error as error:
        raise unpacking.refuse(f"the archive is damaged: {error}", entry=entry.name, hint=_DAMAGED) from error
    if not inflate.eof or inflate.unused_data or left:
        raise unpacking.refuse(
            "the archive is damaged: an entry has another end", entry=entry.name, hint=_DAMAGED
        )
