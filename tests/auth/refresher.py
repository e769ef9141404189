"""Refreshes a connection again and again, to be killed while it does; started by test_killing.

For each line that it reads it forks a process that begins at once, and prints that process's id:
forking is quick, and so a test can kill hundreds of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from ccm_core.auth.oauth_messages import OAuthClient, refresh_form
from ccm_core.auth.token_endpoint import TokenEndpoint
from ccm_core.auth.token_refresh import TokenRefresher, refresh_function
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.model.json_codec import decode
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret


def clock() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def say(number: int) -> None:
    """Tell a number to the test."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


async def refresh_for_ever(keeper: TokenRefresher) -> None:
    """Treat each token as refused, so that each one is renewed."""
    token = await keeper.token()
    while True:
        token = await keeper.after_refusal(token)


def main() -> None:
    """Fork a refresher for each line of the standard input."""
    given = decode(sys.argv[1])
    endpoint = TokenEndpoint(
        provider=OAuthProvider(**given["provider"]),
        client=OAuthClient(
            client_id=given["client_id"], client_secret=Secret(os.environ["CLIENT_SECRET"])
        ),
        user_agent="ccm-test/1",
        clock=clock,
    )
    vault = Vault(Path(given["vault"]), KeySources(environment=os.environ, keyring=lambda: None))
    # What is imported late, and the key, are ready before the first fork.
    refresh_form(endpoint.client, Secret("none"))
    asyncio.run(endpoint.keys())
    with vault.lock("prod"):
        vault.read("prod")
    keeper = TokenRefresher(
        vault, "prod", refresh=refresh_function(endpoint, ["read"]), clock=clock
    )
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(refresh_for_ever(keeper))
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
