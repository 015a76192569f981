"""The store alone, without any plugin around it."""

import sqlite3
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from store import PAGE, ConflictError, Store


@pytest.fixture
def store(tmp_path):
    store = Store(str(tmp_path / "kv.sqlite3"))
    yield store
    store.close()


def test_a_batch_is_written_as_a_whole_or_not_at_all(store):
    """An exception in the middle of the pairs leaves nothing behind, not even a revision."""

    def pairs():
        yield "a", "1"
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        store.put(pairs())
    assert store.statistics() == (0, 0, 0)
    assert store.put([("a", "1"), ("b", "2")]) == (2, 2)


def test_an_expected_revision_is_held(store):
    """0 means that the key must be new; another number that it is unchanged."""
    _, first = store.put([("a", "1")], expected=0)
    _, second = store.put([("a", "2")], expected=first)
    for wrong in (0, first, second + 1):
        with pytest.raises(ConflictError) as caught:
            store.put([("a", "3")], expected=wrong)
        assert caught.value.revision == second
    assert store.get("a").value == "2"


def test_a_listing_goes_over_pages_in_order(store):
    """Prefixes are taken literally; keys come by code points; changes meanwhile do not disturb it."""
    keys = [f"p%/{number:05}" for number in range(PAGE * 2 + 1)] + ["p%/ü", "p%/😀"]
    store.put((key, "") for key in [*keys, "p", "p_/x", "q%/"])
    seen = []
    for entry in store.list("p%/"):
        seen.append(entry.key)
        if len(seen) == 1:
            store.delete(keys[-1])
    assert seen == keys[:-1]


def test_bytes_are_counted_as_utf8(store):
    """A letter with an accent has two."""
    store.put([("ü", "😀")])
    assert store.statistics() == (1, 6, 1)


def test_threads_may_share_it(store):
    """Writers wait for each other; every revision is given once."""
    revisions = []

    def write(name):
        revisions.extend(store.put([(f"{name}/{number}", "")])[1] for number in range(25))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(1, 101))


def test_what_is_stored_survives(tmp_path):
    """A second store on the same file has all of the first; each commit is synchronous."""
    path = str(tmp_path / "kv.sqlite3")
    first = Store(path)
    first.put([("a", "1")])
    assert first._database.execute("PRAGMA synchronous").fetchone() == (2,)
    second = Store(path)
    assert second.get("a").value == "1"
    first.close()
    second.close()
    with pytest.raises(sqlite3.ProgrammingError):
        first.get("a")
