"""A view that lies about its partitions is found by deriving a few of them again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.sdk.view import Partitioning
from tests.pipeline.derive.conftest import INCIDENT, VIEW
from tests.pipeline.derive.test_by_change import evaluate


def counting_all(view):
    """Return the view with rows that depend on how many incidents there are in all."""

    def rows(request):
        number = len(request.records[INCIDENT])
        return [replace(row, body={**row.body, "incident_number": number}) for row in view(request)]

    return rows


@pytest.mark.attack(
    "Plugins",
    "A view says that its rows depend on single records, and they depend on all",
    "A few partitions are derived again in each evaluation: its rules are errors that name it",
)
def test_wrong_partitions_are_found(world, packs):
    """The rows of some partitions must be the same, whatever is derived beside."""
    view = world.views[VIEW]
    world.views = world.views | {VIEW: replace(view, rows=counting_all(view.rows))}
    _, evaluation = evaluate(world, packs("plain"))

    for rule in evaluation.rules:
        assert rule.status == "error"
        (result,) = rule.results
        assert f"view {VIEW} gives another row" in result.reason
        assert "its partitions do not name all" in result.reason


def test_lost_records_of_a_partition_are_found(world, packs):
    """Log entries that are of no partition of their incident are missing in it, and noticed."""
    view = world.views[VIEW]
    honest = view.partitions()
    names = {kind: (lambda record: (record.key,)) for kind in honest.names}
    alone = Partitioning(names=names, name=honest.name)
    world.views = world.views | {VIEW: replace(view, partitions=lambda: alone)}
    statuses = set()
    for _ in range(20):
        _, evaluation = evaluate(world, packs("plain"))
        statuses |= {rule.status for rule in evaluation.rules}

    assert "error" in statuses
