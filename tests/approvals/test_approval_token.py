"""ID tokens approve a waiver where its provider issued them to the approver for that entry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ccm_core.approvals.approval_token import public_key_set
from ccm_core.approvals.people import Authorities
from ccm_core.approvals.standing import approval_problem
from ccm_core.approvals.statement import approval_statement
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
from ccm_core.model.finding.policy import IdentityProvider, Person

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ISSUER, CLIENT = "https://login.example.com", "ccm-approvals"
WAIVER = Waiver(
    id="W-1",
    rules=("door_locked",),
    reason="The lock is being repaired",
    owner="mia",
    approver="otto",
    created=NOW - timedelta(days=1),
    expires=NOW + timedelta(days=90),
)
APPROVAL = Approval(by="otto", at=NOW, method=ApprovalMethod.OIDC, proof="")
PEOPLE = {
    "mia": Person(id="mia", oidc=((ISSUER, "subject-mia"),)),
    "otto": Person(id="otto", oidc=((ISSUER, "subject-otto"),)),
}
KEYS = {
    "RS256": RSAKey.generate_key(2048, {"kid": "RS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ES256"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "Ed25519"}),
}
STRANGER = RSAKey.generate_key(2048, {"kid": "RS256"})
JWKS = json.dumps({"keys": [key.as_dict(private=False) | {"use": "sig"} for key in KEYS.values()]})
PROVIDER = IdentityProvider(issuer=ISSUER, audience=CLIENT, keys=public_key_set(JWKS.encode()))
AUTHORITIES = Authorities(people=PEOPLE, providers={ISSUER: PROVIDER})


def token(algorithm="RS256", key=None, header=(), **changes):
    """Issue an ID token that approves the waiver, or one with other claims."""
    claims = {
        "iss": ISSUER,
        "sub": "subject-otto",
        "aud": CLIENT,
        "nonce": digest(approval_statement(WAIVER, APPROVAL)),
        "iat": int(NOW.timestamp()) + 60,
        "exp": int(NOW.timestamp()) + 3660,
    } | changes
    protected = {"alg": algorithm, "kid": algorithm} | dict(header)
    left = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(protected, left, key or KEYS[algorithm], algorithms=[algorithm])


def problem(proof, waiver=WAIVER, authorities=AUTHORITIES, **changes):
    """Return why a waiver with that token does not count, a year later."""
    approval = replace(APPROVAL, proof=proof, **changes)
    return approval_problem(
        authorities.of(replace(waiver, approval=approval)), NOW + timedelta(days=365)
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_the_provider_issued_for_the_entry_counts(algorithm):
    """Also long after the token has expired: it proves what somebody did then."""
    assert problem(token(algorithm)) is None
    assert problem(token(algorithm, aud=[CLIENT]) + "\n") is None


@pytest.mark.attack(
    "Settings",
    "The approval of a risk acceptance is an ID token of somebody else, of another client or "
    "issuer, for another entry, unsigned, or signed with the public key as a secret",
    "It does not count, and the report says which part of the token is wrong",
)
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda: token(sub="subject-mia"), "its subject is", id="of-its-owner"),
        pytest.param(lambda: token(sub=None), "its subject is None", id="of-nobody"),
        pytest.param(lambda: token(iss="https://evil.example"), "its issuer is", id="issuer"),
        pytest.param(lambda: token(iss=f"{ISSUER}/"), "its issuer is", id="issuer-almost"),
        pytest.param(lambda: token(aud="shop"), "its audience is", id="audience"),
        pytest.param(lambda: token(aud=[CLIENT, "shop"]), "its audience is", id="two-audiences"),
        pytest.param(lambda: token(nonce="sha256:0"), "its nonce is not", id="another-entry"),
        pytest.param(lambda: token(nonce=None), "its nonce is not", id="no-nonce"),
        pytest.param(lambda: token(iat=None), "not issued on the day", id="no-moment"),
        pytest.param(lambda: token(iat="now"), "not issued on the day", id="odd-moment"),
        pytest.param(lambda: token(iat=1), "not issued on the day", id="long-ago"),
        pytest.param(lambda: token(key=STRANGER), "not signed by", id="another-key"),
        pytest.param(
            lambda: token(header={"kid": "no"}), "it names the key 'no'", id="unknown-key"
        ),
        pytest.param(lambda: token(header={"typ": "at+jwt"}), "of type 'at+jwt'", id="access"),
        pytest.param(lambda: token()[:-9], "not signed by", id="truncated"),
        pytest.param(lambda: token() + "." + token(), "no ID token", id="two"),
        pytest.param(lambda: "", "no ID token", id="empty"),
        pytest.param(lambda: "a.b.c", "not signed by", id="garbage"),
        pytest.param(lambda: "é.b.c", "no ID token", id="not-ascii"),
        pytest.param(lambda: "a" * 20_000 + ".b.c", "no ID token", id="huge"),
        pytest.param(
            lambda: "eyJhbGciOiJub25lIiwia2lkIjoiUlMyNTYifQ." + token().split(".")[1] + ".",
            "not signed by",
            id="unsigned",
        ),
        pytest.param(
            lambda: jwt.encode(
                {"alg": "HS256", "kid": "RS256"},
                {"iss": ISSUER},
                OctKey.import_key(JWKS.encode()),
                algorithms=["HS256"],
            ),
            "not signed by",
            id="public-key-as-secret",
        ),
    ],
)
def test_a_forged_token_does_not_count(make, expected):
    """In words, without a traceback, and without the token."""
    text = problem(make())

    assert text.startswith("its ID token does not prove that otto approved it: ")
    assert expected in text
    assert token().split(".")[2] not in text


def test_a_waiver_that_was_changed_after_a_token_does_not_count():
    """The nonce is the digest of the whole entry, and of who approved when."""
    changed = replace(WAIVER, reason="The lock was replaced")

    assert "its nonce is not" in problem(token(), changed)
    assert "its nonce is not" in problem(token(), at=NOW + timedelta(minutes=1))


def test_a_subject_that_was_taken_away_proves_nothing():
    """Neither the person's subject nor the provider is in the settings any more."""
    without = PEOPLE | {"otto": Person(id="otto")}

    for authorities in (
        replace(AUTHORITIES, people=without),
        replace(AUTHORITIES, providers={}),
    ):
        assert "no OIDC subject" in problem(token(), authorities=authorities)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "JSON Web Key Set", id="empty"),
        pytest.param("[]", "JSON Web Key Set", id="a-list"),
        pytest.param('{"keys": []}', "at least one key", id="no-key"),
        pytest.param('{"keys": ["x"]}', "at least one key", id="no-mapping"),
        pytest.param('{"keys": [{"kty": "oct", "k": "eA"}]}', "type 'oct'", id="a-secret"),
        pytest.param('{"keys": [{"kty": "RSA"}]}', "cannot be read", id="half-a-key"),
        pytest.param('{"keys": [{"kty": "RSA", "use": "enc"}]}', "for signatures", id="to-encrypt"),
        pytest.param(
            json.dumps({"keys": [KEYS["RS256"].as_dict(private=True)]}), "private key", id="private"
        ),
        pytest.param(
            json.dumps({"keys": [{"kty": "RSA", "n": "x" * 171, "e": "AQAB"}]}),
            "1026 bits",
            id="weak",
        ),
    ],
)
def test_what_is_no_public_key_set_is_refused(text, expected):
    """Secrets, weak keys and other documents."""
    with pytest.raises(ValueError, match=expected):
        public_key_set(text.encode())


def test_of_a_key_set_the_public_keys_alone_are_kept():
    """Certificates and fields of others are left out of what each evaluation keeps."""
    key = KEYS["RS256"].as_dict(private=False) | {"x5c": ["MII"], "use": "sig"}

    (kept,) = json_codec.decode(public_key_set(json.dumps({"keys": [key]}).encode()))["keys"]

    assert sorted(kept) == ["e", "kid", "kty", "n"]
