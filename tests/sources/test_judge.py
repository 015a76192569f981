"""Who is taken at his word: the table of lock entries, signatures and what is asked for."""

import pytest

from hostcore.config import VerificationProof as Proof
from hostcore.snapshots import VerificationOutcome as Outcome
from hostcore.sources import Contents, LockEntry, SecretKey, TrustedKey, hash_of, judge

GOOD = Contents(files={"main.py": "f " + "1" * 64})
EVIL = Contents(files={"main.py": "f " + "2" * 64})
FRIEND, STRANGER = SecretKey.generate(), SecretKey.generate()
KEYS = (TrustedKey(name="friend", key=FRIEND.public),)


def signed(key, contents):
    return key.sign(hash_of([contents.text]), comment="c", untrusted="u")


ENTRIES = {"none": None, "these": LockEntry.of("1.0.0", GOOD), "others": LockEntry.of("1.0.0", EVIL)}
SIGNATURES = {
    "none": None,
    "friend": signed(FRIEND, GOOD),
    "stranger": signed(STRANGER, GOOD),
    "friend, of others": signed(FRIEND, EVIL),
    "garbage": b"garbage",
}
# entry, signature → what comes out for any, lock, signature, both
TABLE = [
    ("none", "none", "unlocked unlocked unsigned unlocked"),
    ("none", "friend", "verified unlocked verified unlocked"),
    ("none", "stranger", "untrusted unlocked untrusted unlocked"),
    ("none", "friend, of others", "changed unlocked changed unlocked"),
    ("none", "garbage", "unsigned unlocked unsigned unlocked"),
    ("these", "none", "verified verified unsigned unsigned"),
    ("these", "friend", "verified verified verified verified"),
    ("these", "stranger", "verified verified untrusted untrusted"),
    ("these", "friend, of others", "verified verified changed changed"),
    ("these", "garbage", "verified verified unsigned unsigned"),
    *(("others", each, "changed changed changed changed") for each in SIGNATURES),
]


@pytest.mark.parametrize(("entry", "signature", "outcomes"), TABLE)
def test_the_table_of_outcomes(entry, signature, outcomes):
    """What the lock file pins always holds; beyond that, what is asked for must be there and good."""
    found = [
        judge("demo", GOOD, proof=proof, entry=ENTRIES[entry], signature=SIGNATURES[signature], keys=KEYS)
        for proof in (Proof.ANY, Proof.LOCK, Proof.SIGNATURE, Proof.BOTH)
    ]
    assert outcomes.split() == [each.outcome.value for each in found]
    is_signed = signature == "friend" and entry != "others"
    assert {each.signer for each in found} == {f"friend ({FRIEND.id})" if is_signed else None}


def test_every_answer_says_what_to_do():
    """The file that differs, or the command that mends it, stands in the sentence."""

    def detail(entry, signature, proof=Proof.ANY, keys=KEYS):
        return judge(
            "demo", GOOD, proof=proof, entry=ENTRIES[entry], signature=SIGNATURES[signature], keys=keys
        ).detail

    assert "main.py has changed" in detail("others", "none")
    assert "`polyhost lock`" in detail("none", "none")
    assert "no entry for demo" in detail("none", "none")
    assert "`polyhost sign`" in detail("these", "none", Proof.SIGNATURE)
    assert f"the key {STRANGER.id}, which is not trusted" in detail("none", "stranger")
    assert f"friend ({FRIEND.id}) is not one of these files" in detail("none", "friend, of others")
    assert "`polyhost keys trust`" in detail("none", "friend", keys=())


def test_of_two_keys_with_one_id_the_right_one_counts():
    """An id is eight bytes that anybody can choose: it names a key and proves nothing."""
    twin = TrustedKey(name="twin", key=SecretKey(id=FRIEND.id, seed=STRANGER.seed).public)
    found = judge(
        "demo", GOOD, proof=Proof.ANY, entry=None, signature=SIGNATURES["friend"], keys=(twin, *KEYS)
    )
    assert f"friend ({FRIEND.id})" == found.signer
    forged = judge("demo", GOOD, proof=Proof.ANY, entry=None, signature=SIGNATURES["friend"], keys=(twin,))
    assert forged.outcome is Outcome.CHANGED
