"""``people`` of the settings: who is who, and by which keys they prove it."""

from __future__ import annotations

from datetime import date

import pytest

from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError

MIA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
OTTO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1AF8Poh/KBqaL3eaPjbtCGvF+GVKvJEhpPZdaUxxkB"
WEAK = "ssh-dss AAAAB3NzaC1kc3MAAAABAQ=="  # the type alone decides


@pytest.fixture
def people(tmp_path):
    """Read the people of some settings."""

    def read(text: str):
        settings = f"version: 1\nconnections: []\npeople:\n{text}"
        draft = read_settings(settings.encode(), "ccm.yaml", base=tmp_path)
        return validate(draft, {}, date(2026, 11, 30)).people

    return read


def test_people_are_read_with_their_keys(people, tmp_path):
    """Keys stand in the settings or in files; comments of keys do not count."""
    (tmp_path / "otto.pub").write_text(f"# laptop\n{OTTO} otto@laptop\r\n\n")

    read = people(
        f"  - {{id: mia, name: Mia Berg, role: CISO, email: mia@example.com, teams: [sec], "
        f"ssh_keys: ['{MIA} mia@work']}}\n  - {{id: otto, ssh_keys: ['file:otto.pub']}}\n"
    )

    assert list(read) == ["mia", "otto"]
    mia = read["mia"]
    assert (mia.name, mia.role, mia.email, mia.teams) == (
        "Mia Berg",
        "CISO",
        "mia@example.com",
        ("sec",),
    )
    assert (mia.ssh_keys, read["otto"].ssh_keys) == ((MIA,), (OTTO,))


def test_settings_without_people_have_none(people):
    """Nobody has to be named."""
    assert people("  []\n") == {}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(["{name: Mia}"], ['4:5: "id" is missing'], id="no-id"),
        pytest.param(["{id: mia, phone: '1'}"], ['unknown key "phone"'], id="unknown-key"),
        pytest.param(["{id: mia, email: mia}"], ["4:22: expected a string such as"], id="email"),
        pytest.param(
            ["{id: mia, name: '...'}"], ["expected the name of a person"], id="blank-name"
        ),
        pytest.param(["{id: mia}", "{id: Mia}"], ["the id of Mia is that of mia"], id="same-id"),
        pytest.param(
            ["{id: a, name: Mia Berg}", "{id: b, name: 'mia  berg'}"],
            ["the name of b is that of a"],
            id="same-name",
        ),
        pytest.param(
            ["{id: a, email: m@x.io}", "{id: b, email: M@x.io}"],
            ["the email of b is that of a"],
            id="same-email",
        ),
        pytest.param(
            [f"{{id: a, ssh_keys: ['{MIA}']}}", f"{{id: b, ssh_keys: ['{MIA} other comment']}}"],
            ["the SSH key of b is that of a"],
            id="shared-key",
        ),
        pytest.param(["{id: a, ssh_keys: [mia]}"], ["4:24: this key cannot"], id="no-key"),
        pytest.param([f"{{id: a, ssh_keys: ['{WEAK}']}}"], ["prove too little"], id="weak-key"),
        pytest.param(
            [f"{{id: a, ssh_keys: ['no-pty {MIA}']}}"], ["options stand before"], id="options"
        ),
        pytest.param(
            ["{id: a, ssh_keys: ['file:no.pub']}"], ["no.pub cannot be read"], id="no-file"
        ),
        pytest.param(
            ["{id: a, ssh_keys: [x], name: '-'}", "{id: A, ssh_keys: ['file:/dev/null']}"],
            ["this key cannot", "the name of a person", "is that of a as well", "has no key"],
            id="all-at-once",
        ),
    ],
)
def test_mistakes_of_people_are_told_at_once(people, entries, expected):
    """Each at its line and column, with what was expected."""
    with pytest.raises(DocumentError) as error:
        people("".join(f"  - {entry}\n" for entry in entries))

    text = str(error.value)
    assert len(error.value.mistakes) == len(expected), text
    for part in expected:
        assert part in text


def test_a_private_key_in_the_settings_is_not_repeated(people):
    """Somebody pasted the wrong half: the message says so, and does not print it."""
    with pytest.raises(DocumentError, match="this is a private key") as error:
        people("  - {id: a, ssh_keys: ['-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0']}\n")

    assert "c2VjcmV0" not in str(error.value)


PROVIDER = """\
identity_providers:
  - {issuer: 'https://login.example.com', audience: ccm, jwks: keys.json}
"""
KEYS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "%s"}]}' % ("A" * 43)
OTTO_OIDC = "{id: otto, oidc: [{issuer: 'https://login.example.com', subject: s-1}]}"


def test_identity_providers_are_read_with_their_keys(tmp_path):
    """Issuer, client and the public keys of a file; people name the issuer."""
    (tmp_path / "keys.json").write_text(KEYS)
    text = f"version: 1\nconnections: []\npeople:\n  - {OTTO_OIDC}\n{PROVIDER}"
    draft = read_settings(text.encode(), "ccm.yaml", base=tmp_path)

    settings = validate(draft, {}, date(2026, 11, 30))

    assert settings.people["otto"].oidc == (("https://login.example.com", "s-1"),)
    (provider,) = settings.identity_providers.values()
    assert (provider.issuer, provider.audience) == ("https://login.example.com", "ccm")
    assert '"crv":"Ed25519"' in provider.keys


@pytest.mark.parametrize(
    ("providers", "keys", "expected"),
    [
        pytest.param("", KEYS, "unknown issuer", id="unlisted-issuer"),
        pytest.param(PROVIDER, None, "keys.json cannot be read", id="no-file"),
        pytest.param(PROVIDER, "[]", "expected a JSON Web Key Set", id="no-key-set"),
        pytest.param(PROVIDER.replace("https", "http"), KEYS, "http", id="not-https"),
        pytest.param(
            PROVIDER + PROVIDER.partition("\n")[2], KEYS, "a second provider has", id="twice"
        ),
    ],
)
def test_mistakes_of_identity_providers_are_told(tmp_path, providers, keys, expected):
    """A file that is not there or no key set, an issuer that nobody listed."""
    if keys is not None:
        (tmp_path / "keys.json").write_text(keys)
    text = f"version: 1\nconnections: []\npeople:\n  - {OTTO_OIDC}\n{providers}"
    draft = read_settings(text.encode(), "ccm.yaml", base=tmp_path)

    with pytest.raises(DocumentError, match=expected):
        validate(draft, {}, date(2026, 11, 30))
