"""Keys and signatures are those of minisign: made by it, read by it, and refused when a bit is wrong."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostcore.errors import SourceError
from hostcore.sources import (
    KeyFolder,
    PublicKey,
    SecretKey,
    Signature,
    check_archive,
    hash_of,
    read_public_key,
    read_secret_key,
    sign_archive,
    write_new,
)

VECTORS = Path(__file__).parent / "vectors"
MESSAGE = (VECTORS / "message.txt").read_bytes()
SIGNATURE = (VECTORS / "message.txt.minisig").read_bytes()
PUBLIC = PublicKey.parse((VECTORS / "key.pub").read_bytes(), place="key.pub")
SECRET = SecretKey.parse((VECTORS / "key.key").read_bytes(), place="key.key")


def test_a_signature_of_the_real_minisign_holds():
    """The vector was made with minisign 0.11; its secret key is no secret."""
    signature = Signature.parse(SIGNATURE, place="here")
    assert (signature.key_id, signature.comment) == (PUBLIC.id, "a comment")
    assert signature.fits(PUBLIC, hash_of([MESSAGE]))
    assert signature.fits(PUBLIC, hash_of([MESSAGE[:7], MESSAGE[7:]]))
    assert not signature.fits(PUBLIC, hash_of([MESSAGE + b"x"]))
    assert not signature.fits(SecretKey.generate().public, hash_of([MESSAGE]))


def test_keys_are_those_of_the_real_minisign():
    """The key pair of the vector is read as one, and written as it was but for the comment."""
    assert SECRET.public == PUBLIC
    assert PUBLIC.text.encode() == (VECTORS / "key.pub").read_bytes()
    assert SECRET.text.split("\n")[1] == (VECTORS / "key.key").read_text().split("\n")[1]
    assert PublicKey.parse(PUBLIC.text.split("\n")[1].encode(), place="the second line alone") == PUBLIC


def test_the_signature_is_the_one_that_minisign_makes():
    """ed25519 has no chance in it: the same key, message and comment give the same bytes."""
    made = SECRET.sign(
        hash_of([MESSAGE]), comment="a comment", untrusted="signature from minisign secret key"
    )
    assert made == SIGNATURE


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_what_is_signed_can_change(position, bit):
    """A flipped bit in signature, key id or comment gives a signature that cannot be read or does not fit."""
    lines = SIGNATURE.split(b"\n")
    trusted = b"\n".join(lines[1:4])
    changed = bytearray(trusted)
    changed[position % len(trusted)] ^= 1 << bit
    try:
        signature = Signature.parse(lines[0] + b"\n" + bytes(changed) + b"\n", place="here")
    except SourceError:
        return
    same = signature == Signature.parse(SIGNATURE, place="here")
    # What base64 does not use of its last character is not part of the signature, nor is the key's id.
    assert same or signature.key_id != PUBLIC.id or not signature.fits(PUBLIC, hash_of([MESSAGE]))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    """Whatever a file holds, the answer is a key, a signature or an error that says what is wrong."""
    for read in (PublicKey.parse, SecretKey.parse, Signature.parse):
        with pytest.raises(SourceError):
            read(data, place="here")
        with pytest.raises(SourceError):
            read(
                b"untrusted comment: x\n" + base64.b64encode(data) + b"\ntrusted comment: y\n\n", place="here"
            )


def test_what_cannot_be_used_is_said():
    """A password, an old signature, a damaged key and a huge file have messages of their own."""
    lines = SIGNATURE.split(b"\n")
    old = base64.b64encode(b"Ed" + base64.b64decode(lines[1])[2:])
    with pytest.raises(SourceError, match="of the old kind"):
        Signature.parse(b"\n".join([lines[0], old, *lines[2:]]), place="here")
    raw = bytearray(base64.b64decode(SECRET.text.split("\n")[1]))
    with pytest.raises(SourceError, match="has a password"):
        SecretKey.parse(base64.b64encode(raw[:2] + b"Sc" + raw[4:]), place="here")
    raw[70] ^= 1
    with pytest.raises(SourceError, match="damaged"):
        SecretKey.parse(base64.b64encode(raw), place="here")
    with pytest.raises(SourceError, match="too large"):
        PublicKey.parse(b"x" * 20_000, place="here")
    with pytest.raises(ValueError, match="one line"):
        SECRET.sign(hash_of([b""]), comment="two\nlines", untrusted="")


@pytest.mark.skipif(shutil.which("minisign") is None, reason="the program minisign is not on this machine")
def test_the_real_minisign_takes_what_is_made_here(tmp_path):
    """It checks our signature with our public key, and signs with our secret key."""
    secret = SecretKey.generate()
    (tmp_path / "k.pub").write_text(secret.public.text)
    write_new(tmp_path / "k.key", secret.text, mode=0o600)
    archive = tmp_path / "plugin.zip"
    archive.write_bytes(b"anything" * 1000)
    (tmp_path / "plugin.zip.minisig").write_bytes(sign_archive(secret, archive))
    subprocess.run(["minisign", "-Vm", archive, "-p", tmp_path / "k.pub"], check=True, capture_output=True)
    subprocess.run(
        ["minisign", "-S", "-s", tmp_path / "k.key", "-m", archive],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    trusted = KeyFolder(tmp_path / "keys").trust(secret.public, "me")
    theirs = (tmp_path / "plugin.zip.minisig").read_bytes()
    signer, signature = check_archive(archive, theirs, [trusted])
    assert (signer, signature.signer([trusted]), signature.signer([])) == (trusted, trusted, None)


def test_an_archive_is_vouched_for_by_a_trusted_key(tmp_path):
    """Who has signed it is told; a stranger's signature and one of another archive are not taken."""
    secret, stranger = SecretKey.generate(), SecretKey.generate()
    keys = [KeyFolder(tmp_path / "keys").trust(secret.public, "me")]
    archive = tmp_path / "plugin.zip"
    archive.write_bytes(b"anything")
    assert keys[0] == check_archive(archive, sign_archive(secret, archive), keys)[0]
    with pytest.raises(SourceError, match="not trusted"):
        check_archive(archive, sign_archive(stranger, archive), keys)
    signature = sign_archive(secret, archive)
    archive.write_bytes(b"anything else")
    with pytest.raises(SourceError, match="not one of this archive"):
        check_archive(archive, signature, keys)


