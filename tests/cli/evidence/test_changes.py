"""``ccm changes``: what changed in the sources, and who changed it."""

from __future__ import annotations

import pytest


def test_what_people_changed_is_listed_with_who_and_what(ccm, evaluated):
    """The audit trail of the demonstration, before anything was read."""
    shown = ccm("changes", "--since", "2020-01-01T00:00:00Z")
    assert shown.code == 3
    assert "changed  " in shown.out
    assert "; in the source's trail; ccm had not read it before" in shown.out
    assert "some kinds were first read at" in shown.err
    log = ccm("changes", "--since", "2020-01-01T00:00:00Z", "--json").json
    assert {change["in_versions"] for change in log["changes"]} == {None}
    moments = [change["at"] for change in log["changes"]]
    assert moments == sorted(moments)


def test_a_period_without_evidence_is_not_one_without_a_change(ccm, evaluated):
    """Nothing is known of it."""
    shown = ccm("changes", "--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z")
    assert (shown.code, shown.out.strip()) == (3, "no change is known")
    assert "is not known for all of the period" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "--since", id="no beginning"),
        pytest.param(
            ["--since", "yesterday"], "--since 'yesterday': expected an instant", id="no instant"
        ),
        pytest.param(["--since", "2999-01-01T00:00:00Z"], "is not before", id="the wrong order"),
        pytest.param(
            ["--since", "2020-01-01T00:00:00Z", "--kind", "pagerduty.incident"],
            "expected one of pagerduty.escalation_policy",
            id="a kind that nobody changes",
        ),
    ],
)
def test_bad_input_is_refused(ccm, evaluated, arguments, message):
    """With what was expected."""
    refused = ccm("changes", *arguments)
    assert refused.code == 2
    assert message in refused.err
