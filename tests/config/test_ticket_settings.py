"""Reading `tickets`: whole, or with every mistake at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError
from ccm_core.tickets.types import FieldMapping, SystemKind, TicketRules

HEAD = """\
version: 1
connections:
  - name: acme-prod
    connector: acme
    auth: {method: api_key, key: "env:ACME_API_KEY"}
tickets:
"""
JIRA = """\
  - name: ops
    system: jira
    base_url: https://acme.atlassian.net
    project: OPS
    auth: {email: ccm@acme.example, token: "env:JIRA_TOKEN"}
"""
GITHUB = """\
  - name: issues
    system: github
    repository: acme/ops
    auth: {token: "file:github.token"}
"""


def read(text: str, connectors):
    """Read the ticket systems of settings."""
    draft = read_settings((HEAD + text).encode(), "ccm.yaml", base=Path("/srv/ccm"))
    return validate(draft, connectors, date(2026, 11, 23)).tickets


def mistakes(text: str, connectors) -> list[str]:
    """Give what is wrong, without the file's name."""
    with pytest.raises(DocumentError) as caught:
        read(text, connectors)
    return [line.removeprefix("ccm.yaml:") for line in str(caught.value).splitlines()]


def test_shortest_settings_have_defaults(connectors):
    """Findings from high on, reopened where somebody closes them, without reasons."""
    jira, github = read(JIRA + GITHUB, connectors)
    assert (jira.kind, jira.name, jira.place) == (SystemKind.JIRA, "ops", "OPS")
    assert jira.base_url == jira.web_url == "https://acme.atlassian.net"
    assert (jira.email, jira.token) == (
        "ccm@acme.example",
        SecretReference(scheme="env", name="JIRA_TOKEN"),
    )
    assert jira.rules == TicketRules(system="ops")
    assert (jira.rules.min_severity, jira.rules.include_reasons) == ("high", False)
    assert (github.kind, github.base_url) == (SystemKind.GITHUB, "https://api.github.com")
    assert (github.place, github.email) == ("acme/ops", "")


def test_documented_settings_are_read(connectors):
    """Every key comes out frozen and typed."""
    text = (
        JIRA
        + """\
    web_url: https://jira.acme.example/
    when:
      min_severity: low
      owners: [pay*]
      rules: [svc-*]
      frameworks: [soc2]
      connections: [acme-prod]
    fields:
      issue_type: Bug
      priorities: {critical: Highest}
      labels: ["severity-{severity}"]
      components: [Paging]
      assignees: {Payments: [5b10ac8d82e05b22cc7d4ef5]}
      custom: {duedate: "{due}", customfield_10042: {value: "{owner}"}}
      closed_status: Done
      reopened_status: To Do
      resolution: Fixed
    close: false
    on_closed_by_hand: leave
    include_reasons: true
    max_changes: 20
"""
    )
    (system,) = read(text, connectors)
    assert system.web_url == "https://jira.acme.example"
    assert system.rules == TicketRules(
        system="ops",
        min_severity="low",
        owners=("pay*",),
        rules=("svc-*",),
        frameworks=("soc2",),
        connections=("acme-prod",),
        close=False,
        reopen=False,
        include_reasons=True,
        max_changes=20,
        fields=FieldMapping(
            issue_type="Bug",
            priorities={"critical": "Highest"},
            labels=("severity-{severity}",),
            components=("Paging",),
            assignees={"Payments": ("5b10ac8d82e05b22cc7d4ef5",)},
            custom={"duedate": "{due}", "customfield_10042": {"value": "{owner}"}},
            closed_status="Done",
            reopened_status="To Do",
            resolution="Fixed",
        ),
    )


def test_finding_is_linked_where_messages_link_it(connectors):
    """One setting says where findings are shown."""
    text = (
        GITHUB
        + 'notify: {channels: [{name: chat, to: ["env:HOOK"]}], finding_url: "https://ccm.example/{finding}"}\n'
    )
    (system,) = read(text, connectors)
    assert system.rules.finding_url == "https://ccm.example/{finding}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            JIRA.replace('"env:JIRA_TOKEN"', "ATATT3xSecr3t"),
            ["11:44: expected the location of a secret, never the secret itself"],
            id="a token in place of a reference, not repeated",
        ),
        pytest.param(
            JIRA.replace("https:", "http:"),
            ["9:15: base_url 'http://acme.atlassian.net' is neither https nor http on loopback"],
            id="address in the clear",
        ),
        pytest.param(
            JIRA.replace("    project: OPS\n", "").replace(
                "    base_url: https://acme.atlassian.net\n", ""
            ),
            ['7:5: "base_url" is missing: jira', '7:5: "project" is missing: jira needs it'],
            id="where tickets go is missing",
        ),
        pytest.param(
            GITHUB + "    project: OPS\n    fields: {issue_type: Bug, resolution: Done}\n",
            [
                '11:14: github has no "project"; remove it',
                '12:26: github\'s issues have no "issue_type"; remove it',
                '12:43: github\'s issues have no "resolution"; remove it',
            ],
            id="keys of the other system",
        ),
        pytest.param(
            JIRA + '    fields: {labels: ["{onwer}"], custom: {summary: "{title}"}}\n',
            [
                '12:22: unknown placeholder "onwer"; did you mean "owner"?',
                '12:53: "summary" cannot be set here: ccm writes the title',
            ],
            id="placeholders and fields of ccm's own",
        ),
        pytest.param(
            JIRA + "    fields: {assignees: {Payments: [a, b]}}\n",
            ["12:36: got 2 accounts, expected one: Jira assigns one person"],
            id="two assignees",
        ),
        pytest.param(
            JIRA + "    when: {connections: [acme-prd], min_severity: huge}\n",
            [
                '12:26: unknown connection "acme-prd"; did you mean "acme-prod"?',
                '12:51: unknown value "huge"; expected one of "informational", "low"',
            ],
            id="unknown names",
        ),
        pytest.param(
            JIRA + JIRA,
            ['12:11: a second ticket system is named "ops"; the first is at line 7, column 11'],
            id="same name twice",
        ),
        pytest.param(
            GITHUB.replace("acme/ops", "https://github.com/acme/ops"),
            ["9:17: expected "],
            id="an address in place of a repository",
        ),
    ],
)
def test_every_mistake_is_reported_with_its_place(connectors, text, expected):
    """File, line and column, what was got and what is expected."""
    lines = mistakes(text, connectors)
    assert len(lines) == len(expected)
    for line, begin in zip(lines, expected, strict=True):
        assert line.startswith(begin)
    assert "Secr3t" not in str(lines)
