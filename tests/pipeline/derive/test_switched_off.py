"""Rules that are switched off and on again give, by change, what an evaluation of all gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.rule_choices import DisabledRules, RuleChoices
from tests.pipeline.derive.test_by_change import check

ALL = RuleChoices()
SOME = RuleChoices(
    disabled=(DisabledRules(rule="mild_*_seen", reason="r"),),
    severities={"mild_incident_response_due": Severity.LOW},
)
GROUP = RuleChoices(disabled=(DisabledRules(rule="raw_service_*", reason="r"),))
PACK = RuleChoices(disabled=(DisabledRules(rule="harsh_*", reason="r"),))


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        pytest.param("mild", [ALL, SOME, SOME, ALL], id="one of a group"),
        pytest.param("raw", [ALL, GROUP, ALL], id="all of a group"),
        pytest.param("both", [ALL, PACK, ALL], id="all of a pack"),
        pytest.param("both", [PACK, SOME, ALL], id="others"),
    ],
)
def test_what_is_switched_off_and_on_is_what_all_gives(world, packs, name, choices):
    """Incidents change in between, so that something is judged while a rule is off."""
    for number, chosen in enumerate(choices):
        world.incident(f"I{number}", -3, urgency="low")
        stored = check(world, replace(packs(name), choices=chosen))
        rules = {rule.rule for rule in stored.rules}
        off = {rule.rule for rule in stored.switched_off}
        assert not rules & off
        assert bool(off) == bool(chosen.disabled)
        assert all(
            control.status is not Status.PASS for control in stored.controls if control.switched_off
        )
