"""Evaluations are stored as what differs from one that was stored whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct
from ccm_core.store.log.evaluation_frames import Dictionary, compress, decompressor

WHOLE = b'{"rules": [' + b",".join(b'{"rule": "r%d", "n": %d}' % (n, n * n) for n in range(500))


@pytest.mark.parametrize(
    ("document", "is_whole"),
    [
        (WHOLE, False),
        (WHOLE.replace(b'"r77"', b'"changed"'), False),
        (bytes(range(256)) * 40, True),
        (b"", True),
    ],
)
def test_a_document_is_read_back_with_what_it_was_compressed_with(document, is_whole):
    """It takes the dictionary only where that saves most of it."""
    frame, base = compress(document, Dictionary(seq=7, document=WHOLE))
    assert base == (None if is_whole else 7)
    base_frame = None if is_whole else compress(WHOLE, None)[0]
    assert decompressor(base_frame).read(frame) == document


def act(build, number):
    """Return how an evaluation was made."""
    return EvaluationAct(made_at=build.at(number), host_version="1", watermarks={})


def append(store, build, evaluation, number):
    """Store an evaluation of an hour, made by change."""
    later = replace(evaluation, evaluated_at=evaluation.evaluated_at + timedelta(hours=number))
    return store.evaluations.append(later, act=act(build, number))


def stored(tmp_path):
    """Return the base and the bytes of each evaluation."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        return database.execute("SELECT base, document FROM evaluation ORDER BY seq").fetchall()


def test_evaluations_name_the_whole_one_before_them_and_are_read_alike(store, build, tmp_path):
    """None is compressed with one that needs another itself."""
    evaluation = build.evaluation(1)
    digests = [append(store, build, evaluation, number) for number in range(3)]
    (first, whole), *others = stored(tmp_path)
    assert first is None
    assert [base for base, _ in others] == [1, 1]
    assert all(len(frame) < len(whole) / 3 for _, frame in others)
    moments = [store.evaluations.get(digest).evaluated_at for digest in digests]
    assert moments == [evaluation.evaluated_at + timedelta(hours=n) for n in range(3)]


def test_a_damaged_evaluation_makes_those_that_need_it_unreadable_and_new_ones_whole(
    store, build, tmp_path
):
    """What is stored after the damage does not rest on it."""
    digests = [append(store, build, build.evaluation(1), number) for number in range(2)]
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute("UPDATE evaluation SET document = x'00' WHERE seq = 1")
    with pytest.raises(IntegrityError, match="compressed with is damaged"):
        store.evaluations.get(digests[1])
    healthy = append(store, build, build.evaluation(1), 2)
    assert store.evaluations.get(healthy).evaluated_at
    assert stored(tmp_path)[-1][0] is None
