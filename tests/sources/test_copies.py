"""Private copies: what was judged is what they hold, and what is not as it was sealed is made anew."""

import os

import pytest

from hostcore.errors import SourceError
from hostcore.sources import MOST_COPIES, Copies, Coverage, read_folder, remove_tree

RULE = Coverage()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "plugin"
    made.mkdir()
    (made / "main.py").write_text("good\n")
    return made


@pytest.fixture
def copies(tmp_path):
    made = Copies(tmp_path / "data" / "sources" / "demo")
    yield made
    remove_tree(made.path)


def sealed(copies, folder):
    copy, is_sealed = copies.take(folder, RULE, read_folder(folder, RULE))
    if not is_sealed:
        copies.seal(copy)
    return copy


def test_a_sealed_copy_is_taken_again(folder, copies):
    """The same sources give the same folder, nobody else may enter it, and its files cannot be written."""
    copy = sealed(copies, folder)
    assert (copy, True) == copies.take(folder, RULE, read_folder(folder, RULE))
    assert (copy / "main.py").read_text() == "good\n"
    modes = [
        each.stat().st_mode & 0o777 for each in (copies.path.parent, copies.path, copy, copy / "main.py")
    ]
    assert modes == [0o700, 0o700, 0o555, 0o444]


def test_a_change_between_judgement_and_copy_is_found(folder, copies):
    """What is copied is hashed once more while it is copied: no moment is left in which a file can be exchanged."""
    judged = read_folder(folder, RULE)
    (folder / "main.py").write_text("evil\n")
    with pytest.raises(SourceError, match=r"changed while they were verified: main\.py has changed"):
        copies.take(folder, RULE, judged)
    assert list(copies.path.iterdir()) == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda copy: (copy / "main.py").write_text("evil\n"),
        lambda copy: (copy / "sitecustomize.py").write_text("evil\n"),
        lambda copy: (copy / "main.py").unlink(),
        lambda copy: (copy / "made").write_text("evil\n"),
        lambda copy: (copy.with_name(copy.name + ".json")).write_text("{}"),
        lambda copy: (copy.with_name(copy.name + ".json")).write_text('{"files": 1}'),
        lambda copy: (copy.with_name(copy.name + ".json")).unlink(),
    ],
)
def test_a_copy_that_is_not_as_it_was_sealed_is_made_anew(folder, copies, tamper):
    """Also what a build has made is held to the seal; the tampered copy is moved away, for something may run from it."""
    judged = read_folder(folder, RULE)
    copy, _ = copies.take(folder, RULE, judged)
    (copy / "made").write_text("by the build\n")
    copies.seal(copy)
    copy.chmod(0o755)
    for each in copy.iterdir():
        each.chmod(0o644)
    read_before = copies.take(folder, RULE, judged)
    assert read_before == (copy, True)
    tamper(copy)
    again, is_sealed = copies.take(folder, RULE, judged)
    assert (copy, False) == (again, is_sealed)
    assert sorted(each.name for each in again.iterdir()) == ["main.py"]
    assert (again / "main.py").read_text() == "good\n"


def test_compiled_python_of_an_earlier_run_is_removed(folder, copies):
    """A host of root cannot keep plugins from writing caches: they are gone before the next start, not run."""
    copy = sealed(copies, folder)
    copy.chmod(0o755)
    cache = copy / "__pycache__"
    cache.mkdir()
    (cache / "main.cpython-311.pyc").write_text("evil")
    assert (copy, True) == copies.take(folder, RULE, read_folder(folder, RULE))
    assert not cache.exists()


def test_an_unfinished_copy_is_not_taken(folder, copies):
    """One whose build did not end has no seal, and is made anew."""
    judged = read_folder(folder, RULE)
    copy, _ = copies.take(folder, RULE, judged)
    (copy / "half").write_text("of a build")
    assert copies.take(folder, RULE, judged) == (copy, False)
    assert not (copy / "half").exists()


def more_than_stay(folder, copies):
    """Make two copies more than stay, the oldest first, and change the folder once more."""
    made = []
    for number in range(MOST_COPIES + 2):
        (folder / "main.py").write_text(f"{number}\n")
        made.append(sealed(copies, folder))
        os.utime(copies._seal_of(made[-1]), (number, number))
    (folder / "main.py").write_text("unsealed\n")
    return made


def test_old_copies_are_forgotten(folder, copies):
    """The ones taken last stay; what has no seal goes, too."""
    made = more_than_stay(folder, copies)
    copies.take(folder, RULE, read_folder(folder, RULE))
    copies.forget_old()
    assert {each for each in copies.path.iterdir() if each.is_dir()} == set(made[-MOST_COPIES:])


def test_a_copy_in_use_stays(folder, copies):
    """However old it is; what has no seal may be one that was put aside, and stays while there is any in use."""
    made = more_than_stay(folder, copies)
    new, _ = copies.take(folder, RULE, read_folder(folder, RULE))
    copies.forget_old({made[0]})
    left = {each for each in copies.path.iterdir() if each.is_dir()}
    assert left == {made[0], new, *made[-MOST_COPIES:]}


def test_a_data_folder_that_everybody_may_write_is_refused(folder, copies):
    """Who may rename the folder of the copies decides what runs."""
    data = copies.path.parent.parent
    data.mkdir()
    data.chmod(0o777)
    with pytest.raises(SourceError, match="everybody on this machine may write"):
        copies.take(folder, RULE, read_folder(folder, RULE))
