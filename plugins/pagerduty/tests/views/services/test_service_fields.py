"""Events that rules keep from waking somebody, business services, and standards, by service."""

from __future__ import annotations

import pytest

SUPPRESS, DROP, LOW = {"suppress": True}, {"drop_event": True}, {"severity": "info"}
CONDITION = [{"expression": "pseudonym:1"}]


def rule(actions, *, label="r", conditions=None, disabled=False):
    """Return a rule; without conditions, it matches every event."""
    return {
        "id": "1",
        "label": label,
        "actions": actions,
        "conditions": conditions or [],
        "disabled": disabled,
    }


def orchestration(*rules, catch_all=None, more=(), **fields):
    """Return the rules of the service S1."""
    return {
        "type": "service",
        "parent": {"id": "S1"},
        "sets": [{"id": "start", "rules": list(rules)}, *more],
        "catch_all": {"actions": catch_all or {}},
        "active": True,
        **fields,
    }


def of_an_orchestration(key, kind, *rules):
    """Return the rules of an event orchestration."""
    path = orchestration(*rules) | {"type": kind, "parent": {"id": key}}
    return {name: value for name, value in path.items() if name != "active"}


@pytest.fixture
def discards(only, pd):
    """Return what becomes of the events of a service by its own rules."""

    def run(path, **service):
        row = only(
            "service_readiness",
            service=[pd.service("S1", **service)],
            service_orchestration=[path],
        )
        return [(entry["rule"], entry["effect"], entry["unmatched"]) for entry in row["discards"]]

    return run


NESTED = {"id": "more", "rules": [rule(SUPPRESS, label="nested")]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(orchestration(), [], id="no rule"),
        pytest.param(orchestration(rule(DROP)), [("r", "drop", True)], id="drops everything"),
        pytest.param(
            orchestration(rule(SUPPRESS, conditions=CONDITION)),
            [("r", "suppress", False)],
            id="what it looks for",
        ),
        pytest.param(
            orchestration(rule({}, conditions=CONDITION), rule(SUPPRESS)),
            [("r", "suppress", True)],
            id="whatever else",
        ),
        pytest.param(
            orchestration(rule({}), rule(SUPPRESS)), [], id="below a rule that matches everything"
        ),
        pytest.param(orchestration(rule(DROP, disabled=True)), [], id="off"),
        pytest.param(orchestration(rule(DROP), active=False), [], id="not in use"),
        pytest.param(
            orchestration(rule({}, conditions=CONDITION), catch_all=SUPPRESS),
            [(None, "suppress", True)],
            id="no rule matches",
        ),
        pytest.param(
            orchestration(rule({}), catch_all=SUPPRESS), [], id="a rule matches everything"
        ),
        pytest.param(
            orchestration(rule({"route_to": "more"}), more=[NESTED]),
            [("nested", "suppress", True)],
            id="in the next set, for everything",
        ),
        pytest.param(
            orchestration(rule({"route_to": "more"}, conditions=CONDITION), more=[NESTED]),
            [("nested", "suppress", False)],
            id="in the next set, for some",
        ),
        pytest.param(
            orchestration(
                rule({"route_to": "more"}),
                catch_all=DROP,
                more=[{"id": "more", "rules": [rule({"route_to": "start"}, conditions=CONDITION)]}],
            ),
            [(None, "drop", True)],
            id="a loop",
        ),
        pytest.param(
            orchestration(rule({"suspend": 300})), [("r", "suspend", True)], id="held back"
        ),
        pytest.param(orchestration(rule(LOW)), [], id="a severity that does not matter"),
        pytest.param(orchestration(sets=None, catch_all=None), [], id="nulls"),
        pytest.param(
            orchestration(sets=[None, {"id": "start", "rules": [None]}]), [], id="nulls in lists"
        ),
    ],
)
def test_rules_that_keep_events_from_waking_somebody_are_listed(discards, path, expected):
    """And whether they decide of every event that no other rule matches."""
    assert discards(path) == expected


def test_a_low_severity_wakes_nobody_where_the_severity_decides(discards):
    """A service whose urgency is fixed wakes somebody whatever the severity is."""
    by_severity = {"type": "constant", "urgency": "severity_based"}
    path = orchestration(rule(LOW))
    assert discards(path, incident_urgency_rule=by_severity) == [("r", "low_urgency", True)]


