"""The accounts of public reports as they are published beside the checkout, where there are any."""

from __future__ import annotations

import json
import runpy
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from ccm_pagerduty.rulepacks import rule_packs
from cli_settings import SETTINGS

pytestmark = pytest.mark.no_cover  # its lines are covered by others

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
REPORTED = datetime(2026, 11, 29, 20, 30, tzinfo=UTC)
"""The moment at which the answers to incidents are right."""
IN_TIME = "pagerduty_incident_acknowledged_in_time"
GAPS = {"pagerduty_schedule_has_no_gap_ahead", "pagerduty_schedule_had_no_gap"}
LATE = {
    "pagerduty_incident_acknowledged_in_time",
    "pagerduty_incidents_of_a_month_acknowledged_in_time",
}
FAILING = {
    "04-follow-the-sun": GAPS,
    "12-no-high-urgency-notification-rule": {
        "pagerduty_on_call_user_is_notified",
        "pagerduty_policy_asks_another_person",
        "pagerduty_policy_first_level_covered",
    },
    "14-empty-account": set(),
    "17-high-urgency-outside-support-hours": LATE | {"pagerduty_incident_resolved_in_time"},
    "23b-urgency-lowered-after-the-limit": LATE,
    "27-critical-service-in-maintenance": {"pagerduty_critical_service_is_not_in_maintenance"},
    "31-user-key-of-an-observer": {"pagerduty_credential_sees_whole_account"},
    "34-open-for-forty-days": {"pagerduty_no_incident_is_open_and_overdue"},
}
UNLIMITED = {"pagerduty_session_is_limited"}
"""The stand-in of the reports has no session configuration: 404, as where none was created."""
UNSEEN = {"14-empty-account", "31-user-key-of-an-observer"}
"""Accounts of which nothing that people configure may pass."""
COLLECTION_ALONE = {
    "pagerduty_evidence_collected_on_time",
    "pagerduty_evidence_has_no_unknown_fields",
}


@pytest.fixture
def run_case(ccm, folder, monkeypatch) -> Iterator:
    """Run every shipped pack over the account of a case, read from the server beside it."""
    servers = []

    def run(name: str):
        account = CASES / name / "account.json"
        monkeypatch.setattr(sys, "argv", ["serve.py", str(account), "0"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves its file to the runtime
            handler = runpy.run_path(str(CASES / "serve.py"))["H"]
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        settings = yaml.safe_load(SETTINGS.format(url=f"http://127.0.0.1:{server.server_port}"))
        age = (datetime.now(UTC) - REPORTED).days
        settings["connections"][0]["settings"]["lookback"] = f"{30 + max(age, 0)}d"
        settings["rules"] = {"packs": [pack.name for pack in rule_packs()]}
        (folder / "ccm.yaml").write_text(json.dumps(settings))
        monkeypatch.setenv("PD_KEY", "aaaaaaaaaaaaaaaaaaaa")
        return ccm("run", "--json")

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(not CASES.is_dir(), reason="the accounts are not beside this checkout")
@pytest.mark.parametrize("name", FAILING)
def test_a_reported_account_fails_where_it_should(run_case, name):
    """Nothing else fails there, and nothing passes over an account that is not seen."""
    ran = run_case(name)
    statuses = {rule["rule"]: rule["status"] for rule in ran.json["evaluation"]["rules"]}
    failing = {rule for rule, status in statuses.items() if status == "fail"}
    assert failing - UNLIMITED == FAILING[name]
    assert ran.code != 0
    if name in UNSEEN:
        passing = {rule for rule, status in statuses.items() if status == "pass"}
        assert passing <= COLLECTION_ALONE


@pytest.mark.skipif(not CASES.is_dir(), reason="the accounts are not beside this checkout")
def test_each_reported_account_has_its_right_answer_here():
    """A case that is added beside the checkout is not forgotten."""
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(FAILING)
