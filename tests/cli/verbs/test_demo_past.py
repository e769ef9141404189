"""``ccm demo`` with a past: the cycle, run through days in which something happens."""

from __future__ import annotations

import pytest
from hunting import VAULT_KEY

CONFIG = ("-c", "demo/ccm.yaml")
DAYS = 9

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("has_vault", [True, False], ids=["with a vault", "without one"])
def test_a_demonstration_has_the_past_of_its_company(ccm, folder, monkeypatch, has_vault):
    """Everything in it was made by the cycle itself: it verifies, and every list shows it."""
    if has_vault:
        monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    ran = ccm("demo", "--days", str(DAYS))
    assert ran.code == 0, ran.err

    assert ccm(*CONFIG, "verify").code == 0
    assert len(ccm(*CONFIG, "keys", "show", "--json").json) == 2
    settings = (folder / "demo" / "ccm.yaml").read_text()
    assert "ack_within_high: 12m" in settings
    assert "keys/sam.pub" in settings

    findings = ccm(*CONFIG, "findings", "list", "--all", "--output", "json").json["findings"]
    states = {finding["state"] for finding in findings}
    assert {"open", "accepted", "resolved"} <= states
    runs = ccm(*CONFIG, "runs", "list", "--json").json
    assert len(runs) == 2 * DAYS + 1
    assert "days with an evaluation" in (folder / "demo" / "report.html").read_text()


def test_a_past_needs_two_days(ccm):
    """Fewer are no past; the option says what it takes."""
    ran = ccm("demo", "--days", "1")
    assert ran.code == 2
    assert "2<=x<=365" in ran.err
