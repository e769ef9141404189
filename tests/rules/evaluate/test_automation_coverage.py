"""How much of a control is automated: no more than every pack states."""

from __future__ import annotations

import pytest

from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.evaluation.result import AutomationCoverage
from ccm_core.model.evaluation.rule import Lifecycle, OnEmpty, Rule, RulePack, Severity
from ccm_core.rules.evaluate.automation_coverage import automation

LOOKS, ASKS = "Somebody looks", "Somebody asks"


def pack(procedures, control="X"):
    """Return a pack with one rule; None: it states nothing."""
    rule = Rule(
        id="r",
        title="t",
        status=Lifecycle.STABLE,
        severity=Severity.LOW,
        over="acme.door",
        assertion="true",
        message="m",
        on_empty=OnEmpty.FAIL,
        controls=(Control(framework="own", id=control),),
    )
    stated = (
        ()
        if procedures is None
        else (ManualProcedures(framework="own", id=control, procedures=procedures),)
    )
    return RulePack(
        name="p",
        version="1.0.0",
        title="t",
        source="s",
        digest="d",
        rules=(rule,),
        manual_procedures=stated,
    )


@pytest.mark.parametrize(
    ("packs", "automated", "manual_procedures"),
    [
        pytest.param([None], AutomationCoverage.NOT_STATED, (), id="silent"),
        pytest.param([], AutomationCoverage.NOT_STATED, (), id="no-pack"),
        pytest.param([()], AutomationCoverage.FULL, (), id="nothing-procedures"),
        pytest.param([(), None], AutomationCoverage.NOT_STATED, (), id="one-is-silent"),
        pytest.param(
            [(), (LOOKS,)], AutomationCoverage.PARTIAL, (LOOKS,), id="one-leaves-something"
        ),
        pytest.param(
            [None, (LOOKS,)], AutomationCoverage.PARTIAL, (LOOKS,), id="something-procedures-anyway"
        ),
        pytest.param(
            [(LOOKS, ASKS), (LOOKS,)],
            AutomationCoverage.PARTIAL,
            (LOOKS, ASKS),
            id="the-same-text-is-one",
        ),
    ],
)
def test_automation_combines_what_packs_state(packs, automated, manual_procedures):
    """What one leaves to people is left; all have to state that nothing is. Others do not count."""
    coverage = automation([*map(pack, packs), pack((), control="Y")], "own", "X")

    assert (coverage.automated, coverage.manual_procedures) == (automated, manual_procedures)
