"""``ccm explain``: from a result down to what was asked of the source."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


@pytest.fixture
def evaluation(evaluated):
    """Give the results of a run by rule."""
    return {rule["rule"]: rule["results"] for rule in evaluated["rules"]}


def test_a_failure_is_explained_down_to_the_requests(ccm, evaluation):
    """The conditions, the parameters and where they were set, the records, the requests."""
    failing = next(
        one
        for one in evaluation["pagerduty_incident_acknowledged_in_time"]
        if one["status"] == "fail"
    )
    text = ccm("explain", failing["id"], "--json").json

    assert text["result"] == failing
    assert text["trace"]["assertion"]["value"] is False
    assert text["trace"]["match"]["value"] is True
    assert {one["digest"] for one in text["records"]} == set(failing["evidence_digests"])
    assert all(one["requests"][0]["endpoint"] == one["endpoint"] for one in text["records"])
    assert text["difference"] is None
    assert {one["set_by"] for one in text["parameters"]} == {"pack"}
    assert all(one["set_at"].split(":")[0].endswith(".yaml") for one in text["parameters"])
    text = ccm("explain", failing["id"]).out
    assert text.startswith("FAILED: ")
    assert "GET /incidents?" in text
    assert failing["evidence_digests"][0] in text


def test_a_parameter_of_the_settings_is_shown_where_it_is_set(ccm, connected, folder):
    """File, line and column as they were when it was judged, whatever was done to the file."""
    path = folder / "ccm.yaml"
    loose = "rules:\n  parameters:\n    ack_within_high: 10m\n  "
    settings = path.read_text().replace("rules: {packs", loose + "packs").replace("]}", "]")
    path.write_text(settings)
    evaluation = ccm("run", "--json").json["evaluation"]
    path.write_text("# moved\n" + settings)
    name = next(
        result["id"]
        for rule in evaluation["rules"]
        for result in rule["results"]
        if rule["rule"] == "pagerduty_incident_acknowledged_in_time"
    )
    line = settings.splitlines().index("    ack_within_high: 10m") + 1
    (parameter,) = [
        one
        for one in ccm("explain", name, "--json").json["parameters"]
        if one["name"] == "ack_within_high"
    ]

    assert (parameter["configured"], parameter["set_by"]) == ("10m", "settings")
    assert parameter["set_at"].endswith(f"ccm.yaml:{line}:22")
    assert f"set by the settings, {parameter['set_at']}" in ccm("explain", name).out


@pytest.mark.no_cover
def test_every_result_can_be_explained(ccm, evaluation):
    """One of each rule and status, by its id; none comes out differently."""
    some = {(one["rule"], one["status"]): one["id"] for of in evaluation.values() for one in of}
    assert len(some) > 20
    for name in list(some.values())[::8]:
        ran = ccm("explain", name, "--json")
        assert (ran.code, ran.json["difference"], ran.json["result"]["id"]) == (0, None, name)


def test_an_insufficient_result_shows_the_evidence(ccm, connected, folder):
    """Where no row was judged, it is said which evidence is lacking and why."""
    connected.control.deny("/oncalls", 403)
    evaluation = ccm("run", "--json").json["evaluation"]
    lacking = next(
        result
        for rule in evaluation["rules"]
        for result in rule["results"]
        if result["status"] == "insufficient"
    )
    text = ccm("explain", lacking["id"]).out

    assert text.startswith("INCONCLUSIVE: ")
    assert "not about a single row" in text
    assert "unavailable" in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("zz-nothing", "no result 'zz-nothing' in the evaluation of", id="unknown"),
        pytest.param("no_rule/P1", "no result 'no_rule/P1'", id="unknown-rule"),
        pytest.param("", "no result ''", id="empty"),
    ],
)
def test_explaining_an_unknown_result_is_a_usage_error(ccm, evaluation, name, expected):
    """With what to do next."""
    ran = ccm("explain", name)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err
    assert "findings list" in ran.err


def test_an_ambiguous_result_id_lists_the_matches(ccm, evaluation):
    """The rule's part alone is not enough where it judged several subjects."""
    results = evaluation["pagerduty_service_has_escalation_policy"]
    ran = ccm("explain", results[0]["id"][:6])
    assert ran.code == 2
    assert results[0]["id"] in ran.err
    assert "write more of the id" in ran.err


def test_explain_without_an_evaluation_is_a_usage_error(ccm, connected):
    """A store that was only collected into says so."""
    ccm("collect")
    ran = ccm("explain", "abc")
    assert ran.code == 2
    assert "holds no evaluation" in ran.err


def test_explaining_an_erased_subject_says_when_and_why_it_was_erased(ccm, evaluation):
    """Until it is evaluated anew there is no result; neither by its rule nor by its id."""
    result = next(
        result
        for results in evaluation.values()
        for result in results
        if result["subject"]["kind"] == "pagerduty.service"
    )
    key = result["subject"]["key"]
    assert ccm("explain", result["id"]).code == 0
    order = ("erase", "--kind", "pagerduty.service", "--key", key, "--reason", "asked to by Ann")
    assert ccm(*order, "--yes").code == 0

    for name in (result["id"], f"{result['rule']}/{key}"):
        explained = ccm("explain", name)
        assert (explained.code, explained.out) == (2, "")
        assert f"pagerduty.service {key}" in explained.err
        assert f"was erased by order on {datetime.now(UTC):%Y-%m-%d}" in explained.err
        assert "asked to by Ann" in explained.err
    assert "no result 'nothing/else'" in ccm("explain", "nothing/else").err
