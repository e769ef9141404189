"""Whatever can be written can be read back: one limit for both, and more is refused before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.errors import StoreError
from ccm_core.ledger import signed_note
from ccm_core.ledger.signed_note import MAX_BYTES
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.store.codec.bodies import compress_body, verified
from ccm_core.store.codec.compression import CompressionStream, Compressor, Decompressor
from ccm_core.store.evaluations.evaluations import SqlEvaluationStore
from ccm_core.store.sqlite.database import SqliteDatabase

LIMIT = 2000
SIZES = st.integers(0, 2 * LIMIT)


def streamed(data, limit):
    """Compress data in two chunks."""
    stream = CompressionStream(limit)
    stream.add(data[: len(data) // 2])
    stream.add(data[len(data) // 2 :])
    return stream.end()


WRITERS = [
    pytest.param(lambda data, limit: Compressor(limit).compress(data), id="a whole content"),
    pytest.param(streamed, id="chunks"),
    pytest.param(
        lambda data, limit: compress_body(data, Compressor(limit)).content, id="a document"
    ),
]


@pytest.mark.attack(
    "Store",
    "Something larger than what can be read back is to be stored",
    "Refused before anything is stored; whatever is stored can be read",
)
@pytest.mark.parametrize("write", WRITERS)
@given(size=SIZES, filler=st.sampled_from([b"\0", b"ab"]))
def test_what_is_written_within_a_limit_is_read_within_it(write, size, filler):
    """And what is beyond it for the reader is beyond it for the writer."""
    data = (filler * size)[:size]
    if size > LIMIT:
        with pytest.raises(StoreError, match="nothing of this step was stored"):
            write(data, LIMIT)
    else:
        assert Decompressor(LIMIT).read(write(data, LIMIT)) == data


@pytest.mark.parametrize("write", WRITERS)
def test_a_large_content_of_one_byte_is_read(write):
    """No frame of ours holds more for its length than the reader believes."""
    data = bytes(1 << 26)
    assert Decompressor(len(data)).read(write(data, len(data))) == data


@pytest.mark.parametrize(
    ("packs", "host_version"),
    [
        pytest.param([], "1", id="an evaluation"),
        pytest.param([b"p" * 500], "1", id="a pack"),
        pytest.param([], "v" * 500, id="inputs"),
    ],
)
def test_an_evaluation_that_is_too_large_leaves_nothing_behind(
    store, build, tmp_path, packs, host_version
):
    """Not a part of it; the store is sound, and the next step goes on."""
    database = SqliteDatabase(tmp_path / "ccm.db", lock_timeout=1)
    limit = 400 if packs or host_version != "1" else 10
    evaluations = SqlEvaluationStore(database, list, max_content=limit)
    before = store.ledger.head()
    with pytest.raises(StoreError, match="nothing of this step was stored"):
        evaluations.append(build.evaluation(1), EvaluationInputs(host_version=host_version), packs)
    assert store.ledger.head() == before
    assert store.evaluations.latest() is None
    digest = store.evaluations.append(
        build.evaluation(1), EvaluationInputs(host_version=host_version), packs
    )
    assert store.evaluations.get(digest) == build.evaluation(1)
    for pack in packs:
        assert store.evaluations.document(compress_body(pack).digest) == pack
    assert verified(compress_body(b"x").content, compress_body(b"x").digest) == b"x"
    database.close()


@pytest.mark.parametrize("excess", [0, 1])
def test_a_note_that_is_signed_is_short_enough_to_be_read(key, excess):
    """The limit of the format holds for whoever signs."""
    overhead = len(signed_note.sign("\n", "n", key()).encode()) - 1
    text = "x" * (MAX_BYTES - overhead - 1 + excess) + "\n"
    if excess:
        with pytest.raises(ValueError, match="more than"):
            signed_note.sign(text, "n", key())
    else:
        assert signed_note.read(signed_note.sign(text, "n", key())).text == text
