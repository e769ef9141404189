"""What an evaluation was made with is kept beside it, each document once, by digest."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct, EvaluationInputs, StoredPack
from ccm_core.model.json_codec import encode
from ccm_core.store.codec.compression import Compressor

HOURS = [timedelta(hours=hours) for hours in (0, 2, 26, 27, 53)]
PACK = b"apiVersion: ccm/v1\n"
BASIS = EvaluationInputs(
    packs=(StoredPack(source="p.yaml", digest=digest(PACK)),), host_version="0"
)


def tampered(folder, statement):
    """Change the store directly, past ccm."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        database.execute(statement)


def test_inputs_and_their_packs_are_read_back_to_the_byte(store, build):
    """By the digest of the evaluation, and of each pack."""
    stored = store.evaluations.append(build.evaluation(1), BASIS, [PACK])
    assert store.evaluations.inputs(stored) == BASIS
    assert store.evaluations.document(BASIS.packs[0].digest) == PACK


def test_packs_of_many_evaluations_are_stored_once(store, build, tmp_path):
    """Hourly evaluations by the same packs cost no second copy of them."""
    for at in range(3):
        store.evaluations.append(build.evaluation(at), BASIS, [PACK])
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        forms = database.execute("SELECT form FROM document ORDER BY seq").fetchall()
    assert forms == [("pack",), ("inputs",)]


def test_an_evaluation_may_have_no_inputs(store, build):
    """Such a one can be read and cannot be made again; one that is not there is an error."""
    assert store.evaluations.inputs(store.evaluations.append(build.evaluation(1))) is None
    with pytest.raises(StoreError, match="has no evaluation sha256:0"):
        store.evaluations.inputs("sha256:0")


def test_an_evaluation_of_another_version_has_its_stored_digest(store, build, tmp_path):
    """Written again it would be other bytes, as when a version adds a field."""
    store.evaluations.append(build.evaluation(1), BASIS, [PACK])
    document = b" " + encode(build.evaluation(1))
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        row = (bytes.fromhex(digest(document)[7:]), Compressor().compress(document))
        database.execute("UPDATE evaluation SET digest = ?, document = ?", row)
    stored = store.evaluations.latest().digest
    assert stored == digest(document) != digest(encode(build.evaluation(1)))
    assert store.evaluations.inputs(stored) == BASIS
    assert store.evaluations.inputs_digest(stored) == digest(encode(BASIS))


def test_evaluations_are_ordered_by_their_moment(store, build):
    """The end of the period is not in it."""
    for at in (30, 10, 20):
        store.evaluations.append(build.evaluation(at))
    evaluations = [
        evaluation
        for _, evaluation in store.evaluations.between(since=build.at(10), until=build.at(30))
    ]
    assert evaluations == [build.evaluation(10), build.evaluation(20)]
    assert [name for name, _ in store.evaluations.between()] == [
        store.evaluations.append(build.evaluation(at)) for at in (10, 20, 30)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DELETE FROM document", id="gone"),
        pytest.param("UPDATE document SET document = x'00'", id="changed"),
    ],
)
def test_a_damaged_document_is_found_when_it_is_read(store, build, tmp_path, statement):
    """The message names the digest."""
    stored = store.evaluations.append(build.evaluation(1), BASIS, [PACK])
    tampered(tmp_path, statement)
    with pytest.raises(IntegrityError, match="sha256:"):
        store.evaluations.document(BASIS.packs[0].digest)
    with pytest.raises(IntegrityError, match="sha256:"):
        store.evaluations.inputs(stored)


def test_the_daily_trend_has_a_point_for_each_day_with_an_evaluation(store, build):
    """The last evaluation of a day stands for it, without its results."""
    whole = [replace(build.evaluation(0), evaluated_at=build.at(0) + ago) for ago in HOURS]
    for evaluation in whole:
        store.evaluations.append(evaluation)
    points = store.evaluations.daily_trend(
        since=build.at(0), until=build.at(0) + timedelta(days=2, hours=5)
    )
    assert [evaluation.evaluated_at for evaluation in points] == [
        whole[1].evaluated_at,
        whole[3].evaluated_at,
    ]
    assert [(rule.rule, rule.status) for rule in points[0].rules] == [
        (rule.rule, rule.status) for rule in whole[1].rules
    ]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param([(1, True), (2, True)], (2, False), id="both then"),
        pytest.param([(1, True), (2, False)], (1, False), id="the later of the past"),
        pytest.param([(1, False), (2, False)], (2, True), id="both of the past"),
        pytest.param([(1, False), (2, True)], (2, False), id="the earlier of the past"),
    ],
)
def test_an_evaluation_of_the_past_is_no_figure_of_a_day_that_has_another(
    store, build, made, expected
):
    """Else whoever evaluates a past day again would replace what was found then."""
    for hours, is_act in made:
        moment = build.at(0) + timedelta(hours=hours)
        evaluation = replace(build.evaluation(0), evaluated_at=moment)
        act = EvaluationAct(made_at=moment, host_version="1") if is_act else None
        store.evaluations.append(evaluation, BASIS, [PACK], act)
    (point,) = store.evaluations.daily_trend(
        since=build.at(0), until=build.at(0) + timedelta(hours=9)
    )
    hours, made_late = expected
    assert point.evaluated_at == build.at(0) + timedelta(hours=hours)
    assert point.made_late is made_late
