"""Ticket systems on loopback, each with a client that never sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ticket_fakes.findings import FindingLedger
from ticket_fakes.github import REPOSITORY, FakeGitHub
from ticket_fakes.github import TOKEN as GITHUB_TOKEN
from ticket_fakes.jira import EMAIL, FakeJira
from ticket_fakes.jira import TOKEN as JIRA_TOKEN

from ccm_core.pipeline.tickets.results import SyncResult
from ccm_core.pipeline.tickets.sync import sync_tickets
from ccm_core.sdk.secret import Secret
from ccm_core.tickets.github import GitHubTickets
from ccm_core.tickets.jira import JiraTickets
from ccm_core.tickets.reply import ExchangeBounds
from ccm_core.tickets.types import FieldMapping, TicketRules, TicketSystem

BOUNDS = ExchangeBounds(read_timeout=0.5, max_seconds=2.0, max_body=4 * 1024 * 1024)


@dataclass
class Tracker:
    """A ticket system, and what it was asked to wait."""

    fake: Any
    new_client: Callable[[TicketRules], TicketSystem]
    waits: list[float]

    def sync(self, ledger: FindingLedger, rules: TicketRules | None = None) -> SyncResult:
        """Sync once, with a client of its own."""
        rules = rules or TicketRules(system="ops")
        client = self.new_client(rules)
        try:
            return sync_tickets(ledger, ledger.items, rules, client, ledger.clock)
        finally:
            client.disconnect()

    @property
    def open(self) -> int:
        """How many tickets are open."""
        return len(self.fake.open_issues)


def _github(fake: FakeGitHub) -> Tracker:
    waits: list[float] = []

    def new_client(rules: TicketRules) -> TicketSystem:
        return GitHubTickets(
            system=rules.system,
            base_url=fake.url,
            repository=REPOSITORY,
            token=Secret(GITHUB_TOKEN),
            user_agent="ccm/1",
            bounds=BOUNDS,
            clock=lambda: 1_000_000.0,
            sleep=waits.append,
        )

    return Tracker(fake, new_client, waits)


def _jira(fake: FakeJira, email: str) -> Tracker:
    waits: list[float] = []

    def new_client(rules: TicketRules) -> TicketSystem:
        return JiraTickets(
            system=rules.system,
            base_url=fake.url,
            web_url="https://acme.atlassian.net",
            project="OPS",
            email=email,
            token=Secret(JIRA_TOKEN),
            mapping=rules.fields,
            user_agent="ccm/1",
            bounds=BOUNDS,
            sleep=waits.append,
        )

    return Tracker(fake, new_client, waits)


@pytest.fixture
def github() -> Iterator[Tracker]:
    """A repository; every request fits GitHub's own description."""
    with FakeGitHub() as fake:
        yield _github(fake)
        assert fake.wrong == []


@pytest.fixture
def jira() -> Iterator[Tracker]:
    """A project of Jira Cloud; every request fits Atlassian's own description."""
    with FakeJira() as fake:
        yield _jira(fake, EMAIL)
        assert fake.wrong == []


@pytest.fixture
def data_center() -> Iterator[Tracker]:
    """A project of Jira Data Center."""
    with FakeJira(cloud=False) as fake:
        yield _jira(fake, "")
        assert fake.wrong == []


@pytest.fixture(params=["github", "jira", "data_center"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    """Each ticket system."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def mapped() -> TicketRules:
    """Rules that fill the fields of Jira."""
    return TicketRules(
        system="ops",
        fields=FieldMapping(
            issue_type="Bug",
            priorities={"critical": "Highest", "high": "High"},
            labels=("severity-{severity}", "team {owner}"),
            components=("{resource_kind}",),
            assignees={"Payments": ("5b10ac8d82e05b22cc7d4ef5",)},
            custom={"duedate": "{due}", "customfield_10042": {"value": "{severity}"}},
        ),
    )
