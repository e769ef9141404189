"""What authorizes a connection's requests: its key, or tokens that are refreshed in the vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ccm_core.errors import AuthenticationFailed, ReauthorizationRequired, SecretError
from ccm_core.sdk.authorization import BEARER, Authorization, TokenProvider
from ccm_core.sdk.oauth import CLIENT_ID, CLIENT_SECRET, Flow

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.pipeline.context import Connection, Host
    from ccm_core.sdk.oauth import OAuthGrant
    from ccm_core.sdk.secret import Secret


def authorization(host: Host, connection: Connection) -> Authorization | None:
    """Return what authorizes a connection's requests; None where its connector does it itself."""
    method = connection.method
    if connection.tokens is not None:
        return Authorization(connection.tokens, prefix=BEARER, name=connection.name)
    if method.oauth is not None:
        tokens = _tokens(host, connection, method.oauth)
        return Authorization(tokens, prefix=BEARER, name=connection.name)
    if method.prefix is not None:
        key = _StoredKey(connection, method.secrets[0])
        return Authorization(key, prefix=method.prefix, name=key.first.fingerprint())
    return None


async def renew_tokens(host: Host, connection: Connection) -> None:
    """Renew a connection's tokens now, with the client's credentials as they are given.

    Raises:
        SourceError: The identity server refused them; the tokens stay as they were.
    """
    authorized = authorization(host, connection)
    if authorized is None:
        raise AssertionError("only tokens are renewed")
    await authorized.after_refusal(await authorized.token())


def token_endpoint(host: Host, connection: Connection, grant: OAuthGrant) -> TokenEndpoint:
    """Return the token endpoint of a connection, with its OAuth client."""
    from ccm_core.auth.oauth_messages import OAuthClient
    from ccm_core.auth.token_endpoint import TokenEndpoint

    secrets: Mapping[str, Secret] = connection.secrets
    return TokenEndpoint(
        provider=grant.provider(connection.settings),
        client=OAuthClient(
            client_id=secrets[CLIENT_ID].reveal(), client_secret=secrets.get(CLIENT_SECRET)
        ),
        user_agent=host.user_agent,
        clock=host.clock,
    )


def _tokens(host: Host, connection: Connection, grant: OAuthGrant) -> TokenProvider:
    from ccm_core.auth.client_credentials import ClientCredentialsTokens
    from ccm_core.auth.token_refresh import TokenRefresher, refresh_function

    scopes = grant.scopes(connection.settings, connection.auth)
    endpoint = token_endpoint(host, connection, grant)
    if grant.flow is Flow.APP:
        return ClientCredentialsTokens(endpoint, scopes, clock=host.clock)
    if connection.vault is None:
        raise AssertionError("a connection whose tokens rotate is opened with its vault")
    keeper = TokenRefresher(
        connection.vault,
        connection.name,
        refresh=refresh_function(endpoint, scopes),
        clock=host.clock,
    )
    return _RefreshedTokens(keeper, connection)


class _StoredKey:
    """A key that stays the same until a person replaces it where it is stored."""

    scopes = None

    def __init__(self, connection: Connection, field: str) -> None:
        self._connection, self._field = connection, field
        self.first = self._now = connection.secrets[field]

    async def token(self) -> Secret:
        return self._now

    async def after_refusal(self, refused: Secret) -> Secret | None:
        if self._now != refused:
            return self._now
        if self._connection.reread_secret is None:
            return None
        with suppress(SecretError):
            self._now = self._connection.reread_secret(self._field)
        return None if self._now == refused else self._now


class _RefreshedTokens:
    """Refreshed tokens, with the next step where a person has to act.

    A vault that fails in the middle of a run ends it as a refused credential does: it is sealed.
    """

    def __init__(self, keeper: TokenProvider, connection: Connection) -> None:
        self._keeper, self._connection = keeper, connection

    @property
    def scopes(self) -> tuple[str, ...] | None:
        return self._keeper.scopes

    async def token(self) -> Secret:
        with self._with_next_step():
            return await self._keeper.token()

    async def after_refusal(self, refused: Secret) -> Secret | None:
        with self._with_next_step():
            return await self._keeper.after_refusal(refused)

    @contextmanager
    def _with_next_step(self) -> Iterator[None]:
        try:
            yield
        except SecretError as cause:
            raise AuthenticationFailed(str(cause)) from cause
        except ReauthorizationRequired as cause:
            name, connector = self._connection.name, self._connection.connector.name
            step = f"run `ccm connect {connector} --name {name} --replace`"
            raise ReauthorizationRequired(f"{cause}; {step}") from cause
