"""``ccm exceptions``: those of a period, and management's responses with their signatures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.approvals.ssh_key_pairs import SSH_KEYGEN

PERIOD = str(datetime.now(UTC).year)
SPACE = "ccm-response@ccm-core"
PEOPLE = """
people:
  - {{id: mia, name: Mia Berg, ssh_keys: ["{mia}"]}}
  - {{id: otto, name: Otto Ruf, role: CISO, ssh_keys: ["{otto}"]}}
  - {{id: eva, name: Eva Lind}}
"""


@pytest.fixture
def exceptions(ccm, finished_run, folder, monkeypatch, make_key):
    """Stand in a folder after a run, with people in the settings; return the exceptions."""
    shutil.copytree(finished_run[0], folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    settings = folder / "ccm.yaml"
    keys = {name: make_key(name).public for name in ("mia", "otto")}
    settings.write_text(settings.read_text() + PEOPLE.format(**keys))
    return ccm("exceptions", "list", "--period", PERIOD, "--output", "json").json["exceptions"]


@pytest.fixture
def respond(ccm, make_key):
    """Respond to an exception, as Otto with his key where nothing else is stated."""

    def run(name, text="Fixed in March.", *options, by="otto", key="otto"):
        signing = ["--key", str(make_key(key).path)] if key else []
        said = [] if text is None else ["--response", text]
        return ccm(
            *("exceptions", "respond", name, "--period", PERIOD, "--as", by),
            *said,
            *signing,
            *options,
        )

    return run


def shown(ccm, name):
    """Return an exception with its responses."""
    return ccm("exceptions", "show", name, "--period", PERIOD, "--output", "json").json


def test_each_exception_is_listed_once_with_its_controls(ccm, exceptions):
    """However many controls its test supports; a control selects those of its tests."""
    names = [one["id"] for one in exceptions]
    assert len(names) == len(set(names)) > 1
    some = next(one for one in exceptions if len(one["controls"]) > 1)
    control = some["controls"][0]
    options = ("--control", control, "--output", "json")
    selected = ccm("exceptions", "list", "--period", PERIOD, *options).json["exceptions"]
    assert [one["id"] for one in exceptions if control in one["controls"]] == [
        one["id"] for one in selected
    ]
    text = ccm("exceptions", "list", "--period", PERIOD)
    assert f"{some['id']}  no response  {some['rule']}\n" in text.out
    assert f"{len(names)} exceptions in {PERIOD}: 0 with a response" in text.err


def test_a_signed_response_stands_beside_its_exception(ccm, exceptions, respond):
    """Text, author, role and whether the signature is valid; the beginning of the id is enough."""
    name = exceptions[0]["id"]
    done = respond(name[:8])

    assert done.code == 0, done.err
    response = shown(ccm, name)["response"]
    assert (response["text"], response["by"], response["role"]) == (
        "Fixed in March.",
        "otto",
        "CISO",
    )
    assert response["signature"]["state"] == "valid"
    text = ccm("exceptions", "show", name, "--period", PERIOD).out
    assert "Otto Ruf (CISO, otto)" in text
    assert "signature valid, key SHA256:" in text
    unanswered = ccm("exceptions", "list", "--period", PERIOD, "--unanswered")
    assert name not in unanswered.out


def test_a_later_response_supersedes_and_keeps_the_earlier(ccm, exceptions, respond):
    """An unsigned one is shown as such."""
    name = exceptions[0]["id"]
    assert respond(name, "Not agreed.", "--unsigned", by="eva", key=None).code == 0
    assert shown(ccm, name)["response"]["signature"]["state"] == "unsigned"
    assert ", not signed" in ccm("exceptions", "show", name, "--period", PERIOD).out
    assert respond(name).code == 0

    exception = shown(ccm, name)
    assert exception["response"]["text"] == "Fixed in March."
    assert [one["text"] for one in exception["superseded_responses"]] == ["Not agreed."]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"by": "nobody"}, 'unknown person "nobody"', id="nobody"),
        pytest.param({"text": " - "}, "expected what management answers", id="empty"),
        pytest.param({"text": None}, "expected --response TEXT", id="no-text"),
        pytest.param({"key": "mia"}, "which is not one of otto", id="a-key-of-somebody-else"),
        pytest.param({"by": "eva"}, "eva has neither ssh_keys nor oidc", id="no-keys"),
        pytest.param({"key": None}, "name the private key with --key", id="no-agent"),
        pytest.param({"name": "EX-0000000000"}, "exception", id="no-such-exception"),
    ],
)
def test_a_response_that_does_not_count_is_not_stored(ccm, exceptions, respond, changes, expected):
    """Whatever is wrong with it."""
    name = exceptions[0]["id"]
    refused = respond(**{"name": name} | changes)

    assert refused.code == 2
    assert expected in refused.err
    assert shown(ccm, name)["response"] is None


def test_a_response_is_signed_on_another_machine(ccm, exceptions, respond, folder, make_key):
    """What was printed is about one exception, in one period, as the next response to it."""
    name, other = exceptions[0]["id"], exceptions[1]["id"]
    printed = respond(name, "Printed.", "--print", key=None)
    (folder / "r.json").write_text(printed.out)
    (folder / "r.json.sig").write_text(make_key("otto").sign(printed.out.encode(), SPACE))

    elsewhere = respond(other, None, "--signature", "r.json.sig", key=None)
    assert f"exception: expected {other}, got {name}" in elsewhere.err
    done = respond(name, None, "--signature", "r.json.sig", key=None)
    assert done.code == 0, done.err
    assert shown(ccm, name)["response"]["text"] == "Printed."
    again = respond(name, None, "--signature", "r.json.sig", key=None)
    assert (again.code, "number: expected 2, got 1" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("change", "space", "expected"),
    [
        pytest.param(("Printed", "Forged"), SPACE, "does not fit it", id="another-text"),
        pytest.param(("", ""), "ccm-approval@ccm-core", "it was made for", id="an-approval"),
        pytest.param(
            ('"number":1', '"number":7'), SPACE, "number: expected 1, got 7", id="another-number"
        ),
        pytest.param(("{", "["), SPACE, "it is not what --print writes", id="garbage"),
    ],
)
def test_a_signature_that_does_not_fit_is_refused(  # noqa: PLR0913, PLR0917 - fixtures
    ccm, exceptions, respond, folder, make_key, change, space, expected
):
    """Of another text, or made for something else than a response."""
    name = exceptions[0]["id"]
    printed = respond(name, "Printed.", "--print", key=None).out
    (folder / "r.json").write_text(printed.replace(*change))
    (folder / "r.json.sig").write_text(make_key("otto").sign(printed.encode(), space))

    refused = respond(name, None, "--signature", "r.json.sig", key=None)

    assert refused.code == 2
    assert expected in refused.err
    assert shown(ccm, name)["response"] is None


def test_an_id_token_of_the_author_signs_a_response(ccm, exceptions, respond, folder):
    """Its nonce is the digest of what was printed; a token of somebody else proves nothing."""
    key = ECKey.generate_key("P-256", {"kid": "1"})
    (folder / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    settings = folder / "ccm.yaml"
    issuer = "https://login.example"
    settings.write_text(
        settings.read_text().replace(
            "{id: eva, ", f"{{id: eva, oidc: [{{issuer: '{issuer}', subject: s-eva}}], "
        )
        + f"identity_providers:\n  - {{issuer: '{issuer}', audience: ccm, jwks: keys.json}}\n"
    )
    name = exceptions[0]["id"]
    printed = respond(name, "Agreed.", "--print", "--oidc", by="eva", key=None)
    (nonce,) = re.findall(r"nonce (sha256:\w+)", printed.err)
    (folder / "r.json").write_text(printed.out)
    claims = {"iss": issuer, "aud": "ccm", "nonce": nonce, "iat": int(time.time())}
    results = {}
    for subject in ("s-mia", "s-eva"):
        token = jwt.encode({"alg": "ES256", "kid": "1"}, claims | {"sub": subject}, key)
        (folder / "token").write_text(f"{token}\n")
        brought = ("--id-token", "token", "--statement", "r.json")
        results[subject] = respond(name, None, *brought, by="eva", key=None)

    assert "its subject is 's-mia'; expected 's-eva'" in results["s-mia"].err
    assert results["s-eva"].code == 0, results["s-eva"].err
    assert shown(ccm, name)["response"]["signature"]["state"] == "valid"
    text = ccm("exceptions", "show", name, "--period", PERIOD).out
    assert "signature valid, by ID token" in text
    assert token not in text


def test_of_two_responses_at_once_the_second_is_refused(exceptions, respond, folder, make_key):
    """Both were printed as the first one; whoever comes second reads the other one first."""
    name = exceptions[0]["id"]
    for author in ("otto", "mia"):
        printed = respond(name, f"By {author}.", "--print", by=author, key=None).out
        (folder / f"{author}.json").write_text(printed)
        (folder / f"{author}.json.sig").write_text(make_key(author).sign(printed.encode(), SPACE))

    first = respond(name, None, "--signature", "otto.json.sig", key=None)
    second = respond(name, None, "--signature", "mia.json.sig", by="mia", key=None)
    assert first.code == 0, first.err
    assert (second.code, "number: expected 2, got 1" in second.err) == (2, True)


def test_a_response_is_verified_without_ccm(ccm, exceptions, respond, folder):
    """The statement, its signature and the author's keys are written; ssh-keygen agrees."""
    name = exceptions[0]["id"]
    proof = ("exceptions", "proof", name, "--period", PERIOD, "--to", "proof")
    assert "has no response" in ccm(*proof).err
    assert respond(name, "Draft.", "--unsigned", by="mia", key=None).code == 0
    assert "by mia is not signed" in ccm(*proof).err
    assert respond(name).code == 0

    written = ccm(*proof)
    assert written.code == 0, written.err
    statement, signature, keys = written.out.split()
    assert json.loads((folder / statement).read_text())["response"] == "Fixed in March."
    arguments = ["-f", keys, "-I", "otto", "-n", SPACE, "-s", signature]
    verify = [str(SSH_KEYGEN), "-Y", "verify", *arguments]
    content = (folder / statement).read_bytes()
    assert subprocess.run(verify, input=content, check=False).returncode == 0  # noqa: S603 - fixed
    forged = content.replace(b"March", b"April")
    assert subprocess.run(verify, input=forged, check=False).returncode != 0  # noqa: S603 - fixed
    again = ccm(*proof)
    assert (again.code, "exists" in again.err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--unsigned", "--print"], id="unsigned-and-printed"),
        pytest.param(["--unsigned", "--agent"], id="unsigned-and-signed"),
        pytest.param(["--signature", "x"], id="a-text-beside-what-was-signed"),
    ],
)
def test_options_that_contradict_each_other_are_refused(exceptions, respond, options):
    """Before anything is read."""
    assert respond(exceptions[0]["id"], "Fixed.", *options, key=None).code == 2
