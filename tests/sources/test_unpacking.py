"""Archives of strangers: honest ones are unpacked, and hostile ones are refused and leave nothing."""

import gzip
import io
import stat
import struct
import subprocess
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostcore.errors import SourceError
from hostcore.sources import ArchiveLimits, read_folder, unpack_archive
from hostcore.sources._coverage import EVERYTHING

FILES = {
    "plugin.toml": b"id = 'demo'\n",
    "lib/code.py": b"print()\n" * 100,
    "bin/run": b"#!/bin/sh\n",
    "none": b"",
}


def tar_of(entries, *, form=tarfile.PAX_FORMAT, compress=False):
    """Make a tar of names and contents, or of `TarInfo` with contents."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz" if compress else "w", format=form) as archive:
        for name, data in entries:
            info = name
            if isinstance(name, str):
                info = tarfile.TarInfo(name)
                info.mode = 0o755 if name.startswith("bin/") else 0o644
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def zip_of(entries, *, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in entries:
            info = name
            if isinstance(name, str):
                info = zipfile.ZipInfo(name)
                info.external_attr = (stat.S_IFREG | (0o755 if name.startswith("bin/") else 0o644)) << 16
            info.compress_type = method
            archive.writestr(info, data)
    return made.getvalue()


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def unpack(tmp_path):
    """Unpack bytes, and see that a refusal leaves nothing at all."""

    def unpack(data, **limits):
        archive = tmp_path / "archive"
        archive.write_bytes(data)
        target = tmp_path / "target"
        try:
            return unpack_archive(archive, target, ArchiveLimits(**limits))
        except SourceError:
            assert names_in(tmp_path) == ["archive"]
            raise

    return unpack


HONEST = {
    "zip": zip_of,
    "zip, stored": lambda entries: zip_of(entries, method=zipfile.ZIP_STORED),
    "tar, pax": tar_of,
    "tar, gnu": lambda entries: tar_of(entries, form=tarfile.GNU_FORMAT),
    "tar, ustar": lambda entries: tar_of(entries, form=tarfile.USTAR_FORMAT),
    "tar.gz": lambda entries: tar_of(entries, compress=True),
}
every_form = pytest.mark.parametrize("make", HONEST.values(), ids=HONEST)


@every_form
def test_an_honest_archive_is_unpacked(unpack, make):
    """Files, their contents, and which of them are programs; modes are no more than that."""
    unpacked = unpack(make(list(FILES.items())))
    found = {
        path.relative_to(unpacked.folder).as_posix(): path.read_bytes()
        for path in unpacked.folder.rglob("*")
        if path.is_file()
    }
    assert found == FILES
    assert (4, sum(map(len, FILES.values())), "") == (unpacked.files, unpacked.bytes, unpacked.top)
    modes = {
        name: (unpacked.folder / name).stat().st_mode & 0o7777 for name in ("bin/run", "plugin.toml", "lib")
    }
    assert modes == {"bin/run": 0o755, "plugin.toml": 0o644, "lib": 0o755}


@every_form
def test_one_folder_around_everything_is_taken_away(unpack, make):
    """As archives of source repositories have it."""
    unpacked = unpack(make([(f"demo-1.0/{name}", data) for name, data in FILES.items()]))
    assert (unpacked.folder / "plugin.toml").read_bytes() == FILES["plugin.toml"]
    assert unpacked.top == "demo-1.0"


def test_what_the_tar_program_makes_is_unpacked(tmp_path):
    """With folders as entries of their own, `./` before each name, owners, times and long names."""
    folder = tmp_path / "plugin"
    long = folder / ("d" * 90) / ("e" * 90)
    long.mkdir(parents=True)
    (long / ("f" * 100)).write_text("long")
    (folder / "plugin.toml").write_text("id = 'demo'\n")
    for form in ("gnu", "pax", "posix"):
        archive, target = tmp_path / f"{form}.tar.gz", tmp_path / form
        subprocess.run(["tar", f"--format={form}", "-C", folder, "-czf", archive, "."], check=True)
        unpack_archive(archive, target)
        assert read_folder(folder, EVERYTHING) == read_folder(target, EVERYTHING)


BAD_NAMES = {
    "../evil": "leads out",
    "a/../../evil": "leads out",
    "a/..": "leads out",
    "/etc/evil": "absolute",
    "C:/evil": "Windows",
    "a\\b": "Windows",
    "a//b": "is none",
    "n\nl": "control character",
    "e\x1b[2Jsc": "control character",
    "n" * 300: "more than 255 bytes",
    "/".join(["dddddddd"] * 150): "longer than 1024 bytes",
    "/".join("d" * 40): "more than 32 folders deep",
}


@every_form
@pytest.mark.parametrize(("name", "message"), BAD_NAMES.items())
def test_bad_names_are_refused(unpack, make, name, message):
    """Nothing is written outside, on top of something, or under a name that cannot be shown."""
    if make is HONEST["tar, ustar"] and len(name) > 250:
        make = HONEST["tar, gnu"]  # the old format has no room for such names
    with pytest.raises(SourceError, match=message):
        unpack(make([("plugin.toml", b"x"), (name, b"evil")]))


@every_form
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "a"], "twice"),
        (["a", "./a"], "twice"),
        (["lib/Code.py", "lib/code.py"], "only as capitals do"),
        (["Lib/a", "lib/b"], "only as capitals do"),
        (["caf\u00e9", "cafe\u0301"], "only as capitals do"),
        (["a", "a/b"], "of a file and of a folder"),
        (["a/b", "a"], "twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_there_twice_are_refused(unpack, make, names, message):
    """Which of two wins would depend on the reader, or on the file system."""
    with pytest.raises(SourceError, match=message):
        unpack(make([(name, b"x") for name in names]))


TAR_KINDS = {
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
    b"Z": "of a kind that is not known",
}


@pytest.mark.parametrize(("kind", "message"), TAR_KINDS.items())
@pytest.mark.parametrize("compress", [False, True])
def test_what_is_neither_file_nor_folder_is_refused_in_a_tar(unpack, kind, message, compress):
    """Links, devices and pipes, wherever they lead."""
    info = tarfile.TarInfo("evil")
    info.type, info.linkname = kind, "plugin.toml"
    with pytest.raises(SourceError, match=message):
        unpack(tar_of([("plugin.toml", b"x"), (info, b"")], compress=compress))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_what_is_neither_file_nor_folder_is_refused_in_a_zip(unpack, kind):
    """Its mode says what an entry is."""
    info = zipfile.ZipInfo("evil")
    info.external_attr = (kind | 0o777) << 16
    with pytest.raises(SourceError, match="a link, a device, a socket or a named pipe"):
        unpack(zip_of([("plugin.toml", b"x"), (info, b"/etc/passwd")]))


def test_set_user_id_is_not_kept(unpack):
    """Of modes no more is taken than whether a file is a program."""
    info = tarfile.TarInfo("run")
    info.mode = 0o7777
    unpacked = unpack(tar_of([(info, b"x"), ("plugin.toml", b"x")]))
    assert (unpacked.folder / "run").stat().st_mode & 0o7777 == 0o755


@every_form
def test_every_limit_holds(unpack, make):
    """Bytes of archive and contents, entries, depth, path: one more than allowed is refused and says which."""
    data = make([("a/b/c", b"x" * 100), ("d", b"y" * 100)])
    with pytest.raises(SourceError, match=f"larger than {len(data) - 1} bytes"):
        unpack(data, archive=len(data) - 1)
    with pytest.raises(SourceError, match="holds more than 199 bytes"):
        unpack(data, contents=199)
    with pytest.raises(SourceError, match="more than 3 entries"):
        unpack(data, entries=3)
    with pytest.raises(SourceError, match="more than 2 folders deep"):
        unpack(data, depth=2)
    with pytest.raises(SourceError, match="longer than 4 bytes"):
        unpack(data, path=4)
    assert unpack(data, entries=4, depth=3, path=5, archive=len(data)).bytes >= 200


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_a_bomb_is_refused_by_its_ratio(unpack, form):
    """Zeros that compress a thousandfold are not written out to the limit."""
    with pytest.raises(SourceError, match="more than 200 times its size"):
        unpack(HONEST[form]([("zeros", bytes(30 * 1024 * 1024))]))


def test_a_bomb_of_headers_is_refused(unpack):
    """What stands before entries counts as well: a tar of nothing but long names ends, too."""
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT))
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 0
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) * 100_000 + bytes(block) + bytes(1024))
    with pytest.raises(SourceError, match="times its size"):
        unpack(data)
    info.size = 1 << 40
    with pytest.raises(SourceError, match="larger than 64 KiB"):
        unpack(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


def test_pax_headers_that_change_what_an_entry_is_are_refused(unpack):
    """A size of its own hides entries from other readers; so does any key that is not known to do nothing."""
    for key, value in (("size", "0"), ("linkpath", "/etc"), ("GNU.sparse.major", "1"), ("x", "y")):
        info = tarfile.TarInfo("a")
        info.pax_headers = {key: value}
        with pytest.raises(SourceError, match="pax header"):
            unpack(tar_of([(info, b"x")]))


def test_zips_that_say_two_things_are_refused(unpack):
    """Another name before the file than in the index, shared bytes, a wrong size or checksum, encryption, Zip64."""
    plain = bytearray(zip_of([("aaaa", b"x" * 50), ("bbbb", b"y" * 50)], method=zipfile.ZIP_STORED))
    index = plain.index(b"PK\x01\x02")
    second = plain.index(b"PK\x01\x02", index + 4)

    def changed(offset, data, kind="<L"):
        made = bytearray(plain)
        new = data if isinstance(data, bytes) else struct.pack(kind, data)
        made[offset : offset + len(new)] = new
        return bytes(made)

    cases = {
        "called otherwise": changed(plain.index(b"aaaa"), b"evil"),
        "share bytes": changed(second + 42, 0),
        "larger than it says": changed(index + 24, 10),
        "another checksum": changed(index + 16, 1),
        "encrypted": changed(index + 8, 1, "<H"),
        "compressed in a way": changed(index + 10, 12, "<H"),
        "Zip64": changed(index + 20, 0xFFFFFFFF),
        "its index is none": changed(index, b"PK\x01\x03"),
        "not where it belongs": changed(len(plain) - 6, 5),
        "has no end": bytes(plain) + b"trailing",
        "several parts": changed(len(plain) - 18, 1, "<H"),
    }
    for message, data in cases.items():
        with pytest.raises(SourceError, match=message):
            unpack(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no archive that is known"),
        (b"#!/bin/sh\nrm -rf /\n", "no archive that is known"),
        (b"\x28\xb5\x2f\xfd" + bytes(100), "compressed with zstd"),
        (b"\xfd7zXZ\0" + bytes(100), "compressed with xz"),
        (b"BZh9" + bytes(100), "compressed with bzip2"),
        (gzip.compress(b"no tar"), "ends too early"),
        (gzip.compress(bytes(1024)), "holds no file"),
        (tar_of([("a", b"x")])[:-10240] + tar_of([("b", b"x")])[:600], "ends too early"),
        (tar_of([("a", b"x")]) + tar_of([("b", b"x")]), "something follows the end"),
        (tar_of([("a", b"x")], compress=True) + b"more", "something follows the end"),
        (tar_of([("a", b"x")], compress=True)[:-4], "ends too early"),
        (
            gzip.compress(tar_of([("a", b"x")])) + gzip.compress(tar_of([("b", b"y")])),
            "something follows the end",
        ),
        (bytes(257) + b"ustar" + bytes(250), "another checksum"),
        (zip_of([])[:10], "has no end"),
        (zip_of([]), "holds no file"),
    ],
)
def test_what_is_no_whole_archive_is_refused(unpack, data, message):
    """Each says what it is, or where it is damaged, and what to pack instead."""
    with pytest.raises(SourceError, match=message) as caught:
        unpack(data)
    assert caught.value.hint


def test_a_target_that_is_there_is_left_alone(tmp_path):
    """Nothing is unpacked over a folder."""
    (tmp_path / "a.zip").write_bytes(zip_of([("plugin.toml", b"x")]))
    (tmp_path / "target").mkdir()
    with pytest.raises(FileExistsError):
        unpack_archive(tmp_path / "a.zip", tmp_path / "target")
    assert names_in(tmp_path) == ["a.zip", "target"]


# -- fuzz: whatever comes, it is unpacked inside or refused, and nothing else is there afterwards

NAMES = st.one_of(
    st.sampled_from(
        ["a", "b", "a/b", "A", "./a", "../x", "/x", "a/../../x", "plugin.toml", "d/", ".", "", "a/./b"]
    ),
    st.text(alphabet="ab/.\\A:\0\n\u00e9", min_size=1, max_size=12),
)
CONTENTS = st.binary(max_size=200)


@st.composite
def hostile_archives(draw):
    entries = draw(st.lists(st.tuples(NAMES, CONTENTS), max_size=6))
    form = draw(st.sampled_from(["tar", "tar.gz", "zip"]))
    if form == "zip":
        made = []
        for name, data in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name  # the constructor would cut names at a zero
            info.external_attr = draw(st.integers(0, 0xFFFF)) << 16
            made.append((info, data))
        data = zip_of(made, method=draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])))
    else:
        made = []
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.type = draw(
                st.sampled_from([b"0", b"\0", b"1", b"2", b"3", b"5", b"6", b"7", b"L", b"x", b"g", b"S"])
            )
            info.mode = draw(st.integers(0, 0o7777))
            info.linkname = draw(NAMES)
            made.append((info, data))
        data = tar_of(made, form=draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])))
    data = bytearray(data)
    for position, value in draw(
        st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=4)
    ):
        if data:
            data[position % len(data)] = value
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    return gzip.compress(bytes(data), mtime=0) if form == "tar.gz" else bytes(data)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.one_of(hostile_archives(), st.binary(max_size=600)))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_archives_leave_nothing_outside(tmp_path_factory, data):
    """Names, kinds, modes and bytes at random: files and folders inside of the target, or an error and nothing."""
    base = tmp_path_factory.mktemp("fuzz")
    (base / "archive").write_bytes(data)
    try:
        unpacked = unpack_archive(base / "archive", base / "target")
    except SourceError:
        assert names_in(base) == ["archive"]
        return
    assert names_in(base) == ["archive", "target"]
    found = list((base / "target").rglob("*"))
    for path in found:
        mode = path.lstat().st_mode
        assert stat.S_ISDIR(mode) or stat.S_ISREG(mode)
        assert stat.S_IMODE(mode) in {0o755, 0o644}
    assert unpacked.files == sum(path.is_file() for path in found)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}", fullmatch=True), st.binary(max_size=2000), max_size=8
    )
)
def test_what_is_packed_comes_out(tmp_path_factory, files):
    """For honest contents all forms give what the standard library would."""
    base = tmp_path_factory.mktemp("round")
    parents = {"/".join(name.split("/")[:end]) for name in files for end in range(1, name.count("/") + 1)}
    entries = [("plugin.toml", b"x"), *((name, data) for name, data in files.items() if name not in parents)]
    for index, make in enumerate(HONEST.values()):
        archive = base / f"{index}"
        archive.write_bytes(make(entries))
        unpacked = unpack_archive(archive, base / f"t{index}")
        for name, data in entries:
            assert data == (unpacked.folder / name).read_bytes()


@pytest.mark.parametrize("size", [65_536, 65_537, 131_071, 200_000])
@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_what_the_decompressor_holds_to_the_last_comes_out(unpack, size, form):
    """A long run of one byte is a few bytes of input, which are used up before all of it has come out."""
    unpacked = unpack(HONEST[form]([("plugin.toml", b"x"), ("z", bytes(size))]))
    assert bytes(size) == (unpacked.folder / "z").read_bytes()
