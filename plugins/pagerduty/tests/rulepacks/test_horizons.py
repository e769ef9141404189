"""How far back and ahead the shipped rules need the on-call coverage to be known."""

from __future__ import annotations

import pytest
import yaml
from ccm_pagerduty.rulepacks import rule_packs

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The quick one, where there is one: this is read whenever tests are collected."""
COVERAGE = {"pagerduty.schedule_coverage", "pagerduty.policy_coverage"}
DIRECTIONS = {
    "row.gaps": ("ahead",),
    "row.levels[0].gaps": ("ahead",),
    "row.uncovered": ("ahead",),
    "row.single_person": ("ahead",),
    "row.past_gaps": ("period",),
    "row.levels[0].past_gaps": ("period",),
    "row.past_uncovered": ("period",),
    "row.people": ("period", "ahead"),
    "row.overridden_percent": ("period",),
}
"""By what a condition reads: the keys that say how much of it must be known."""


def needs():
    """Yield each rule over coverage with the keys that its condition calls for."""
    for pack in rule_packs():
        for rule in yaml.load(pack.text(), LOADER)["rules"]:  # noqa: S506 - it loads plain values
            if rule["over"] in COVERAGE:
                condition = " ".join((*rule.get("let", {}).values(), rule["assert"]))
                keys = {key for part, ks in DIRECTIONS.items() if part in condition for key in ks}
                yield pytest.param(rule, keys, id=rule["id"])


@pytest.mark.parametrize(("rule", "keys"), list(needs()))
def test_a_rule_over_coverage_says_how_much_of_it_must_be_known(rule, keys):
    """Else a horizon of a day, in which one person has every shift, fails a weekly rotation."""
    assert {key for key in ("period", "ahead") if key in rule} == keys
