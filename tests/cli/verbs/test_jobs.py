"""``--jobs``: how many processes derive and judge side by side."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("verb", ["run", "evaluate", "watch"])
@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "", "1000"])
def test_a_number_of_processes_that_cannot_be_is_refused(ccm, connected, verb, number):
    """Before anything is read: the option, what was got and what is expected."""
    del connected
    refused = ccm(verb, "--jobs", number)

    assert refused.code == 2
    assert "--jobs" in refused.err
    assert repr(number) in refused.err or f"{number} is not in the range 1<=x<=64" in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    "option",
    [("--as-of", "2026-01-01T00:00:00Z"), ("--packs", "pagerduty-access"), ("--reproduce",)],
)
def test_what_evaluates_everything_in_one_process_refuses_more(ccm, evaluated, option):
    """It would promise what it does not do."""
    del evaluated
    refused = ccm("evaluate", "--jobs", "2", *option)

    assert refused.code == 2
    assert "leave out --jobs" in refused.err


def test_a_small_account_is_evaluated_as_without_the_option(ccm, evaluated):
    """The same statuses, whatever the number."""
    del evaluated
    expected = ccm("evaluate", "--json").json
    divided = ccm("evaluate", "--jobs", "2", "--json")

    assert {rule["rule"]: rule["status"] for rule in divided.json["rules"]} == {
        rule["rule"]: rule["status"] for rule in expected["rules"]
    }
