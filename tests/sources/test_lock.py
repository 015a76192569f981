"""The lock file: the same for the same entries, and refused when it is not what was written."""

import json

import pytest

from hostcore.errors import SourceError
from hostcore.sources import Contents, Lock, LockEntry

ONE = Contents(files={"b.py": "f " + "1" * 64, "a": "x " + "2" * 64})


def test_a_lock_is_read_as_it_was_written(tmp_path):
    """Entries and files come back, sorted, and the text does not depend on the order of writing."""
    path = tmp_path / "polyhost.lock"
    entry = LockEntry.of("1.0.0", ONE)
    lock = Lock().put("kv", entry).put("echo", entry)
    lock.write(path)
    assert Lock.read(path) == lock
    assert Lock().put("echo", entry).put("kv", entry).text() == path.read_text()
    assert list(json.loads(path.read_text())["plugins"]["kv"]["files"]) == ["a", "b.py"]
    assert lock.without("kv").plugins.keys() == {"echo"}
    assert [each.name for each in tmp_path.iterdir()] == ["polyhost.lock"]


def test_a_lock_that_is_not_there_is_empty(tmp_path):
    """Nothing is pinned then."""
    assert Lock.read(tmp_path / "polyhost.lock") == Lock()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("{}", "is missing"),
        ('{"lock": 2, "plugins": {}}', "must be one of 1"),
        ('{"lock": 1, "plugins": {"KV": {}}}', "wrong"),
        (
            '{"lock": 1, "plugins": {"kv": {"version": "1", "digest": "x", "files": {}}}}',
            "'digest' must have",
        ),
        ('{"lock": 1, "plugins": {}, "more": 1}', "'more' is not known"),
    ],
)
def test_a_lock_that_is_wrong_is_refused(tmp_path, text, message):
    """What is no lock file pins nothing by accident: it is an error with the file and what to do."""
    path = tmp_path / "polyhost.lock"
    path.write_text(text)
    with pytest.raises(SourceError, match=message) as caught:
        Lock.read(path)
    assert str(path) in caught.value.location
    assert "polyhost lock" in caught.value.hint


def test_a_list_of_files_that_is_not_that_of_the_digest_is_refused(tmp_path):
    """A hand that changes the list and not the digest, or a bad merge, is found."""
    path = tmp_path / "polyhost.lock"
    path.write_text(Lock().put("kv", LockEntry.of("1.0.0", ONE)).text().replace("1" * 64, "3" * 64))
    with pytest.raises(SourceError, match="not those of its digest"):
        Lock.read(path)


def test_a_lock_that_everybody_may_write_is_refused(tmp_path):
    """Who may write it decides what runs; everybody may not."""
    path = tmp_path / "polyhost.lock"
    Lock().write(path)
    path.chmod(0o666)
    with pytest.raises(SourceError, match="everybody on this machine may write"):
        Lock.read(path)


def test_a_lock_that_cannot_be_written_leaves_the_old_one(tmp_path):
    """It is written whole or not at all, and no half of it is left beside."""
    path = tmp_path / "polyhost.lock"
    path.mkdir()
    with pytest.raises(SourceError, match="cannot be written"):
        Lock().write(path)
    assert [each.name for each in tmp_path.iterdir()] == ["polyhost.lock"]
