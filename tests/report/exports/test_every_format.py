"""What every format promises: the same bytes, no clock, and hostile names do nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evaluation.result import Evaluation, Population
from ccm_core.report.registry import FORMATS
from ccm_core.report.types import ReportInput


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_input_gives_the_same_bytes(render, waived, name):
    """Neither clock nor chance is in a report."""
    assert render(name, waived) == render(name, waived)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_nothing_at_all_can_be_reported(render, waived, name):
    """An evaluation without rules is a report that says so."""
    nothing = Evaluation(
        evaluated_at=waived.evaluation.evaluated_at,
        packs=(),
        connections=(),
        sufficiency=(),
        rules=(),
        controls=(),
    )
    page = render(
        name, ReportInput(evaluation=nothing, manifests=(), counts=(), host_version="0.1.0")
    )
    assert page or name == "ocsf"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "most"), [("html", 200_000), ("markdown", 2_000), ("text", 1_000)]
)
def test_a_page_for_people_stays_small(render, waived, name, most):
    """100,000 failing subjects make a page that still opens, and that says how many there are."""
    (rule,) = waived.evaluation.rules
    failure = rule.results[1]
    many = tuple(
        replace(failure, subject=replace(failure.subject, key=f"P{n}", title=f"Service {n}"))
        for n in range(100_000)
    )
    huge = replace(rule, results=many, population=Population(total=len(many), failed=len(many)))
    page = render(name, replace(waived, evaluation=replace(waived.evaluation, rules=(huge,))))
    assert len(page) < most
    assert b"100,000 of 100,000 applicable failed" in page
