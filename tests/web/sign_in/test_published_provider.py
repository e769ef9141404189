"""Sign-in against a provider that nobody here wrote: npm's ``oidc-provider``, on loopback.

Skipped where it is not installed, but never in continuous integration.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import pytest
from web.sign_in.openid_provider import CLIENT_SECRET
from web.sign_in.test_signing_in import sessions

pytestmark = [pytest.mark.no_cover, pytest.mark.slow]

TESTS = Path(__file__).parents[2]
PACKAGE = TESTS / "node_modules" / "oidc-provider"
SCRIPT = Path(__file__).with_name("published_provider.mjs")
_ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ROLES = """\
    scopes: [profile, groups]
    roles: {viewer: [group-of-dana], admin: [group-of-alex]}"""


@pytest.fixture(scope="module")
def issuer():
    """The address of the provider."""
    node = shutil.which("node")
    if node is None or not PACKAGE.exists():
        if "CI" in os.environ:
            pytest.fail("oidc-provider is not installed: npm ci --prefix tests")
        pytest.skip("node or oidc-provider is not installed")
    process = subprocess.Popen(  # noqa: S603 - a fixed command
        [node, str(SCRIPT), str(TESTS / "package.json")],
        env={**os.environ, "CCM_SIGN_IN_SECRET": CLIENT_SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def agree(address: str, login: str | None) -> str:
    """Answer the forms of the provider as a person; return where the browser is sent back to.

    Args:
        address: Where the console sent it.
        login: Who signs in; None: they cancel.
    """
    with httpx.Client(trust_env=False) as browser:
        answer = browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if "/sign-in/callback" in target:
                    return target
                answer = browser.get(target)
            elif login is None:
                abort = re.search(r'href="([^"]+/abort)"', answer.text)[1]
                answer = browser.get(urljoin(str(answer.url), abort))
            else:
                fields = {**dict(_HIDDEN.findall(answer.text)), "login": login, "password": "x"}
                action = urljoin(str(answer.url), _ACTION.search(answer.text)[1])
                answer = browser.post(action, data=fields)
    raise AssertionError(answer.text)


@pytest.fixture
def team(console, issuer):
    """The console, whose team signs in there."""
    console.write(issuer, ROLES)
    return console


@pytest.mark.parametrize(("login", "activity"), [("dana", 403), ("alex", 200)])
def test_somebody_signs_in_with_the_role_of_their_group(team, issuer, login, activity):
    """A viewer reads, an administrator reads the activity log too."""
    browser = team.team_browser()
    answer = browser.come_back(agree(browser.leave(), login))
    assert answer.headers["location"] == "/"
    assert [(one.issuer, one.subject) for one in sessions(team)] == [(issuer, login)]
    assert f"Name of {login}" in browser.get("/settings").text
    assert browser.get("/activity").status_code == activity


def test_somebody_without_a_role_is_not_let_in(team):
    """The provider knows them; the settings do not."""
    browser = team.team_browser()
    answer = browser.come_back(agree(browser.leave(), "stranger"))
    assert answer.status_code == 403
    assert "Name of stranger" in answer.text
    assert sessions(team) == []


def test_somebody_who_cancels_is_not_let_in(team):
    """As the provider says it: access_denied."""
    browser = team.team_browser()
    answer = browser.come_back(agree(browser.leave(), None))
    assert answer.status_code == 403
    assert "denied" in answer.text
    assert sessions(team) == []


def test_a_code_is_used_once_and_with_the_verifier_of_its_own_sign_in(team):
    """The provider refuses a code that was asked for with another verifier."""
    first = dict(parse_qsl(urlsplit(agree(team.team_browser().leave(), "alex")).query))
    browser = team.team_browser()
    second = dict(parse_qsl(urlsplit(agree(browser.leave(), "dana")).query))
    query = urlencode({**second, "code": first["code"]})
    answer = browser.get(f"/sign-in/callback?{query}")
    assert answer.status_code == 403
    assert "invalid_grant" in answer.text or "not accepted" in answer.text
    assert sessions(team) == []


def test_a_wrong_client_secret_lets_nobody_in(team, monkeypatch):
    """The provider refuses the client."""
    browser = team.team_browser()
    address = agree(browser.leave(), "alex")
    monkeypatch.setenv("CCM_SIGN_IN_SECRET", "another secret")
    answer = browser.come_back(address)
    assert answer.status_code == 403
    assert "invalid_client" in answer.text
    assert sessions(team) == []
