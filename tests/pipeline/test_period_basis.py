"""The report of a period says what it rests on."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from ccm_core.model.period import parse_period
from ccm_core.model.period_basis import ChangedValue
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


def test_it_lists_what_the_company_changed_in_its_own_configuration(report):
    """A service is gone on the second day; the trail of the account is no secret."""
    changes = report.basis.configuration_changes
    gone = [one for one in changes if one.kind == "pagerduty.service"]
    assert [one.action for one in gone] == ["deleted"]
    page = PERIOD_FORMATS["markdown"].render(report).decode()
    assert "Changes of the company's configuration" in page
    assert gone[0].key in page


def test_every_change_is_in_the_table_of_changes_and_the_paper_is_bounded(report):
    """However many there are: the paper has the newest, and says where all of them are."""
    (change,) = [one for one in report.basis.configuration_changes if one.action == "deleted"]
    fields = tuple(ChangedValue(name=f"f{n}", before="=1", after="2") for n in range(5))
    many = tuple(replace(change, key=f"K{n:03}", fields=fields) for n in range(120))
    inputs = replace(report, basis=replace(report.basis, configuration_changes=many))
    page = PERIOD_FORMATS["markdown"].render(inputs).decode()
    assert ("K119" in page, "K070" in page, "K069" in page) == (True, True, False)
    assert "The newest 50 of 120 (120 of pagerduty.service)" in page.replace("\\", "")
    table = PERIOD_FORMATS["changes-csv"].render(inputs).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    own = [row for row in rows if row["changed"] == "configuration"]
    assert len(own) == 600
    assert {row["before"] for row in own} == {"'=1"}
    assert len(rows) - len(own) == len(inputs.basis.design_changes)


@pytest.mark.parametrize("name", ["html", "markdown", "json"])
def test_every_format_has_it(report, name):
    """The account, the owner, and the moment."""
    page = PERIOD_FORMATS[name].render(report).decode()
    for text in (report.basis.heads[0].root[:10], "Ada", "account"):
        assert text.replace("_", "\\_") in page or text in page
