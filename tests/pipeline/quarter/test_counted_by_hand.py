"""The report of a quarter against what the source itself says, counted without the product.

Each test of each control: the population, what passed, failed, was inconclusive or open, which
items are exceptions, and from how many samples are drawn.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from ccm_pagerduty.kinds import kinds

from tests.pipeline.quarter.account_of_a_quarter import SINCE, UNTIL
from tests.pipeline.quarter.configuration_by_hand import (
    other_tests,
    recorded_changes,
    seen_changes,
    service_tests,
)
from tests.pipeline.quarter.incidents_by_hand import BY_MONTH, TESTS, told
from tests.pipeline.quarter.on_call_by_hand import people_tests, policy_tests, schedule_tests

FIGURES = ("passed", "failed", "inconclusive", "open")
NAMES = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive", "open": "open"}
OF_THE_CONNECTION = {  # no items: they are about the credential, or the account as a whole
    "pagerduty_credential_is_read_only",
    "pagerduty_credential_is_young",
    "pagerduty_credential_sees_whole_account",
    "pagerduty_owners_and_admins_bounded",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def by_hand(collected):
    """What became of each item by each test: by rule, then by item."""
    account, steps = collected.quarter.account, collected.quarter.steps
    counted: dict[str, dict[str, str]] = defaultdict(dict)
    for step in steps:
        if not SINCE <= step.at < UNTIL:
            continue
        tests = (*policy_tests(step), *schedule_tests(step), *people_tests(step))
        for rule, key, passes in (
            *tests,
            *service_tests(step, account),
            *other_tests(step, account),
        ):
            failed = counted[rule].get(key) == "fail" or not passes
            counted[rule][key] = "fail" if failed else "pass"
    for number, record in steps[-1].incidents.items():
        if SINCE <= datetime.fromtimestamp(record.created, UTC) < UNTIL:
            for rule, tell in TESTS.items():
                if (result := told(tell, steps, number)) is not None:
                    counted[rule][str(number)] = result
    changes = (*recorded_changes(account), *seen_changes(steps, account))
    for number, (rule, key, result) in enumerate(changes):
        counted[rule][f"{key} {number}"] = result
    for rule in ("collected_on_time", "has_no_unknown_fields"):  # of every kind, every day
        counted[f"pagerduty_evidence_{rule}"] = {kind.name: "pass" for kind in kinds()}
    return counted


@pytest.fixture(scope="module")
def month_of(collected):
    """The month of each incident, by its number."""
    incidents = collected.quarter.steps[-1].incidents.items()
    return {
        str(number): f"{datetime.fromtimestamp(one.created, UTC):%Y-%m}"
        for number, one in incidents
    }


@pytest.fixture(scope="module")
def months(by_hand, month_of):
    """The months of which too few incidents passed, by rule."""
    failing = defaultdict(set)
    for rule in BY_MONTH:
        shares = defaultdict(Counter)
        for number, result in by_hand[rule].items():
            shares[month_of[number]][result] += 1
        for month, share in shares.items():
            if share["fail"] > 0.05 * (share["pass"] + share["fail"]):
                failing[rule].add(month)
    return failing


def item_of(subject):
    """Return an item as it is counted by hand: incidents by number, all else by id."""
    incident = subject["kind"] == "pagerduty.incident"
    return subject["title" if incident else "key"].split()[0].lstrip("#")


@pytest.fixture
def report(ccm):
    """The report of the quarter, for programs."""
    _, out, _ = ccm("report", "--period", "2025-Q3", "--format", "json")
    return json.loads(out)


@pytest.fixture
def assurance(ccm):
    """What ``ccm assurance`` says of the quarter."""
    _, out, _ = ccm("assurance", "--period", "2025-Q3", "--json")
    return json.loads(out)


def test_each_test_has_the_population_that_the_source_has(assurance, by_hand):
    """Of every rule that supports a control: nothing is missing, and nothing is there twice."""
    tests = {one["rule"]: one for control in assurance["controls"] for one in control["tests"]}
    assert tests.keys() == by_hand.keys() | OF_THE_CONNECTION
    expected = {}
    for rule in tests:
        counts = Counter(NAMES[result] for result in by_hand.get(rule, {}).values())
        expected[rule] = {figure: counts[figure] for figure in FIGURES}
    stated = {rule: {figure: one[figure] for figure in FIGURES} for rule, one in tests.items()}
    assert stated == expected
    populations = {rule: one["population"] for rule, one in tests.items()}
    assert populations == {rule: len(by_hand.get(rule, {})) for rule in tests}


def test_each_control_has_the_exceptions_that_the_source_shows(
    assurance, by_hand, months, month_of
):
    """By their items; where a share decides, those of the months of which too few passed."""
    incidents = {}
    for control in assurance["controls"]:
        expected = set()
        for rule in control["rules"]:
            failed = {key for key, result in by_hand.get(rule, {}).items() if result == "fail"}
            if rule in BY_MONTH:
                expected |= {(rule, month) for month in months[rule]}
                failed = {key for key in failed if month_of[key] in months[rule]}
            expected |= {(rule, key.partition(" ")[0]) for key in failed}
        stated = {(one["rule"], item_of(one["subject"])) for one in control["exceptions"]}
        incidents[f"{control['framework']}:{control['id']}"] = (stated, expected)
    wrong = {name: both for name, both in incidents.items() if both[0] != both[1]}
    assert wrong == {}


def test_samples_are_drawn_from_all_that_the_source_has(report, by_hand):
    """The frame of each test is its whole population, but for what could not be tested yet."""
    frames = {one["rule"]: one["population"] for one in report["sampling"]["tests"]}
    tested = {rule: Counter(results.values()) for rule, results in by_hand.items()}
    expected = {rule: counts.total() - counts["open"] for rule, counts in tested.items()}
    assert frames == {rule: expected.get(rule, 0) for rule in frames}
    assert frames.keys() >= by_hand.keys()


def test_each_control_counts_its_items_once(assurance, by_hand):
    """However many tests look at one, and however many of them it fails."""
    for control in assurance["controls"]:
        items = {key for rule in control["rules"] for key in by_hand.get(rule, {})}
        failed = {
            (one["subject"]["kind"], one["subject"]["key"])
            for one in control["exceptions"]
            if one["subject"]["kind"] != "population"
        }
        stated = (control["items"], control["items_failed"])
        assert stated == (len(items), len(failed)), (control["framework"], control["id"])


def test_conclusions_follow_from_gaps_exceptions_and_populations(assurance, by_hand):
    """No control of the quarter has another one; nothing that was not tested passed."""
    for control in assurance["controls"]:
        results = Counter(
            result for rule in control["rules"] for result in by_hand.get(rule, {}).values()
        )
        if control["evidence_gaps"]:
            expected = "evidence_incomplete"
        elif control["exceptions"]:
            expected = "exceptions"
        elif results["pass"] + results["fail"] + results["inconclusive"]:
            expected = "no_exceptions"
        else:
            expected = "open_at_cut_off" if results["open"] else "no_occurrences"
        assert control["conclusion"] == expected, (control["framework"], control["id"])


def test_each_kind_was_collected_on_each_day_of_the_quarter(assurance):
    """As often as the account was looked at in it."""
    days = (UNTIL - SINCE).days
    assert {one["kind"] for one in assurance["kinds"]} >= {kind.name for kind in kinds()}
    for kind in assurance["kinds"]:
        assert kind["completed"] == days, kind["kind"]
        if kind["required_frequency"] is not None:
            assert abs(kind["scheduled"] - days) <= 1, kind["kind"]
        assert not kind["evidence_gaps"], kind["kind"]