def test_trusted_keys_have_names(tmp_path):
    """They are listed by name, removed by name or id, and neither a name nor a key is taken twice."""
    folder = KeyFolder(tmp_path / "keys")
    assert folder.keys() == ()
    one, two = SecretKey.generate().public, SecretKey.generate().public
    folder.trust(two, "b")
    folder.trust(one, "a")
    assert [(each.name, each.key) for each in folder.keys()] == [("a", one), ("b", two)]  # noqa: SIM118 - this is no dict
    with pytest.raises(SourceError, match="trusted already, as a"):
        folder.trust(one, "c")
    with pytest.raises(SourceError, match="never overwritten"):
        folder.trust(SecretKey.generate().public, "a")
    for name in ("", "../up", ".hidden", "a b", "x" * 65):
        with pytest.raises(SourceError, match="cannot be called"):
            folder.trust(SecretKey.generate().public, name)
    with pytest.raises(SourceError, match="there is no key c"):
        folder.remove("c")
    assert folder.remove("a").key == one
    assert folder.remove(two.id.lower()).name == "b"
    assert folder.keys() == ()


def test_a_folder_with_what_is_no_key_is_refused(tmp_path):
    """Who believes to have trusted a key must learn that it is none; other files are no keys."""
    folder = KeyFolder(tmp_path)
    (tmp_path / "README").write_text("keys")
    assert folder.keys() == ()
    (tmp_path / "bad.pub").write_text("ssh-ed25519 AAAA")
    with pytest.raises(SourceError, match="no key or signature of minisign"):
        folder.keys()
    (tmp_path / "bad.pub").unlink()
    tmp_path.chmod(0o777)
    with pytest.raises(SourceError, match="everybody on this machine may write"):
        folder.keys()


def test_a_secret_key_is_for_one_alone(tmp_path):
    """It is written with the mode 0600 from the first moment, never over another file, and not read when others may."""
    path = tmp_path / "k.key"
    write_new(path, SECRET.text, mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secret_key(path) == SECRET
    with pytest.raises(SourceError, match="never overwritten"):
        write_new(path, "", mode=0o600)
    path.chmod(0o640)
    with pytest.raises(SourceError, match="others may read") as caught:
        read_secret_key(path)
    assert caught.value.hint == f"chmod 600 {path}"
    with pytest.raises(SourceError, match="cannot be used"):
        read_public_key(tmp_path / "gone.pub")
