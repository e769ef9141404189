"""People who sign in to the console by the provider of their team."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from web.browsing import Browser, ServedConsole

from ccm_core.web.access.attempts import SignInAttempts
from ccm_core.web.console import Console
from ccm_core.web.server_state.pending_sign_ins import PendingSignIns

SETTINGS = """\
version: 1
connections: []
rules: {{packs: [pagerduty-services]}}
{people}web:
  sign_in:
    issuer: {issuer}
    client_id: ccm-console
    client_secret: env:CCM_SIGN_IN_SECRET
{rest}
"""
ROLES = "    roles: {viewer: [compliance], admin: [platform]}"


@dataclass
class TeamConsole(ServedConsole):
    """A console whose browsers share one server."""

    sign_ins: PendingSignIns = field(default_factory=PendingSignIns)
    refusals: SignInAttempts = field(default_factory=SignInAttempts)

    @property
    def console(self) -> Console:
        """The console as it is configured now."""
        return replace(super().console, sign_ins=self.sign_ins, refusals=self.refusals)

    def write(self, issuer: str, rest: str = ROLES, people: str = "") -> None:
        """Change the settings, while it is served."""
        self.settings.write_text(SETTINGS.format(issuer=issuer, rest=rest, people=people))

    def team_browser(self) -> TeamBrowser:
        """Return a browser of somebody who is not signed in."""
        return TeamBrowser(self)


class TeamBrowser(Browser):
    """A browser whose owner has an account at the provider."""

    def leave(self) -> str:
        """Begin to sign in; return the address at the provider."""
        answer = self.get("/sign-in/team")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def come_back(self, address: str):
        """Open the address that the provider sent the browser back to."""
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}")

    def sign_in_at(self, provider):
        """Go there and come back."""
        return self.come_back(provider.agree(self.leave()))
