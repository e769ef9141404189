"""A source is connected: asked for in plain words, tested, and only then saved."""

from __future__ import annotations

import re
import socket
import sys
from collections import deque
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from ccm_pagerduty.simulator import AppKind
from ccm_pagerduty.simulator.answers import Answer
from ccm_pagerduty.simulator.scopes import REQUIRED

from ccm_core.auth.sealing import KeySources
from ccm_core.auth.vault import Vault
from ccm_core.config.secrets import checked_secret

VAULT_KEY = "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="
LINK = re.compile(r"^  (http://\S+/oauth/authorize\S+)$", re.MULTILINE)
TIDY = """\
# Ours. Keep it tidy!
version: 1
connections:   # what is read
  # the first one
  - name: other      # of somebody else
    connector: pagerduty
    auth: {method: api_key, key: "env:OTHER"}

# what judges
rules: {packs: [pagerduty-incident-readiness]}
"""


class Typed:
    """Standard input out of a pipe: each answer is a text, or made of what was said so far."""

    def __init__(self, said, answers) -> None:
        self._said, self._answers = said, list(answers)

    def isatty(self) -> bool:
        """Say that nobody sits there."""
        return False

    def readline(self) -> str:
        """Give the next answer, or nothing when there are no more."""
        if not self._answers:
            return ""
        answer = self._answers.pop(0)
        return f"{answer(self._said()) if callable(answer) else answer}\n"


def browsed(said: str) -> str:
    """Open the link as a browser does; give the address that it is sent to."""
    with httpx.Client(trust_env=False) as http:
        return http.get(LINK.findall(said)[-1]).headers["location"]


@pytest.fixture(autouse=True)
def vault_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal vaults with a key of the environment: these tests touch no keyring."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)


@pytest.fixture
def connect(ccm, simulator, monkeypatch, capfd):
    """Run ``ccm connect pagerduty`` and type these answers."""

    def run(*options, answers=()):
        def said() -> str:
            return capfd.readouterr().err

        monkeypatch.setattr(sys, "stdin", Typed(said, answers))
        return ccm("connect", "pagerduty", f"--set=base_url={simulator.base_url}", *options)

    return run


@pytest.fixture
def by_oauth(connect, identity):
    """Connect with OAuth 2.0 and paste what ``address`` makes of the link."""

    def run(app, *options, secret=None, address=browsed):
        return connect(
            "--oauth",
            "--paste",
            f"--set=identity_url={identity.base_url}",
            *options,
            answers=[app.client_id, secret or app.client_secret, address],
        )

    return run


def vault_of(folder) -> Vault:
    """Open the folder's vault."""
    key = {"CCM_VAULT_KEY": VAULT_KEY}
    return Vault(folder / "ccm.vault", KeySources(environment=key, keyring=lambda: None))


