"""Manifests as evidence: what views are handed of the runs of a connection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema_rs
import pytest

from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Collection, CredentialInfo, Outcome
from ccm_core.model.evidence.manifest import Manifest, ScheduledKind
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.manifest_evidence import manifest_collection, manifest_kind, manifest_records

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
COLLECTION = Collection(
    id="c1",
    run="r1",
    connection="acme-prod",
    kind="acme.thing",
    version=1,
    started_at=NOW,
    ended_at=NOW,
    outcome=Outcome.COMPLETE,
    unknown_fields=("new",),
)
MANIFEST = Manifest(
    run="r2",
    connection="acme-prod",
    connector="acme",
    started_at=NOW,
    ended_at=NOW,
    host_version="1",
    settings_digest=digest(b""),
    credential=CredentialInfo(kind="token", scopes=("read",)),
    outcome=Outcome.COMPLETE,
    collections=(COLLECTION,),
    scheduled=(ScheduledKind(kind="acme.thing", version=1, shape="snapshot", cadence=3600.0),),
)
KIND = manifest_kind("acme")


def test_each_manifest_is_a_record_of_its_schema():
    """The body is the manifest as JSON has it, under the digest that the ledger has."""
    earlier = replace(MANIFEST, run="r1")
    manifests = digest(b"as another version wrote it")
    first, second = manifest_records(
        KIND, [(manifests, encode(MANIFEST)), (digest(b""), encode(earlier))]
    )
    assert (first.kind, first.key, second.key) == ("acme.manifest", "r1", "r2")
    assert second.digest == second.source.response_digest == manifests
    assert digest(encode(second.body)) == digest(encode(MANIFEST))
    assert second.body["collections"][0]["unknown_fields"] == ["new"]
    validator = jsonschema_rs.Draft202012Validator(KIND.schema(), validate_formats=True)
    assert [str(problem) for problem in validator.iter_errors(second.body)] == []
    assert second.observed_at == MANIFEST.ended_at


def test_manifests_share_what_they_repeat_and_nobody_can_change_it():
    """A month of runs states the same schedule and credential hour by hour."""
    sealed = [
        (digest(run.encode()), encode(replace(MANIFEST, run=run))) for run in ("r1", "r2", "r3")
    ]
    first, *others = [record.body for record in manifest_records(KIND, sealed)]
    for body in others:
        assert body["scheduled"] is first["scheduled"]
        assert body["credential"] is first["credential"]
    with pytest.raises(TypeError, match="cannot be changed"):
        first["scheduled"][0]["cadence"] = 1.0
    with pytest.raises(TypeError, match="cannot be changed"):
        first["collections"].append({})


@pytest.mark.parametrize(
    ("hours", "at"),
    [
        pytest.param([], None, id="nothing was ever collected"),
        pytest.param([0], 0, id="one"),
        pytest.param([3, 5, 1], 5, id="the newest counts, in whatever order"),
    ],
)
def test_manifest_evidence_is_as_old_as_the_newest_collection(hours, at):
    """Where nothing was collected there is nothing to rely on."""
    manifests = [replace(COLLECTION, ended_at=NOW + timedelta(hours=hour)) for hour in hours]
    collections = manifest_collection(KIND, manifests)
    assert [one.ended_at for one in collections] == (
        [] if at is None else [NOW + timedelta(hours=at)]
    )
    assert all(
        (one.kind, one.outcome) == ("acme.manifest", Outcome.COMPLETE) for one in collections
    )
