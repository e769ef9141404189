"""Reading `web.sign_in`: whole, or with every mistake at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccm_core import schemas
from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError
from ccm_core.web.access.roles import Role

HEAD = "version: 1\nconnections: []\nweb:\n  sign_in:\n"
SHORTEST = """\
    issuer: https://login.example.com/
    client_id: ccm
    roles: {viewer: [everyone]}
"""


def read(text: str, rest: str = ""):
    """Read how people sign in."""
    draft = read_settings((HEAD + text + rest).encode(), "ccm.yaml", base=Path("/srv/ccm"))
    return validate(draft, {}, date(2026, 11, 23))


def mistakes(text: str, rest: str = "") -> list[str]:
    """Give what is wrong, without the file's name."""
    with pytest.raises(DocumentError) as caught:
        read(text, rest)
    return [line.removeprefix("ccm.yaml:") for line in str(caught.value).splitlines()]


def test_the_shortest_settings_are_a_public_client_that_reads_groups():
    """The issuer stays as it is written: ID tokens name it so."""
    settings = read(SHORTEST).web.sign_in
    assert settings.issuer == "https://login.example.com/"
    assert (settings.client_secret, settings.claim, settings.scopes) == (
        None,
        "groups",
        ("profile",),
    )
    assert settings.roles == {"viewer": ("everyone",)}
    assert settings.until == {}


def test_everything_can_be_set():
    """A secret by its reference, another claim, other scopes, and the last day of a value."""
    settings = read(
        SHORTEST.replace("[everyone]", "[everyone, firm]"),
        "    client_secret: vault:sign-in\n"
        "    claim: https://example.com/roles\n"
        "    scopes: [groups]\n"
        "    until: {firm: 2026-12-31}\n",
    ).web.sign_in
    assert settings.client_secret == SecretReference(scheme="vault", name="sign-in")
    assert (settings.claim, settings.scopes) == ("https://example.com/roles", ("groups",))
    assert settings.until == {"firm": date(2026, 12, 31)}


def test_without_the_section_nobody_signs_in_by_a_provider():
    """The one-time link alone counts."""
    draft = read_settings(b"version: 1\nconnections: []\n", "ccm.yaml", base=Path("/srv/ccm"))
    assert validate(draft, {}, date(2026, 11, 23)).web.sign_in is None


def test_the_settings_know_exactly_the_roles_of_the_console():
    """A role that could not be given would be none."""
    web = schemas.load("settings.v1")["properties"]["web"]["properties"]
    roles = web["sign_in"]["properties"]["roles"]["properties"]
    assert sorted(roles) == sorted(role.value for role in Role)


def test_people_may_be_known_by_the_issuer_of_sign_in():
    """It need not be one whose tokens approve acceptances."""
    people = (
        "people:\n  - {id: dana, name: Dana Petrov, oidc: [{issuer: 'https://login.example.com/',"
        " subject: s1}]}\n"
    )
    assert read(SHORTEST, people).people["dana"].oidc == (("https://login.example.com/", "s1"),)
    other = people.replace("login.example.com/", "login.example.com")
    assert mistakes(SHORTEST, other)[0].startswith("9:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHORTEST.replace("https://login", "http://login"), "5:13: issuer"),
        (SHORTEST.replace(".com/", ".com/?tenant=1"), "5:13: issuer"),
        (SHORTEST.replace("https://login.example.com/", "login.example.com"), "5:13:"),
        (SHORTEST.replace("[everyone]", "[]"), "7:21:"),
        (SHORTEST.replace("[everyone]", "everyone"), "7:21:"),
        (SHORTEST.replace("{viewer: [everyone]}", "{}"), "7:12:"),
        (SHORTEST.replace("viewer", "reader"), '7:13: unknown key "reader"'),
        (SHORTEST + "    client_secret: hunter2hunter2\n", "8:20:"),
        (SHORTEST + "    until: {everybody: 2026-12-31}\n", '8:24: unknown value "everybody"'),
        (SHORTEST + "    until: {everyone: soon}\n", "8:23:"),
        (SHORTEST + "    until: {everyone: 7}\n", "8:23:"),
        (SHORTEST + "    claim: ''\n", "8:12:"),
        (SHORTEST + "    scopes: [two words]\n", "8:14:"),
        (SHORTEST + "    audience: ccm\n", "8:5:"),
        (SHORTEST.replace("    client_id: ccm\n", ""), "5:5:"),
    ],
)
def test_a_mistake_is_said_where_it_stands(text, expected):
    """With its line and column, and without a secret that was written by mistake."""
    messages = mistakes(text)
    assert len(messages) == 1, messages
    assert messages[0].startswith(expected)
    assert "hunter2" not in messages[0]


def test_all_mistakes_are_said_at_once():
    """Nobody corrects one to meet the next."""
    text = SHORTEST.replace("https://login", "http://login")
    lines = mistakes(text + "    client_secret: x\n    until: {everybody: 2026-12-31}\n")
    assert len(lines) == 3
