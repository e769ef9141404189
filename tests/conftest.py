"""What every test of the host stands on: surroundings that say nothing."""

from __future__ import annotations

import os

import pytest

SAYS_SOMETHING = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc", "ssl_cert_file")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away whatever the machine says about proxies and about ccm itself."""
    for name in os.environ:
        if name.lower() in SAYS_SOMETHING or name.startswith("CCM_"):
            monkeypatch.delenv(name)
