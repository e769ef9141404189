"""The report of a period says what it rests on."""

from __future__ import annotations

import pytest

from ccm_core.model.period import parse_period
from ccm_core.pipeline.period_basis.gather import StatedControls
from ccm_core.pipeline.period_report import period_input, with_basis
from ccm_core.report.period.registry import PERIOD_FORMATS


@pytest.fixture(scope="module")
def report(old_firm):
    """Return the report of two days, with what a company says of one control."""
    compiled, _ = old_firm.ruling()
    arguments = (old_firm.host, [old_firm.connection()], old_firm.store, compiled)
    stated = StatedControls(owners={("soc2", ""): "Ada"}, not_applicable={("soc2", "CC7.4"): "no"})
    inputs = period_input(*arguments, parse_period("2026-08"), [("soc2", "CC7.4")], samples=3)
    return with_basis(inputs, *arguments, stated)


def test_it_names_account_credential_queries_and_checkpoints(report, old_firm):
    """As runs found them."""
    (connection,) = report.basis.connections
    assert (connection.connection, connection.runs) == ("firm", 2)
    assert len(connection.accounts) == 1
    assert [use.kind for use in connection.credentials] == ["account_api_key"]
    counts = {query.kind: (query.items, query.source_total) for query in connection.queries}
    services = len(old_firm.simulator.account.services)
    assert counts["pagerduty.service"] == (services, services)
    assert {head.log for head in report.basis.heads} == {"@store", "firm"}


def test_it_describes_tests_and_the_risk_acceptances_that_touched_it(report):
    """Those that were added before anything was seen are not late."""
    rules = {rule for control in report.assurance.controls for rule in control.rules}
    assert {test.rule for test in report.basis.tests} == rules
    assert {one.approver for one in report.basis.risk_acceptances} == {"b"}
    assert sum(one.added_afterwards for one in report.basis.risk_acceptances) == 0
    assert (report.basis.controls[0].owner, report.basis.controls[0].not_applicable) == (
        "Ada",
        "no",
    )


@pytest.mark.parametrize("name", ["html", "markdown", "json"])
def test_every_format_has_it(report, name):
    """The account, the owner, and the moment."""
    page = PERIOD_FORMATS[name].render(report).decode()
    for text in (report.basis.heads[0].root[:10], "Ada", "account"):
        assert text.replace("_", "\\_") in page or text in page
