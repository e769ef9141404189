"""What every test of the host stands on: surroundings that say nothing."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A busy machine is no failure, and what runs on every change must say the same of the same code.
settings.register_profile("ccm", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ccm")

SAYS_SOMETHING = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc", "ssl_cert_file")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away whatever the machine says about proxies and about ccm itself."""
    for name in os.environ:
        if name.lower() in SAYS_SOMETHING or name.startswith("CCM_"):
            monkeypatch.delenv(name)