def saved(folder) -> dict[str, bytes]:
    """Give what the folder holds, locks left out."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.suffix != ".lock"}


# -- with a key -------------------------------------------------------------------------------


def test_a_key_is_connected_from_an_empty_folder(connect, ccm, simulator, folder):
    """The settings refer to the vault, the vault has the key, and the connection works."""
    ran = connect("--api-key", answers=[simulator.api_key])
    assert ran.code == 0
    assert "saved pagerduty in ccm.yaml, its secrets in ccm.vault; next: ccm run" in ran.err
    assert 'key: "vault:pagerduty"' in (folder / "ccm.yaml").read_text()
    entry = vault_of(folder).read("pagerduty")
    assert entry.secrets["key"].reveal() == simulator.api_key
    assert datetime.now(UTC) - entry.entered_at < timedelta(minutes=1)
    assert all(simulator.api_key.encode() not in held for held in saved(folder).values())
    assert ccm("check").code == 0
    assert ccm("run").code in {0, 1}


def test_a_key_that_is_refused_is_not_saved(connect, folder):
    """Tested first; the person who wants it all the same says so."""
    ran = connect("--api-key", answers=["wrong-key-0815"])
    assert ran.code == 4
    assert ran.err.count("401") == 1
    assert "nothing was saved; --save-anyway saves it all the same" in ran.err
    assert saved(folder) == {}
    assert connect("--api-key", "--save-anyway", answers=["wrong-key-0815"]).code == 0
    assert set(saved(folder)) == {"ccm.yaml", "ccm.vault"}


def test_a_connection_is_added_to_what_people_wrote(connect, simulator, folder):
    """Comments and form stay, to the byte."""
    (folder / "ccm.yaml").write_text(TIDY)
    (folder / "ccm.yaml").chmod(0o640)
    assert connect("--api-key", answers=[simulator.api_key]).code == 0
    text = (folder / "ccm.yaml").read_text()
    added = text[text.index("  - name: pagerduty") : text.index("\n# what judges")]
    assert text.replace(added, "") == TIDY
    assert (folder / "ccm.yaml").stat().st_mode & 0o777 == 0o640


def test_connecting_again_changes_nothing(connect, simulator, folder):
    """The connection that is there is tested, and whoever wants another is told how."""
    connect("--api-key", answers=[simulator.api_key])
    before = saved(folder)
    ran = connect("--api-key", answers=["never-asked"])
    assert (ran.code, "pagerduty is connected already" in ran.err) == (0, True)
    assert "It works" in ran.err
    simulator.steering.keys.clear()
    assert connect("--api-key").code == 4
    assert saved(folder) == before


def test_replacing_keeps_the_old_one_until_the_new_one_is_tested(connect, simulator, folder):
    """And what a person wrote beside the way to authenticate."""
    connect("--api-key", "--save-anyway", answers=["wrong-key-0815"])
    path = folder / "ccm.yaml"
    path.write_text(path.read_text().replace("region: us}", "region: us}  # ours"))
    before = saved(folder)
    assert connect("--api-key", "--replace", answers=["wrong-key-4711"]).code == 4
    assert saved(folder) == before
    assert connect("--api-key", "--replace", answers=[simulator.api_key]).code == 0
    assert "# ours" in path.read_text()
    assert vault_of(folder).read("pagerduty").secrets["key"].reveal() == simulator.api_key


def test_a_key_can_stay_where_it_is(connect, simulator, folder, monkeypatch):
    """The settings refer to it there; there is no vault."""
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    assert connect("--api-key", "--secret", "key=env:PD_KEY").code == 0
    assert '"env:PD_KEY"' in (folder / "ccm.yaml").read_text()
    assert set(saved(folder)) == {"ccm.yaml"}


@pytest.mark.parametrize(
    ("options", "answers", "said"),
    [
        pytest.param([], [], "--oauth or --oauth-app or --api-key", id="no way is named"),
        pytest.param(["--api-key"], [], "Key is expected on standard input", id="nothing typed"),
        pytest.param(["--api-key"], [""], "Key: it is empty", id="an empty key"),
        pytest.param(["--api-key"], ["a b\tc-0815"], "cannot be printed", id="an odd key"),
        pytest.param(
            ["--api-key", "--secret", "key=u+abcdef-0815"], [], "where it is kept", id="in clear"
        ),
        pytest.param(["--api-key", "--secret", "u+abcdef-0815"], [], "equals sign", id="no pair"),
        pytest.param(["--api-key", "--secret", "x=env:X"], [], "it has: key", id="no such secret"),
        pytest.param(["--api-key", "--set", "regio=eu"], [], '"region"', id="no such setting"),
        pytest.param(["--api-key", "--set", "region=mars"], [], '"us"', id="no such region"),
        pytest.param(["--api-key", "--name", "a b"], [], "such as acme-prod", id="no name"),
        pytest.param(["--api-key", "--secret", "key=env:NONE"], [], "NONE", id="not set"),
    ],
)
def test_what_cannot_be_used_is_told(connect, folder, simulator, options, answers, said):
    """Before anything is asked of the source, and without what was typed."""
    ran = connect(*options, answers=answers)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert "0815" not in ran.err
    assert simulator.steering.requests == []
    assert saved(folder) == {}


def test_a_connector_that_is_not_installed_is_told(ccm):
    """With those that are."""
    ran = ccm("connect", "opsgenie", "--api-key")
    assert (ran.code, "there are: pagerduty" in ran.err) == (2, True)


def test_a_file_that_changed_in_the_meantime_is_not_replaced(connect, simulator, folder):
    """Nor is its vault's entry."""
    (folder / "ccm.yaml").write_text(TIDY)

    def meanwhile(_said) -> str:
        (folder / "ccm.yaml").write_text(TIDY + "# and more\n")
        return simulator.api_key

    ran = connect("--api-key", answers=[meanwhile])
    assert (ran.code, "was changed in the meantime" in ran.err) == (2, True)
    assert (folder / "ccm.yaml").read_text() == TIDY + "# and more\n"
    assert vault_of(folder).names() == ()