def test_rules_of_the_orchestration_that_feeds_a_service_count_too(only, pd):
    """All its events pass them first."""
    router = of_an_orchestration("E1", "router", rule({"route_to": "S1"}))
    shared = of_an_orchestration("E1", "global", rule(DROP))
    other = of_an_orchestration("E2", "global", rule(DROP))
    row = only(
        "service_readiness",
        service=[pd.service("S1")],
        service_orchestration=[orchestration()],
        event_orchestration_path=[router, shared, other],
    )
    assert [(entry["path"], entry["effect"]) for entry in row["discards"]] == [("global", "drop")]


def test_rules_that_were_not_read_are_not_none(only, pd):
    """Nobody knows what becomes of the events."""
    assert "discards" not in only("service_readiness", service=[pd.service("S1")])


# -- business services ------------------------------------------------------------------------


def dependencies(of, *pairs):
    """Return the relationships of a service: who supports whom."""

    def node(key):
        kind = "business" if key.startswith("B") else "technical"
        return {"id": key, "type": f"{kind}_service_reference"}

    return {
        "service": node(of),
        "relationships": [
            {"supporting_service": node(supporting), "dependent_service": node(dependent)}
            for supporting, dependent in pairs
        ],
    }


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([dependencies("B1")], [], id="nothing supports it"),
        pytest.param([dependencies("B1", ("S1", "B1"))], ["Shop"], id="directly"),
        pytest.param([dependencies("B1", ("B1", "S1"))], [], id="the other way round"),
        pytest.param(
            [dependencies("B1", ("S2", "B1")), dependencies("S2", ("S1", "S2"))],
            ["Shop"],
            id="through another",
        ),
        pytest.param(
            [dependencies("B2", ("S1", "B2"), ("B2", "B1"))],
            ["Billing", "Shop"],
            id="through another business service",
        ),
        pytest.param(
            [
                dependencies("B1", ("S2", "B1")),
                dependencies("S2", ("S1", "S2"), ("S2", "S1")),
                dependencies("S1", ("S2", "S1"), ("S1", "S2")),
            ],
            ["Shop"],
            id="in a circle",
        ),
        pytest.param([dependencies("S2", ("S1", "S2"))], [], id="no business service"),
    ],
)
def test_a_service_shows_which_business_services_it_supports(only, pd, records, expected):
    """Whatever lies between."""
    row = only(
        "service_readiness",
        service=[pd.service("S1")],
        business_service=[{"id": "B1", "name": "Shop"}, {"id": "B2", "name": "Billing"}],
        service_dependencies=records,
    )
    assert row["business_services"] == expected


def test_a_row_names_what_shows_that_it_supports_a_business_service(view, pd):
    """Whoever reads the result finds each step."""
    (row,) = view(
        "service_readiness",
        service=[pd.service("S1")],
        business_service=[{"id": "B1", "name": "Shop"}],
        service_dependencies=[
            dependencies("B1", ("S2", "B1")),
            dependencies("S2", ("S1", "S2")),
            dependencies("S3", ("S4", "S3")),
        ],
    )
    named = {name for name in row.names if "business" in name or "dependencies" in name}
    assert named == {
        "pagerduty.business_service:B1",
        "pagerduty.service_dependencies:business_service_reference/B1",
        "pagerduty.service_dependencies:technical_service_reference/S2",
    }


# -- standards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standards", "expected"),
    [
        pytest.param([], (0, []), id="none"),
        pytest.param(
            [{"name": "A", "pass": True}, {"name": "B", "pass": False}], (2, ["B"]), id="one missed"
        ),
        pytest.param([{"name": "A", "pass": False, "active": False}], (0, []), id="switched off"),
        pytest.param([{"name": "A", "pass": None}], None, id="not told"),
        pytest.param([{"name": None, "type": "t", "pass": False}], (1, ["t"]), id="without a name"),
    ],
)
def test_a_service_shows_which_standards_it_misses(only, pd, standards, expected):
    """Those of the account, as PagerDuty scores them."""
    record = {"service": pd.ref("S1", "service"), "score": None, "standards": standards}
    row = only("service_readiness", service=[pd.service("S1")], service_standards=[record])
    shown = row.get("standards")
    assert (shown and (shown["applied"], shown["missed"])) == expected
