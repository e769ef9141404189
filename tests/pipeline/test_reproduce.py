"""A past evaluation is made again from the store alone, whatever has happened since."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.errors import ClockMismatch, IntegrityError, UsageError
from ccm_core.model import json_codec
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.pipeline.report import report_input
from ccm_core.pipeline.reproduce import reproduce
from ccm_core.report.formats.json import JsonReport

NOW = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.no_cover
def test_an_evaluation_is_reproduced_to_the_byte_a_month_later(firm):
    """Objects changed and went, more was collected and judged, a pack and a setting changed."""
    evaluation = firm.evaluate()
    reported = JsonReport().render(report_input(firm.host, firm.store, evaluation))
    services = firm.simulator.account.services
    for week in (2, 4):
        firm.now = NOW + week * 7 * DAY
        service_id, changed = sorted(services)[:2]
        services.pop(service_id)
        services[changed] = replace(services[changed], name=f"Renamed {week}")
        assert firm.collect().collections
        later = firm.evaluate()
        assert json_codec.encode(later) != json_codec.encode(evaluation)

    reproduced = reproduce(firm.host, firm.store, as_of=NOW)
    assert json_codec.encode(reproduced) == json_codec.encode(evaluation)
    assert json_codec.encode(reproduce(firm.host, firm.store)) == json_codec.encode(later)
    assert JsonReport().render(report_input(firm.host, firm.store, reproduced)) == reported


def test_evidence_kept_while_the_clock_was_ahead_is_not_current(firm):
    """Nothing is evaluated until it was read again; what is dated later is left out for good."""
    firm.now = NOW + DAY
    firm.simulator.account.services.clear()
    firm.collect()
    firm.now = NOW + timedelta(minutes=5)
    with pytest.raises(ClockMismatch, match="ccm collect firm"):
        firm.evaluate()
    firm.collect()
    evaluation = firm.evaluate()
    assert json_codec.encode(reproduce(firm.host, firm.store, as_of=firm.now)) == json_codec.encode(
        evaluation
    )
    counted = {one.kind: one.collected_at for one in evaluation.sufficiency}
    assert counted["pagerduty.service"] == NOW + timedelta(minutes=5)


def test_hidden_evidence_is_found_by_reproducing(firm, tmp_path):
    """Every digest still fits, and the verdict is another."""
    firm.evaluate()
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute(
            "UPDATE current_version SET digest = NULL WHERE kind = 'pagerduty.service'"
            " AND key = (SELECT min(key) FROM current_version WHERE kind = 'pagerduty.service')"
        )
    with pytest.raises(IntegrityError, match=r"differs .*`ccm verify`"):
        reproduce(firm.host, firm.store)


def test_reproducing_after_an_erasure_reports_no_damage(firm):
    """It cannot be reproduced any more, and the message says why."""
    firm.evaluate()
    firm.store.erasure.erase(
        Erasure(
            id="e1",
            erased_at=firm.now + DAY,
            kind="pagerduty.service",
            reason="asked to",
        )
    )
    with pytest.raises(UsageError, match=r"cannot be reproduced.* erased by order, such as pager"):
        reproduce(firm.host, firm.store)


def test_reproducing_with_other_versions_names_them(firm):
    """No damage: the code that judges has changed, and the message says from what to what."""
    firm.evaluate()
    newer = replace(
        firm.host,
        version="2",
        views={
            name: replace(one, rows=lambda _request: ()) for name, one in firm.host.views.items()
        },
    )
    with pytest.raises(UsageError, match="ccm-core 1 then, 2 now"):
        reproduce(newer, firm.store)


def test_reproducing_names_a_kind_without_plugin(firm):
    """Its plugin was removed since."""
    firm.evaluate()
    with pytest.raises(UsageError, match=r"pagerduty\."):
        reproduce(replace(firm.host, kinds={}, views={}), firm.store)


def test_reproducing_without_an_evaluation_is_a_usage_error(firm):
    """Before any evaluation, and for one whose inputs were not stored."""
    with pytest.raises(UsageError, match="no evaluation by then"):
        reproduce(firm.host, firm.store)
    evaluation = firm.evaluate()
    firm.store.evaluations.append(replace(evaluation, evaluated_at=NOW + DAY))
    with pytest.raises(UsageError, match="cannot be reproduced"):
        reproduce(firm.host, firm.store)
