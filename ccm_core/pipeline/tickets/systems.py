"""The clients of the ticket systems that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.tickets.types import SystemKind

if TYPE_CHECKING:
    from ccm_core.config.settings import TicketSettings
    from ccm_core.sdk.secret import Secret
    from ccm_core.tickets.types import TicketSystem


def ticket_system(settings: TicketSettings, token: Secret, host_version: str) -> TicketSystem:
    """Return the client of one ticket system; nothing is sent before it is used.

    Args:
        settings: Where it is.
        token: Its credential.
        host_version: What the client calls itself by.
    """
    agent = f"ccm/{host_version}"
    if settings.kind is SystemKind.GITHUB:
        from ccm_core.tickets.github import GitHubTickets

        return GitHubTickets(
            system=settings.name,
            base_url=settings.base_url,
            repository=settings.place,
            token=token,
            user_agent=agent,
        )
    from ccm_core.tickets.jira import JiraTickets

    return JiraTickets(
        system=settings.name,
        base_url=settings.base_url,
        web_url=settings.web_url,
        project=settings.place,
        email=settings.email,
        token=token,
        mapping=settings.rules.fields,
        user_agent=agent,
    )
