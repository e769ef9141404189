"""What one bad run leaves behind, the next plain `collect` cures; nothing waits a lookback."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pagerduty_simulator.api.faults import refuse

from ccm_core.collect.observer import NullObserver
from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.reproduce import reproduce

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNAUTHORIZED = {"error": {"code": 2006, "message": "You are not authorized"}}


def collect_all(firm):
    """Do what `ccm collect --all` does."""
    return asyncio.run(
        collect(firm.host, firm.connection(), firm.store, NullObserver(), force=True)
    )


def insufficient(evaluation):
    """Name the kinds that lack something, and the rules that are inconclusive."""
    kinds = {kind.kind for kind in evaluation.sufficiency if kind.problem or kind.subjects}
    rules = {rule.rule for rule in evaluation.rules if rule.status is Status.INSUFFICIENT}
    return kinds, rules


@pytest.mark.no_cover
@pytest.mark.attack(
    "Planner",
    "One 401 in the middle of `ccm collect --all`, over a simulated account",
    "Evaluations rest on what was read before, and the next plain run reads all of it again",
)
@pytest.mark.parametrize("endpoint", ["/users", "/incidents", "/log_entries"])
def test_credential_that_was_refused_in_one_run_leaves_nothing_inconclusive(firm, endpoint):
    """Everything after the 401 failed, and was complete an hour before."""
    honest = insufficient(firm.evaluate())
    firm.now += HOUR
    firm.simulator.control.inject(endpoint, refuse(401, UNAUTHORIZED))
    refused = collect_all(firm)
    during = insufficient(firm.evaluate())
    firm.simulator.control.allow(endpoint)
    firm.now += timedelta(minutes=5)
    healed = firm.collect()

    assert Outcome.FAILED in {collection.outcome for collection in refused.collections}
    assert during == honest
    assert healed.outcome is Outcome.COMPLETE
    assert {collection.kind for collection in refused.collections if collection.shortfalls} <= {
        collection.kind for collection in healed.collections
    }
    assert insufficient(firm.evaluate()) == honest


def test_lookup_that_failed_is_repeated_by_the_next_plain_run(firm):
    """The kinds that name the object are not due by their cadence, and are read all the same."""
    honest = insufficient(firm.evaluate())
    firm.now += DAY
    services = firm.simulator.account.services
    services.pop(min(services))
    firm.simulator.control.inject("/services/{id}", refuse(500, {}))
    collect_all(firm)
    unsure = insufficient(firm.evaluate())
    firm.simulator.control.allow("/services/{id}")
    firm.now += timedelta(minutes=1)
    firm.collect()

    assert "pagerduty.incident" in unsure[0]
    assert insufficient(firm.evaluate()) == honest


def test_evaluation_over_a_deleted_service_is_reproduced(firm):
    """What the service was belongs to the moment evaluated."""
    firm.evaluate()
    firm.now += DAY
    services = firm.simulator.account.services
    deleted = services.pop(min(services))
    firm.collect()
    evaluation = firm.evaluate()
    services[deleted.id] = deleted
    firm.now += DAY
    firm.collect()

    assert json_codec.encode(reproduce(firm.host, firm.store)) == json_codec.encode(evaluation)