def test_a_file_that_cannot_be_changed_alone_is_left_to_its_author(connect, simulator, folder):
    """The lines to add are shown."""
    text = TIDY.replace("connections:   # what is read", "x: &x []\nconnections: *x\ny:")
    (folder / "ccm.yaml").write_text(text)
    ran = connect("--api-key", answers=[simulator.api_key])
    assert ran.code == 2
    assert "do it by hand: add under connections:" in ran.err
    assert (folder / "ccm.yaml").read_text() == text


# -- with OAuth 2.0 ---------------------------------------------------------------------------


def test_a_person_agrees_and_pastes_the_address(by_oauth, identity, ccm, folder):
    """The region comes from the ID token, the tokens are in the vault, and the connection works."""
    identity.identity.region, identity.identity.api_base_url = "eu", "https://api.eu.pagerduty.com"
    ran = by_oauth(identity.identity.register())
    assert ran.code == 0, ran.err
    assert "account: northwind-freight  region eu" in ran.err
    text = (folder / "ccm.yaml").read_text()
    assert "region: eu" in text
    assert "method: oauth, app: classic" in text
    entry = vault_of(folder).read("pagerduty")
    assert set(entry.secrets) == {"client_id", "client_secret", "access_token", "refresh_token"}
    assert entry.scopes == ("openid", "read")
    for secret in entry.secrets.values():
        assert all(secret.reveal().encode() not in held for held in saved(folder).values())
    assert ccm("check").code == 0


def test_a_scoped_app_asks_for_the_scopes_that_the_kinds_need(by_oauth, identity, simulator, ccm):
    """And for no others; every endpoint that is read lets it in."""
    app = identity.identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    ran = by_oauth(app, "--set", "app=scoped")
    assert ran.code == 0, ran.err
    (credential,) = simulator.steering.bearers.values()
    assert credential.scopes == {"openid", *REQUIRED.values()} - {"priorities.read"}
    manifest = ccm("collect", "--json").json[0]
    assert {one["outcome"] for one in manifest["collections"]} == {"complete"}
    assert manifest["credential"]["kind"] == "oauth_user_token"
    assert set(manifest["credential"]["scopes"]) == credential.scopes


def test_an_app_without_a_secret_is_protected_by_pkce_alone(by_oauth, identity, folder):
    """An empty answer says that it has none."""
    app = identity.identity.register(public=True)
    ran = by_oauth(app, secret=" ")
    assert ran.code == 0, ran.err
    assert "client_secret" not in (folder / "ccm.yaml").read_text()


def test_an_app_asks_for_itself(connect, identity, ccm, folder):
    """With the account's name in its scope; its tokens are kept nowhere."""
    app = identity.identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    ran = connect(
        "--oauth-app",
        f"--set=identity_url={identity.base_url}",
        "--set=subdomain=northwind-freight",
        answers=[app.client_id, app.client_secret],
    )
    assert ran.code == 0, ran.err
    assert set(vault_of(folder).read("pagerduty").secrets) == {"client_id", "client_secret"}
    assert ccm("collect", "--json").json[0]["credential"]["kind"] == "oauth_app_token"


def wrong_state(said: str) -> str:
    """Come back with the state of another attempt."""
    return re.sub("state=[^&]*", "state=another", browsed(said))


