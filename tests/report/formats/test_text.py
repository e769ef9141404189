"""The summary for a terminal, as whole screens."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.report.content.cell_width import cells
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.text import TextReport, lines
from ccm_core.report.formats.text import screen as screen_of


def screen(given, width=88):
    """The summary as one text."""
    return "\n".join(lines(summary(given), width)) + "\n"


def test_a_whole_account(given):
    """Verdict, failures, what was not judged, the evidence behind it and what to do next."""
    assert screen(given) == dedent(
        """\
        2 rules hold, 4 fail, 2 could not be judged, 1 ended in an error, 1 does not apply
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        Could not be judged (insufficient) means that the evidence was missing, partial or too
        old. It is never counted as a pass.

        FAIL (4)
          critical       Every service has an escalation policy          25 of 60 fail, 2 waived
            - Batch worker 01: names an escalation policy that was deleted on 2026-04-30
            - Batch worker 02: names an escalation policy that was deleted on 2026-04-30
            - Batch worker 03: names an escalation policy that was deleted on 2026-04-30
            and 22 more
          high           High-urgency incidents are acknowledged   1 of 300 fails, 23 not judged
                         by a person in time
            - #4711 Checkout is slow: acknowledged after 48 min against 15 min
          medium         There is at least one schedule                         no subject known
            - no subject: the rule fails as a whole
          low            Every team has a manager (waived)               1 of 12 fails, 1 waived
            - Platform [waived: W-2026-003]: has no manager

        INSUFFICIENT OR IN ERROR (3)
          high           Incidents are resolved in time                           nothing judged
            - pagerduty-prod: pagerduty.incident_log_entry is unavailable: GET /log_entries
              answered 403 Forbidden. Give the key's user the role observer or higher.
          medium         Policies have two levels at least    1 of 25 ended in an error, 24 pass
                         (error)
            - pagerduty-prod, 1 subject: row.levels[1]: an index past the end, in `assert` at
              12:15
          medium         The credential sees the whole account                    nothing judged
            - pagerduty-prod: pagerduty.ability was never collected

        JUDGED ONLY IN PART (1)
          high           High-urgency incidents are acknowledged   1 of 300 fails, 23 not judged
                         by a person in time
            - pagerduty-prod, 23 subjects: pagerduty.incident_log_entry is unavailable: GET
              /log_entries answered 403 Forbidden. Give the key's user the role observer or
              higher.

        EVIDENCE (3 problems)
            - pagerduty-prod, pagerduty.incident_log_entry, unavailable:
              pagerduty.incident_log_entry is unavailable: GET /log_entries answered 403
              Forbidden. Give the key's user the role observer or higher.
            - pagerduty-prod, pagerduty.incident, partial: 2,000 incidents are missing; the
              source cut the list short: One second holds more incidents than the source lists.
              Narrow the lookback.
            - pagerduty-prod, pagerduty.ability, never collected: pagerduty.ability was never
              collected. Run `ccm collect`.

        NEXT
          1. Every service has an escalation policy: Give the service a policy that reaches a
             person on every level.
          2. High-urgency incidents are acknowledged by a person in time: Review the on-call
             team's response and the routing of this service.
          3. Mend 3 evidence problems, then run `ccm run` again: 2 rules could not be judged.
        """
    )


def test_a_file_is_as_wide_as_a_page(given):
    """The format writes what a terminal of 88 columns shows."""
    assert TextReport().render(given).decode() == screen(given)


def test_all_well(make):
    """Where every rule holds there is little to say."""
    rule = make.rule("r", "Services have an owner", "high", make.passes(3))
    assert screen(make.report_input(rule)) == dedent(
        """\
        1 rule holds
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        """
    )


def test_nothing_to_say(make):
    """Without connections and rules, nothing is claimed."""
    assert screen(make.report_input(connections=())) == dedent(
        """\
        No rule was judged
        as of 2026-05-06 09:00 UTC, over no connection
        """
    )


def test_narrow(make):
    """On a narrow terminal the count goes under the title."""
    why = "names an escalation policy that was deleted"
    failing = [make.result(f"Service {n}", Status.FAIL, why) for n in range(4)]
    rule = make.rule("r", "Every service has an escalation policy", "informational", failing)
    assert screen(make.report_input(rule), width=20) == dedent(
        """\
        1 rule fails
        as of 2026-05-06 09:00 UTC, over pagerduty-prod

        FAIL (1)
          informational  Every service has   4 of 4 fail
                         an escalation
                         policy
            - Service 0: names an escalation policy that
              was deleted
            - Service 1: names an escalation policy that
              was deleted
            - Service 2: names an escalation policy that
              was deleted
            and 1 more
        """
    )


def test_troubles(make):
    """A broken plugin, a failed run and stale evidence are all told."""
    refused = Shortfall(reason=Reason.DENIED, detail="The key was revoked. Make a new one.")
    given = make.report_input(
        make.rule("r", "Title", "low", status=Status.INSUFFICIENT),
        manifests=(make.manifest(outcome=Outcome.FAILED, shortfalls=(refused,)),),
        sufficiency=(make.standing("acme.host", problem="It is 9 d old and may be 2 d."),),
        plugin_failures=("acme 1.0: ImportError: no module named x",),
    )
    assert screen(given) == dedent(
        """\
        1 rule could not be judged
        as of 2026-05-06 09:00 UTC, over pagerduty-prod
        Could not be judged (insufficient) means that the evidence was missing, partial or too
        old. It is never counted as a pass.

        INSUFFICIENT OR IN ERROR (1)
          low            Title                                                  no subject known
            - no result says why; see the evidence below

        EVIDENCE (3 problems)
            - plugin: acme 1.0: ImportError: no module named x
            - pagerduty-prod, whole run: access was denied: The key was revoked. Make a new one.
            - pagerduty-prod, acme.host, complete: It is 9 d old and may be 2 d.

        NEXT
          1. Mend the plugin: acme 1.0: ImportError: no module named x
          2. Mend 2 evidence problems, then run `ccm run` again: 1 rule could not be judged.
        """
    )


@pytest.mark.parametrize("width", [1, 48, 60, 88, 200])
def test_no_line_is_too_wide(given, width):
    """No line passes the width, down to 48 columns."""
    assert max(cells(line) for line in lines(summary(given), width)) <= max(width, 48)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x1b[2J\x1b]0;owned\x07", id="terminal escapes"),
        pytest.param("two\nlines\r\n", id="line feeds"),
        pytest.param("検索" * 200, id="very long and wide"),
        pytest.param("abc\u202egnp", id="turned around"),
    ],
)
def test_hostile_strings(make, text):
    """Whatever a source or a pack says stays on its line, within the width, and steers nothing."""
    found = [
        make.result(text, Status.FAIL, text, connection=text, waiver=text),
        make.result("x", Status.INSUFFICIENT, text, connection=text),
    ]
    given = make.report_input(
        make.rule(text, text, "low", found, remediation=text),
        connections=(text,),
        sufficiency=(make.standing(text, connection=text, problem=text),),
        plugin_failures=(text,),
    )
    told = lines(summary(given), 60)
    assert all(line.isprintable() for line in told)
    assert max(cells(line) for line in told) <= 60


def test_a_summary_that_was_cut_says_where_the_whole_is(make):
    """And says nothing where everything is there. A demonstration has no settings to ask with."""
    rule = make.rule("r", "Services are owned", "high", [make.result("Search", Status.FAIL, "x")])
    said = summary(make.report_input(rule))
    assert (
        screen_of(said, 88, 1, "The whole: demo/report.html")[-1] == "The whole: demo/report.html"
    )
    assert screen_of(said, 88, 99, "The whole: demo/report.html") == lines(said, 88)


@pytest.mark.parametrize("height", [24, 30, 40, 48, 100])
def test_the_summary_fits_a_screen(make, height):
    """Forty rules that fail and ten that could not be judged fit, and none goes uncounted."""
    names = [f"Every service of the account has property number {n}" for n in range(40)]
    bad = [make.result(f"Service {n}", Status.FAIL, "lacks it") for n in range(9)]
    lost = [make.result(f"Service {n}", Status.INSUFFICIENT, "not seen") for n in range(9)]
    fix = {"remediation": "Open the service and give it the property. " * 4}
    rules = [make.rule(name, name, "high", bad, **fix) for name in names]
    rules += [make.rule(f"lost {n}", f"Lost {n}", "low", lost) for n in range(10)]
    told = screen_of(summary(make.report_input(*rules)), 88, height)
    assert len(told) <= height + 3
    assert max(cells(line) for line in told) <= 88
    text = "\n".join(told)
    assert "FAIL (40)" in text
    assert "INSUFFICIENT OR IN ERROR (10)" in text
    assert "Open the service and give it" in text
    assert "`ccm report`" in text
    shown = sum("Every service of the account" in line and "fail" in line for line in told)
    assert shown == 40 or f"and {40 - shown} more rules" in text


def test_what_fits_is_told_in_full(given):
    """Where there is room, nothing is left out."""
    assert screen_of(summary(given), 88, 100) == lines(summary(given), 88)


def test_a_title_on_one_line_has_the_room_of_the_whole_number(given):
    """On a low screen a rule is told by its title and by what fails, in that order."""
    told = next(one for one in screen_of(summary(given), 88, 30) if "acknowledged by a" in one)
    assert told.split("  ")[-1].strip() == "1 fails, 23 not judged"
    assert "High-urgency incidents are acknowledged by a …" in told
