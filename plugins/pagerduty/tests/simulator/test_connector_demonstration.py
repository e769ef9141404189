"""The demonstration that the connector offers."""

from __future__ import annotations

import httpx  # noqa: TID253 - the test reads over HTTP
from pagerduty_simulator.connector_demonstration import demonstration


def test_the_demonstration_serves_the_default_account():
    """With the connection, settings and key that a connector needs."""
    with demonstration().open() as source:
        assert source.connection == "pagerduty-demo"
        assert source.auth_method == "api_key"
        assert (source.settings["lookback"], source.settings["lookahead"]) == ("30d", "14d")
        key = source.secrets["key"].reveal()
        response = httpx.get(
            f"{source.settings['base_url']}/services?total=true",
            headers={"Authorization": f"Token token={key}"},
            trust_env=False,
        )
    assert response.json()["total"] == 60