def test_a_mistake_on_the_way_is_told_and_keeps_nothing(by_oauth, identity, simulator, folder):
    """Whatever the identity server or the browser says: no secret in it, nothing written."""
    known, steering = identity.identity, simulator.steering
    app = known.register()

    def late(said: str) -> str:
        address = browsed(said)
        steering.now = lambda: datetime.now(UTC) + timedelta(seconds=31)
        return address

    def fails(answer: Answer):
        def address(said: str) -> str:
            known.failures = deque([answer])
            return browsed(said)

        return address

    def ahead(said: str) -> str:
        steering.now = lambda: datetime.now(UTC) + timedelta(minutes=10)
        return browsed(said)

    def refused(said: str) -> str:
        known.consents = False
        return browsed(said)

    page = Answer(body=b"<html>proxy</html>", content_type="text/html")
    cases = {
        "wrong secret": ({"secret": "pdeas-wrong"}, 4, "check the client id and the client secret"),
        "expired code": ({"address": late}, 4, "it lives for seconds and works once"),
        "another state": ({"address": wrong_state}, 2, "belongs to another attempt"),
        "no agreement": ({"address": refused}, 2, "did not agree"),
        "another address": ({"address": "https://example.com"}, 2, "begins with http://127.0.0.1"),
        "html": ({"address": fails(page)}, 4, "not JSON"),
        "500": ({"address": fails(Answer(status=500))}, 4, "the identity server failed"),
        "a clock behind": ({"address": ahead}, 2, "10 minutes behind the identity server's"),
    }
    for case, (given, code, words) in cases.items():
        known.consents, steering.now = True, lambda: datetime.now(UTC)
        ran = by_oauth(app, **given)
        assert (case, ran.code, words in ran.err) == (case, code, True), ran.err
        secrets = [app.client_secret, "pdeas-wrong", *steering.bearers, *known.refreshes]
        assert [one for one in secrets if one in ran.out + ran.err] == []
        assert saved(folder) == {}


def test_less_than_was_asked_is_told_right_away(by_oauth, identity, folder):
    """A wrong scope is no error for the server: it grants openid, which opens nothing."""
    ran = by_oauth(identity.identity.register("write"))
    assert ran.code == 4
    assert "insufficient scope: granted was 'openid', and not 'read'" in ran.err
    assert saved(folder) == {}


def test_a_port_that_is_taken_is_told(connect, identity, folder):
    """With the ways out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = connect("--oauth", "--port", port, answers=["id", "secret"])
    assert (ran.code, f"port {port} of 127.0.0.1 is taken" in ran.err) == (2, True)
    assert "paste the address instead" in ran.err
    assert saved(folder) == {}


def test_a_grant_that_is_revoked_ends_the_run_and_says_how_to_go_on(
    by_oauth, identity, simulator, ccm
):
    """What was kept by then is kept and sealed; connecting anew mends it."""
    known, steering = identity.identity, simulator.steering
    app = known.register()
    by_oauth(app)
    begun = len(steering.requests)

    def revoke(_asked) -> None:
        if len(steering.requests) == begun + 6:
            known.revoke_all()
            steering.bearers.clear()

    steering.before = revoke
    ran = ccm("collect", "--json")
    (manifest,) = ran.json
    assert (ran.code, manifest["shortfalls"][0]["reason"]) == (4, "denied")
    assert "must be connected again: its grant was revoked" in manifest["shortfalls"][0]["detail"]
    assert "complete" in {one["outcome"] for one in manifest["collections"]}
    steering.before = None
    checked = ccm("check")
    assert (checked.code, "must be connected again" in checked.out) == (4, True)
    assert by_oauth(app, "--replace").code == 0
    assert ccm("collect", "--all").code == 0


# -- the vault --------------------------------------------------------------------------------


def test_a_vault_of_another_key_is_told_before_anything_is_asked(
    connect, simulator, folder, monkeypatch
):
    """And it is left as it is."""
    connect("--api-key", answers=[simulator.api_key])
    before = saved(folder)
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY[::-1].replace("=", "A")[:43] + "=")
    ran = connect("--api-key", "--name", "second", answers=[])
    assert ran.code == 2
    assert "sealed with another key" in ran.err
    assert saved(folder) == before


def test_a_machine_without_a_keyring_and_a_key_is_told_what_to_set(connect, folder, monkeypatch):
    """Before a secret is asked for."""
    monkeypatch.delenv("CCM_VAULT_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    ran = connect("--api-key", answers=[])
    assert (ran.code, "set CCM_VAULT_KEY" in ran.err) == (2, True), ran.err
    assert saved(folder) == {}


def test_a_secret_that_was_typed_is_checked_like_one_that_is_kept():
    """The same rules, the same words."""
    assert checked_secret("Key", "u+x\n").reveal() == "u+x"
