"""A past evaluation is made again from the store alone, whatever has happened since."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.errors import IntegrityError, UsageError
from ccm_core.model import json_codec
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.pipeline.report import report_input
from ccm_core.pipeline.reproduce import reproduce
from ccm_core.report.formats.json import JsonReport

NOW = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_month_later_an_evaluation_comes_out_the_same_to_the_byte(firm):
    """Objects changed and went, more was collected and judged, a pack and a setting changed."""
    said = firm.evaluate()
    reported = JsonReport().render(report_input(firm.host, firm.store, said))
    services = firm.simulator.account.services
    for week in (2, 4):
        firm.now = NOW + week * 7 * DAY
        gone, changed = sorted(services)[:2]
        services.pop(gone)
        services[changed] = replace(services[changed], name=f"Renamed {week}")
        assert firm.collect().collections
        later = firm.evaluate()
        assert json_codec.encode(later) != json_codec.encode(said)

    again = reproduce(firm.host, firm.store, as_of=NOW)
    assert json_codec.encode(again) == json_codec.encode(said)
    assert json_codec.encode(reproduce(firm.host, firm.store)) == json_codec.encode(later)
    assert JsonReport().render(report_input(firm.host, firm.store, again)) == reported


def test_what_was_kept_while_the_clock_was_ahead_is_not_evidence_of_today(firm):
    """A collection that is dated later than the moment judged is left out, now and ever after."""
    firm.now = NOW + DAY
    firm.simulator.account.services.clear()
    firm.collect()
    firm.now = NOW + timedelta(minutes=5)
    said = firm.evaluate()
    assert json_codec.encode(reproduce(firm.host, firm.store, as_of=firm.now)) == json_codec.encode(
        said
    )
    counted = {one.kind: one.collected_at for one in said.sufficiency}
    assert counted["pagerduty.service"] == NOW


def test_evidence_that_was_hidden_is_found_by_repeating(firm, tmp_path):
    """Every digest still fits, and the verdict is another."""
    firm.evaluate()
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute(
            "UPDATE current_version SET digest = NULL WHERE kind = 'pagerduty.service'"
            " AND key = (SELECT min(key) FROM current_version WHERE kind = 'pagerduty.service')"
        )
    with pytest.raises(IntegrityError, match=r"comes out differently .*`ccm verify`"):
        reproduce(firm.host, firm.store)


def test_evidence_that_was_erased_by_order_is_no_damage(firm):
    """It cannot be repeated any more, and the message says why."""
    firm.evaluate()
    firm.store.erasure.erase(
        Erasure(
            id="e1",
            erased_at=firm.now + DAY,
            kind="pagerduty.service",
            reason="asked to",
        )
    )
    with pytest.raises(UsageError, match=r"cannot be repeated.* erased by order, such as pager"):
        reproduce(firm.host, firm.store)


def test_other_versions_are_named_when_they_say_something_else(firm):
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


def test_a_kind_that_nobody_gives_any_more_is_named(firm):
    """Its plugin was removed since."""
    firm.evaluate()
    with pytest.raises(UsageError, match=r"pagerduty\."):
        reproduce(replace(firm.host, kinds={}, views={}), firm.store)


def test_nothing_to_repeat_is_said(firm):
    """Before any evaluation, and for one whose inputs were not stored."""
    with pytest.raises(UsageError, match="no evaluation by then"):
        reproduce(firm.host, firm.store)
    said = firm.evaluate()
    firm.store.evaluations.append(replace(said, evaluated_at=NOW + DAY))
    with pytest.raises(UsageError, match="cannot be repeated"):
        reproduce(firm.host, firm.store)
