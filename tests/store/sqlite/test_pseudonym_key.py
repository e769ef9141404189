"""The key under which pseudonyms are made: one for the life of a store."""

from __future__ import annotations

import os

import pytest

from ccm_core.errors import StoreError

GIVEN = bytes(range(32))


def test_a_store_is_created_with_a_pseudonym_key(store, reopen, tmp_path):
    """32 bytes in a file beside it, for its owner's eyes, the same every time."""
    path = tmp_path / "ccm.db.key"
    key = store.pseudonym_key()

    assert len(key) == 32
    assert path.read_text() == f"{key.hex()}\n"
    assert reopen(create=False).pseudonym_key() == key
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_two_stores_have_two_pseudonym_keys(store, reopen):
    """So pseudonyms of one store say nothing about another."""
    assert reopen(url="sqlite:///other.db").pseudonym_key() != store.pseudonym_key()


def test_a_pseudonym_key_of_an_interrupted_attempt_is_used(reopen, tmp_path):
    """Between the key and the first commit there may be a kill."""
    (tmp_path / "ccm.db.key").write_text(GIVEN.hex())
    (tmp_path / ".ccm.db.key.1.tmp").write_text("half a k")

    assert reopen().pseudonym_key() == GIVEN


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, r"ccm\.db\.key of the store .* is missing\. Restore", id="missing"),
        pytest.param("", "is damaged: it should hold 64", id="empty"),
        pytest.param("zz" * 32, "is damaged", id="not hexadecimal"),
        pytest.param("ab" * 31, "is damaged", id="too short"),
        pytest.param("ü" * 64, "is damaged", id="not ASCII"),
        pytest.param(GIVEN.hex(), "is not the one .* made with", id="another key"),
    ],
)
def test_a_lost_pseudonym_key_is_never_replaced(
    store, reopen, build, tmp_path, bodies, content, message
):
    """Another key would break joins silently; evidence can still be read without it."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}}))
    store.close()
    path = tmp_path / "ccm.db.key"
    path.unlink()
    if content is not None:
        path.write_text(content, "utf-8")

    reopened = reopen()
    with pytest.raises(StoreError, match=message):
        reopened.pseudonym_key()
    assert bodies(reopened) == {"a": {"n": 1}}
    assert path.exists() == (content is not None)


def test_a_pseudonym_key_from_the_settings_needs_no_file(reopen, tmp_path):
    """The settings may bring the key, and must bring the same one each time."""
    assert reopen(pseudonym_key=GIVEN).pseudonym_key() == GIVEN
    assert not (tmp_path / "ccm.db.key").exists()

    assert reopen(pseudonym_key=GIVEN).pseudonym_key() == GIVEN
    with pytest.raises(StoreError, match="is not the one"):
        reopen(pseudonym_key=bytes(32)).pseudonym_key()
    with pytest.raises(StoreError, match="is missing"):
        reopen().pseudonym_key()


def test_a_damaged_pseudonym_key_stops_a_new_store(reopen, tmp_path):
    """A key file that is there is never overwritten, and no store is made beside a broken one."""
    (tmp_path / "ccm.db.key").write_text("half a k")
    with pytest.raises(StoreError, match="is damaged"):
        reopen()

    assert (tmp_path / "ccm.db.key").read_text() == "half a k"
    with pytest.raises(StoreError, match="Run `ccm collect` first"):
        reopen(create=False)
