"""Reads tar strictly: the standard library's reader takes headers of any size into memory, and much that is not wanted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from hostcore.sources._unpacking import Unpacking

BLOCK: Final = 512
LARGEST_EXTENSION: Final = 64 * 1024
"""Bytes of what stands before an entry for it: a long name, or the times that pax writes."""

_CHUNK: Final = 64 * 1024
_FILES: Final = frozenset({b"0", b"\0", b"7"})
_FOLDER: Final = b"5"
_GNU_NAME: Final = b"L"
_PAX: Final = b"x"
_PAX_GLOBAL: Final = b"g"
_OTHERS: Final[Mapping[bytes, str]] = {
    b"1": "a link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    b"S": "a sparse file",
    b"K": "a link",
}
# What may stand in a pax header besides the path: it is not kept. A size would hide one entry from another reader.
_IGNORED: Final = (
    "mtime",
    "atime",
    "ctime",
    "uid",
    "gid",
    "uname",
    "gname",
    "comment",
    "charset",
    "hdrcharset",
)
_IGNORED_BEGINNINGS: Final = ("LIBARCHIVE.", "SCHILY.", "RHT.", "APPLE.", "MSWINDOWS.")


class _Readable(Protocol):
    def read(self, count: int, /) -> bytes: ...


class _Source:
    """Reads so many bytes, or all that is missing is told."""

    def __init__(self, file: _Readable, unpacking: Unpacking) -> None:
        self._file = file
        self._unpacking = unpacking

    def read(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise self._unpacking.refuse("the archive ends too early", hint="fetch it again")
        return data

    def chunks(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            chunk = self.read(min(left, _CHUNK))
            left -= len(chunk)
            yield chunk
        self.read(-size % BLOCK)


class _Gunzip:
    """Is a file of what a gzip holds; counts nothing, and has never more in memory than was asked for and a chunk."""

    def __init__(self, file: BinaryIO, unpacking: Unpacking) -> None:
        self._file = file
        self._unpacking = unpacking
        self._inflate = zlib.decompressobj(wbits=31)

    def read(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            if self._inflate.eof:
                break  # a second member would be one that other readers do not see
            data = self._inflate.unconsumed_tail or self._file.read(_CHUNK)
            try:
                chunk = self._inflate.decompress(data, count - len(parts))
            except zlib.error as error:
                raise self._unpacking.refuse(
                    f"the archive is damaged: {error}", hint="fetch it again"
                ) from error
            if not chunk and not data:  # also what it had still to give is given
                break
            parts += chunk
        return bytes(parts)

    def finish(self) -> None:
        """See that the compressed data end here."""
        if not self._inflate.eof:
            raise self._unpacking.refuse("the archive ends too early", hint="fetch it again")
        if self._inflate.unused_data.strip(b"\0") or self._file.read(1).strip(b"\0"):
            raise self._unpacking.refuse("something follows the end of the archive")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Header:
    name: bytes
    mode: int
    size: int
    kind: bytes


def unpack_tar(file: _Readable, unpacking: Unpacking) -> None:
    """Unpack a tar; raises `SourceError`."""
    _unpack_entries(_Source(file, unpacking), unpacking)
    while chunk := file.read(_CHUNK):
        unpacking.produced(len(chunk))
        if chunk.strip(b"\0"):
            raise unpacking.refuse("something follows the end of the archive")


def _unpack_entries(source: _Source, unpacking: Unpacking) -> None:
    longer: bytes | None = None
    while True:
        block = source.read(BLOCK)
        if not block.strip(b"\0"):
            return
        header = _parse(block, unpacking)
        if header.kind in {_GNU_NAME, _PAX, _PAX_GLOBAL}:
            unpacking.produced(BLOCK)  # a million of them are a bomb, too
            longer = _extension(header, source, unpacking) or longer
            continue
        name = _name(longer if longer is not None else header.name, unpacking)
        longer = None
        _take(header, name, source, unpacking)


def unpack_tar_gz(file: BinaryIO, unpacking: Unpacking) -> None:
    """Unpack a tar.gz; raises `SourceError`."""
    inner = _Gunzip(file, unpacking)
    unpack_tar(inner, unpacking)
    inner.finish()


def _take(header: _Header, name: str, source: _Source, unpacking: Unpacking) -> None:
    if header.kind == _FOLDER or (header.kind in _FILES and name.endswith("/")):
        if header.size:
            raise unpacking.refuse("a folder has contents", entry=name)
        unpacking.add_folder(name)
    elif header.kind in _FILES:
        chunks = source.chunks(header.size)
        unpacking.add_file(name, chunks, is_program=bool(header.mode & 0o100))
    else:
        what = _OTHERS.get(header.kind, f"of a kind that is not known, {ascii(header.kind)[1:]}")
        raise unpacking.refuse(f"an entry is {what}", entry=name)


def _parse(block: bytes, unpacking: Unpacking) -> _Header:
    wanted = _number(block[148:156], unpacking)
    blanked = block[:148] + b" " * 8 + block[156:]
    if sum(blanked) != wanted:
        raise unpacking.refuse("the archive is damaged: a header has another checksum", hint="fetch it again")
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0]
    if block[257:263] == b"ustar\0" and prefix:
        name = prefix + b"/" + name
    return _Header(
        name=name,
        mode=_number(block[100:108], unpacking),
        size=_number(block[124:136], unpacking),
        kind=block[156:157],
    )


def _number(field: bytes, unpacking: Unpacking) -> int:
    """Read a number: octal digits, or GNU's binary form for large ones."""
    if field[0] == 0x80:  # noqa: PLR2004 - the mark of the binary form
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits else 0
    except ValueError as error:
        raise unpacking.refuse("the archive is damaged: a header has no number where one belongs") from error


def _extension(header: _Header, source: _Source, unpacking: Unpacking) -> bytes | None:
    """Read what stands before an entry; returns the longer name that it gives."""
    if header.size > LARGEST_EXTENSION:
        raise unpacking.refuse(f"what stands before an entry is larger than {LARGEST_EXTENSION >> 10} KiB")
    data = b"".join(source.chunks(header.size))
    unpacking.produced(len(data))
    if header.kind == _GNU_NAME:
        return data.rstrip(b"\0")
    path = None
    for key, value in _records(data, unpacking):
        if key == "path" and header.kind == _PAX:
            path = value
        elif key not in _IGNORED and not key.startswith(_IGNORED_BEGINNINGS):
            raise unpacking.refuse(f"an entry has the pax header {ascii(key)[1:-1]:.60}, which is not taken")
    return path


def _records(data: bytes, unpacking: Unpacking) -> Iterator[tuple[str, bytes]]:
    r"""Split pax records: `<length> <key>=<value>\n`."""
    while data:
        length_text, space, _ = data.partition(b" ")
        if not space or not length_text.isdigit() or len(length_text) > 6:  # noqa: PLR2004 - no record is longer than all
            raise unpacking.refuse("the archive is damaged: a pax header has no length")
        length = int(length_text)
        record, data = data[:length], data[length:]
        key, equals, value = record[len(length_text) + 1 :].partition(b"=")
        if len(record) != length or not equals or not value.endswith(b"\n"):
            raise unpacking.refuse("the archive is damaged: a pax header is none")
        yield key.decode(errors="replace"), value[:-1]


def _name(raw: bytes, unpacking: Unpacking) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise unpacking.refuse("a name is not UTF-8", entry=ascii(raw)[2:-1]) from error
