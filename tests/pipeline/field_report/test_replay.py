"""A field report can be replayed: views and packs run over its samples as over what they were.

``data/demonstration.json`` is the field report of ``ccm demo``, without its white space. To make it
anew, serve the demonstration as its settings say, then run ``ccm check --field-report`` over it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ccm_core.app.installation import build_host
from ccm_core.collect.validation import SchemaValidator
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.check import ConnectionCheck, LiveCheck
from ccm_core.pipeline.field_report.make_report import FieldReportRequest, make_report
from ccm_core.pipeline.field_report.sampled_kind import sampled_kind
from ccm_core.pipeline.field_report.samples import choose_samples
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from tests.pipeline.field_report.replaying import derived_rows, evaluated, replayed_records

DATA = Path(__file__).parent / "data"
ALL_READ = {
    *("pagerduty.incident", "pagerduty.service", "pagerduty.user", "pagerduty.schedule"),
    "pagerduty.service_custom_fields",
}


def reported(firm, shift=timedelta(weeks=-7)):
    """Return the field report of a firm, as it is read from its file."""
    check = ConnectionCheck(connection="firm", usable=True, diagnoses=())
    live = LiveCheck(check=check, traffic=None, failure=None, seconds=0)
    request = FieldReportRequest(
        connections=[(firm.connection(), live)],
        public_packs={pack.location for pack in firm.packs.values()},
        made_at=firm.now,
        shift=shift,
    )
    return json.loads(encode(make_report(firm.host, request, firm.store)))


@pytest.fixture(scope="module")
def catalog():
    """Return what the installed plugins offer."""
    return load(discover())


def test_a_replay_derives_as_many_rows_as_the_account(old_firm):
    """References lead to the same objects after they were renamed, in every view."""
    report = reported(old_firm)
    (connection,) = report["connections"]
    kinds = [sampled_kind(old_firm.host.kinds[kind["kind"]]) for kind in connection["kinds"]]
    samples = choose_samples(old_firm.store.records, "firm", kinds)
    originals = {name: sample.records for name, sample in samples.items()}
    replayed = replayed_records(
        connection, old_firm.host.kinds, datetime.fromisoformat(report["made_at"])
    )
    assert {name: len(records) for name, records in replayed.items()} == {
        name: len(records) for name, records in originals.items()
    }
    before, after = (
        {
            view: (len(rows), sorted(sorted(row.body) for row in rows))
            for view, rows in derived_rows(old_firm.host.views, records).items()
        }
        for records in (originals, replayed)
    )
    assert after == before
    assert len([rows for rows, _ in after.values() if rows]) > 10


def test_intervals_of_a_report_are_those_of_the_account(old_firm):
    """Another shift moves every instant by the same weeks, and changes nothing else."""
    early, late = (encode(reported(old_firm, timedelta(weeks=-weeks))) for weeks in (3, 1))
    assert len(early) == len(late)
    (first,), (second,) = (json.loads(text)["connections"] for text in (early, late))
    assert _durations(first) == _durations(second)


def _durations(connection):
    """Return how long each resolved incident of a report was open."""
    (incidents,) = (
        kind["samples"] for kind in connection["kinds"] if kind["kind"] == "pagerduty.incident"
    )
    return [
        datetime.fromisoformat(incident["resolved_at"])
        - datetime.fromisoformat(incident["created_at"])
        for incident in incidents
        if incident["resolved_at"]
    ]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_views_and_packs_run_over_a_field_report(path, catalog):
    """No view and no rule breaks on the shapes of an account that nobody here can see."""
    report, host = json.loads(path.read_text()), build_host(catalog)
    made_at = datetime.fromisoformat(report["made_at"])
    texts = [PackText(text=pack.text(), source=pack.location) for pack in catalog.packs.values()]
    for connection in report["connections"]:
        records = replayed_records(connection, host.kinds, made_at)
        assert {name for name, replayed in records.items() if replayed} >= ALL_READ
        for name, replayed in records.items():
            validator = SchemaValidator(host.kinds[name].schema())
            assert [
                validator.problems(record.body) for record in replayed if record.key == ""
            ] == []
            assert {
                problem for record in replayed for problem in validator.problems(record.body)
            } == set()
        rows = derived_rows(catalog.views, records)
        assert len(rows["pagerduty.incident_response"]) == len(records["pagerduty.incident"])
        evaluation = evaluated(host, texts, connection, made_at)
        assert [rule.rule for rule in evaluation.rules if rule.population.error] == []
        assert sum(rule.population.failed for rule in evaluation.rules) > 0
