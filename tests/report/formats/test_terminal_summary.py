"""The summary for a terminal, as whole screens."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.report.content.cell_width import cells
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.terminal_summary import TextReport, screen_lines, summary_lines


def screen(inputs, width=88):
    """Return the summary as one text."""
    return "\n".join(summary_lines(summary(inputs), width)) + "\n"


def test_the_summary_of_a_whole_account(inputs):
    """Verdict, failing and inconclusive checks, collection problems and next steps."""
    assert screen(inputs) == dedent(
        """\
        2 passed, 4 failed, 2 inconclusive (insufficient evidence), 1 ended in an error, 1 not
        applicable
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        Inconclusive means insufficient evidence: it was missing, partial or too old. It is
        never counted as a pass.

        FAILING CHECKS (4)
          critical       Every service has an escalation policy
            25 of 60 applicable failed, 2 risk accepted
            - Batch worker 01: names an escalation policy that was deleted on 2026-04-30
            - Batch worker 02: names an escalation policy that was deleted on 2026-04-30
            - Batch worker 03: names an escalation policy that was deleted on 2026-04-30
            and 22 more
          high           High-urgency incidents are acknowledged by a person in time
            1 of 300 applicable failed, 23 inconclusive
            - #4711 Checkout is slow: acknowledged after 48 min against 15 min
          medium         There is at least one schedule                             no resources
            - no single resource: the check failed as a whole
          low            Every team has a manager (risk accepted)
            1 of 12 applicable failed, 1 risk accepted
            - Platform [risk accepted: W-2026-003]: has no manager

        INCONCLUSIVE (3)
          high           Incidents are resolved in time                               not tested
            - pagerduty-prod: pagerduty.incident_log_entry is unavailable: GET /log_entries
              answered 403 Forbidden. Give the key's user the role observer or higher.
          medium         Policies have two levels at least (error)
            1 of 25 applicable ended in an error, 24 passed
            - pagerduty-prod, 1 resource: row.levels[1]: an index past the end, in `assert` at
              12:15
          medium         The credential sees the whole account                        not tested
            - pagerduty-prod: pagerduty.ability was never collected

        PARTLY INCONCLUSIVE (1)
          high           High-urgency incidents are acknowledged by a person in time
            1 of 300 applicable failed, 23 inconclusive
            - pagerduty-prod, 23 resources: pagerduty.incident_log_entry is unavailable: GET
              /log_entries answered 403 Forbidden. Give the key's user the role observer or
              higher.

        COLLECTION PROBLEMS (3)
            - pagerduty-prod, pagerduty.incident_log_entry, unavailable:
              pagerduty.incident_log_entry is unavailable: GET /log_entries answered 403
              Forbidden. Give the key's user the role observer or higher.
            - pagerduty-prod, pagerduty.incident, partial: 2,000 incidents are missing; the
              source cut the list short: One second holds more incidents than the source lists.
              Narrow the lookback.
            - pagerduty-prod, pagerduty.ability, never collected: pagerduty.ability was never
              collected. Run `ccm collect`.

        NEXT STEPS
          1. Every service has an escalation policy: Give the service a policy that reaches a
             person on every level.
          2. High-urgency incidents are acknowledged by a person in time: Review the on-call
             team's response and the routing of this service.
          3. Fix 3 collection problems, then run `ccm run` again: 2 checks are inconclusive.
        """
    )


def test_the_text_file_is_as_wide_as_a_terminal_of_88_columns(inputs):
    """It has the lines of the terminal."""
    assert TextReport().render(inputs).decode() == screen(inputs)


def test_the_summary_of_passing_checks_is_short(make):
    """The headline is all of it."""
    rule = make.rule("r", "Services have an owner", "high", make.passes(3))
    assert screen(make.report_input(rule)) == dedent(
        """\
        1 passed
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        """
    )


def test_the_summary_without_checks_claims_nothing(make):
    """Nor without connections."""
    assert screen(make.report_input(connections=())) == dedent(
        """\
        No check was tested
        as of 2026-05-06 09:00 UTC, over no connection
        """
    )


def test_the_summary_of_a_narrow_terminal_wraps_titles(make):
    """On a narrow terminal the count goes under the title."""
    why = "names an escalation policy that was deleted"
    failing = [make.result(f"Service {n}", Status.FAIL, why) for n in range(4)]
    rule = make.rule("r", "Every service has an escalation policy", "informational", failing)
    assert screen(make.report_input(rule), width=20) == dedent(
        """\
        1 failed
        as of 2026-05-06 09:00 UTC, over pagerduty-prod

        FAILING CHECKS (1)
          informational  Every service has an escalation
                         policy
            4 of 4 applicable failed
            - Service 0: names an escalation policy that
              was deleted
            - Service 1: names an escalation policy that
              was deleted
            - Service 2: names an escalation policy that
              was deleted
            and 1 more
        """
    )


def test_the_summary_lists_plugin_run_and_collection_problems(make):
    """All of them."""
    refused = Shortfall(reason=Reason.DENIED, detail="The key was revoked. Make a new one.")
    inputs = make.report_input(
        make.rule("r", "Title", "low", status=Status.INSUFFICIENT),
        manifests=(make.manifest(outcome=Outcome.FAILED, shortfalls=(refused,)),),
        sufficiency=(make.standing("acme.host", problem="It is 9 d old and may be 2 d."),),
        plugin_failures=("acme 1.0: ImportError: no module named x",),
    )
    assert screen(inputs) == dedent(
        """\
        1 inconclusive (insufficient evidence)
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        Inconclusive means insufficient evidence: it was missing, partial or too old. It is
        never counted as a pass.

        INCONCLUSIVE (1)
          low            Title                                                      no resources
            - no result has a reason; see the collection problems below

        COLLECTION PROBLEMS (3)
            - plugin: acme 1.0: ImportError: no module named x
            - pagerduty-prod, whole run: access was denied: The key was revoked. Make a new one.
            - pagerduty-prod, acme.host, complete: It is 9 d old and may be 2 d.

        NEXT STEPS
          1. Fix the plugin: acme 1.0: ImportError: no module named x
          2. Fix 2 collection problems, then run `ccm run` again: 1 check is inconclusive.
        """
    )


@pytest.mark.parametrize("width", [1, 48, 60, 88, 200])
def test_no_line_of_the_summary_is_too_wide(inputs, width):
    """No line passes the width, down to 48 columns."""
    assert max(cells(line) for line in summary_lines(summary(inputs), width)) <= max(width, 48)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x1b[2J\x1b]0;owned\x07", id="terminal escapes"),
        pytest.param("two\nlines\r\n", id="line feeds"),
        pytest.param("検索" * 200, id="very long and wide"),
        pytest.param("abc\u202egnp", id="turned around"),
    ],
)
def test_hostile_strings_steer_no_terminal(make, text):
    """Whatever a source or a pack says stays on its line, within the width, and steers nothing."""
    found = [
        make.result(text, Status.FAIL, text, connection=text, waiver=text),
        make.result("x", Status.INSUFFICIENT, text, connection=text),
    ]
    inputs = make.report_input(
        make.rule(text, text, "low", found, remediation=text),
        connections=(text,),
        sufficiency=(make.standing(text, connection=text, problem=text),),
        plugin_failures=(text,),
    )
    lines = summary_lines(summary(inputs), 60)
    assert all(line.isprintable() for line in lines)
    assert max(cells(line) for line in lines) <= 60


def test_a_shortened_summary_names_the_full_report(make):
    """And a complete one does not. A demonstration has no settings to report with."""
    rule = make.rule("r", "Services are owned", "high", [make.result("Search", Status.FAIL, "x")])
    said = summary(make.report_input(rule))
    assert (
        screen_lines(said, 88, 1, "Full report: demo/report.html")[-1]
        == "Full report: demo/report.html"
    )
    assert screen_lines(said, 88, 99, "Full report: demo/report.html") == summary_lines(said, 88)


def test_a_demonstration_names_no_command_that_needs_settings(make):
    """What is left out is counted, and the full report is named."""
    bad = [make.result("Search", Status.FAIL, "lacks it")]
    rules = [make.rule(f"r{n}", f"Services have {n}", "high", bad) for n in range(40)]
    lines = screen_lines(summary(make.report_input(*rules)), 88, 24, "Full report: x.html")
    assert any(line.startswith("  and ") and line.endswith(" more checks") for line in lines)
    assert "ccm findings" not in "".join(lines)


@pytest.mark.parametrize("height", [24, 30, 40, 48, 100])
def test_the_summary_fits_a_screen(make, height):
    """Forty failing and ten inconclusive checks fit, and none goes uncounted."""
    names = [f"Every service of the account has property number {n}" for n in range(40)]
    bad = [make.result(f"Service {n}", Status.FAIL, "lacks it") for n in range(9)]
    lost = [make.result(f"Service {n}", Status.INSUFFICIENT, "not seen") for n in range(9)]
    fix = {"remediation": "Open the service and give it the property. " * 4}
    rules = [make.rule(name, name, "high", bad, **fix) for name in names]
    rules += [make.rule(f"lost {n}", f"Lost {n}", "low", lost) for n in range(10)]
    lines = screen_lines(summary(make.report_input(*rules)), 88, height)
    assert len(lines) <= height + 3
    assert max(cells(line) for line in lines) <= 88
    text = "\n".join(lines)
    assert "FAILING CHECKS (40)" in text
    assert "INCONCLUSIVE (10)" in text
    assert "Open the service and give it" in text
    assert "`ccm report`" in text
    shown = sum("Every service of the account" in line and "failed" in line for line in lines)
    more = f"  and {40 - shown} more checks: `ccm findings list` lists all that fail"
    assert shown == 40 or more in lines


def test_a_summary_that_fits_is_shown_in_full(inputs):
    """Where there is room, nothing is left out."""
    assert screen_lines(summary(inputs), 88, 100) == summary_lines(summary(inputs), 88)


def test_a_title_on_one_line_leaves_room_for_its_failures(inputs):
    """On a low screen a title is cut off before the failures, and what they are counted against."""
    lines = screen_lines(summary(inputs), 88, 30)
    (title,) = (
        line for line in lines if line.startswith("  high") and "High-urgency incidents" in line
    )
    assert title.split("  ")[-1].strip() == "1 of 300 failed, 23 inconclusive"
    assert "High-urgency incidents are …" in title
