# ruff: noqa: S608 - statements are put together from words of ours
"""Whatever is read of the newest evaluation, a changed line of its index is noticed alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.pipeline.report import report_input, reported_evaluation
from ccm_core.report.registry import FORMATS
from ccm_core.rules.results.filter import ResultFilter
from tests.pipeline.derive.conftest import INCIDENT, VIEW
from tests.pipeline.derive.test_poisoned import I3, LINE, sql
from tests.pipeline.derive.test_readers import store_next, world_host

DAMAGES = {
    "a subject has another title": f"UPDATE subject SET title = 'x' WHERE {LINE} AND key = '{I3}'",
    "a subject is missing": f"DELETE FROM subject WHERE {LINE} AND key = '{I3}'",
    "a verdict says something else": (
        f"UPDATE verdict SET statuses = 'p' || substr(statuses, 2) WHERE {LINE} AND key = '{I3}'"
    ),
    "a verdict is missing": f"DELETE FROM verdict WHERE {LINE} AND key = '{I3}'",
}
PARTS = {
    "all": ResultFilter(),
    "failing": ResultFilter(statuses=("fail",)),
    "passing": ResultFilter(statuses=("pass",)),
    "of a connection": ResultFilter(connections=("firm",)),
    "severe": ResultFilter(severities=("high",)),
}


def written(world, form, part):
    """Return a report of the last evaluation, as the command writes it."""
    forms = [FORMATS[form]]
    stored = reported_evaluation(world.store, forms, part)
    digest = stored.digest if forms[0].figures else None
    content = report_input(world_host(world), world.store, stored.evaluation, part, digest=digest)
    return b"".join(forms[0].chunks(content))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_every_format_of_every_part_refuses_a_changed_index(world, packs, tmp_path, damage, part):
    """Those that read the bodies of all results as those that choose some by the index."""
    store_next(world, packs("mild", "2h"), "mild")
    assert all(written(world, form, part) for form in FORMATS)
    sql(tmp_path, damage)
    refused = []
    for form in FORMATS:
        with pytest.raises(IntegrityError, match=VIEW):
            written(world, form, part)
        refused.append(form)
    assert len(refused) == len(FORMATS)


def test_a_report_of_an_evaluation_of_before_reads_no_index(world, packs, tmp_path):
    """The index is that of the newest one: what is changed in it says nothing of the others."""
    first = store_next(world, packs("mild", "2h"), "mild").evaluation
    world.now += timedelta(hours=1)
    world.incident("I3", title="Renamed")
    world.refresh()
    store_next(world, packs("mild", "2h"), "mild")
    sql(tmp_path, DAMAGES["a subject has another title"])
    stored = reported_evaluation(world.store, [FORMATS["csv"]], as_of=first.evaluated_at)
    page = b"".join(
        FORMATS["csv"].chunks(report_input(world_host(world), world.store, stored.evaluation))
    )
    assert INCIDENT.encode() in page
