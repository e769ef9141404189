"""How much of a control is automated: no more than every pack states."""

from __future__ import annotations

import pytest

from ccm_core.model.evaluation.result import Automated
from ccm_core.model.evaluation.rule import (
    ByHand,
    Control,
    Lifecycle,
    OnEmpty,
    Rule,
    RulePack,
    Severity,
)
from ccm_core.rules.evaluate.automation import automation

LOOKS, ASKS = "Somebody looks", "Somebody asks"


def pack(remains, control="X"):
    """Give a pack with one rule; None: it states nothing."""
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
    stated = () if remains is None else (ByHand(framework="own", id=control, remains=remains),)
    return RulePack(
        name="p", version="1.0.0", title="t", source="s", digest="d", rules=(rule,), by_hand=stated
    )


@pytest.mark.parametrize(
    ("packs", "automated", "by_hand"),
    [
        pytest.param([None], Automated.NOT_STATED, (), id="silent"),
        pytest.param([], Automated.NOT_STATED, (), id="no-pack"),
        pytest.param([()], Automated.WHOLLY, (), id="nothing-remains"),
        pytest.param([(), None], Automated.NOT_STATED, (), id="one-is-silent"),
        pytest.param([(), (LOOKS,)], Automated.PARTLY, (LOOKS,), id="one-leaves-something"),
        pytest.param([None, (LOOKS,)], Automated.PARTLY, (LOOKS,), id="something-remains-anyway"),
        pytest.param(
            [(LOOKS, ASKS), (LOOKS,)], Automated.PARTLY, (LOOKS, ASKS), id="the-same-text-is-one"
        ),
    ],
)
def test_packs_state_together_how_much_is_automated(packs, automated, by_hand):
    """What one leaves to people is left; all have to state that nothing is. Others do not count."""
    found = automation([*map(pack, packs), pack((), control="Y")], "own", "X")

    assert (found.automated, found.by_hand) == (automated, by_hand)
