"""Resolving secret references, without a value in any message."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.secret_resolver import resolve, resolve_all
from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

TODAY = date(2026, 11, 23)
TWO = b"""\
version: 1
connections:
  - {name: a, connector: acme, auth: {method: api_key, key: "env:A"}}
  - {name: b, connector: acme, auth: {method: oauth, client_id: abc, client_secret: "file:b"}}
"""


def said(reference: str, *, environment=None, base: Path = Path("/nowhere")) -> str:
    """Give why a reference cannot be resolved."""
    with pytest.raises(SecretError) as caught:
        resolve(SecretReference.parse(reference), environment=environment or {}, base=base)
    assert caught.value.__cause__ is None or "HUNTER2" not in repr(caught.value.__cause__)
    return str(caught.value)


@pytest.fixture
def keyring(monkeypatch):
    """Put a keyring in place of the library, with its interface and its errors."""
    entries = {("acme", "ccm"): "s3cret", ("acme/eu", "ccm"): "s3cret-eu"}
    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    class NoKeyringError(KeyringError, RuntimeError):
        pass

    def get_password(service: str, user: str) -> str | None:
        if service == "no-backend":
            raise NoKeyringError
        if service == "locked":
            raise KeyringError
        return entries.get((service, user))

    errors.KeyringError, errors.NoKeyringError = KeyringError, NoKeyringError
    module.get_password, module.errors = get_password, errors
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


@pytest.mark.parametrize(
    ("text", "scheme", "name"),
    [
        pytest.param("env:ACME_KEY", "env", "ACME_KEY", id="variable"),
        pytest.param("file:/run/secrets/key", "file", "/run/secrets/key", id="path"),
        pytest.param("file:C:\\key", "file", "C:\\key", id="path with a colon"),
        pytest.param("keyring:acme/eu/ccm", "keyring", "acme/eu/ccm", id="keyring"),
    ],
)
def test_secret_reference_round_trips(text, scheme, name):
    """A reference keeps the form in which it stands in the settings."""
    reference = SecretReference.parse(text)

    assert (reference.scheme, reference.name) == (scheme, name)
    assert str(reference) == text


@settings(deadline=None)
@given(
    st.text() | st.sampled_from(["env:", "env:A-B", "file:", "keyring:acme", "keyring:a/", "ENV:A"])
)
def test_invalid_secret_reference_is_not_repeated(text):
    """Any other text is refused with words that do not hold it."""
    try:
        reference = SecretReference.parse(text)
    except ValueError as refused:
        message = str(refused)
    else:
        assert str(reference) == text
        return

    assert message == (
        "expected the location of a secret, never the secret itself; "
        "write env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
    )


@pytest.mark.parametrize(
    ("kept", "secret"),
    [
        pytest.param("s3cret", "s3cret", id="as it is"),
        pytest.param("s3cret\n", "s3cret", id="a trailing newline is no part of it"),
        pytest.param("s3cret\r\n", "s3cret", id="nor is one of Windows"),
        pytest.param("two words", "two words", id="a blank inside is"),
    ],
)
def test_secret_is_resolved_from_a_variable_and_a_file(kept, secret, tmp_path):
    """A variable and a file give the same secret, one line without its end."""
    (tmp_path / "key").write_bytes(kept.encode())

    for reference in ("env:KEY", "file:key", f"file:{tmp_path / 'key'}"):
        found = resolve(SecretReference.parse(reference), environment={"KEY": kept}, base=tmp_path)
        assert found == Secret(secret)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        pytest.param(b"", "expected a secret, got nothing; enter the secret there", id="empty"),
        pytest.param(
            b"\n", "expected a secret, got nothing; enter the secret there", id="only a newline"
        ),
        pytest.param(b"HUNTER2\nmore", "expected one line, got several", id="lines"),
        pytest.param(b"HUNTER2\n\n", "expected one line, got several", id="two newlines"),
        pytest.param(
            b"HUNTER2\x00",
            "expected printable characters without blanks around them; correct the secret",
            id="control character",
        ),
        pytest.param(
            b" HUNTER2",
            "expected printable characters without blanks around them; correct the secret",
            id="leading blank",
        ),
    ],
)
def test_secret_that_no_source_accepts_is_rejected(kept, why, tmp_path):
    """What could not be sent is refused where it is kept, named by its reference."""
    (tmp_path / "key").write_bytes(kept)

    assert said("env:KEY", environment={"KEY": kept.decode()}) == f"env:KEY: {why}"
    assert said("file:key", base=tmp_path) == f"file:key: {why}"


def test_missing_secret_variable_is_named():
    """What is not set is named, so that it can be set."""
    assert said("env:ACME_KEY") == (
        "env:ACME_KEY: the environment variable ACME_KEY is not set; set it first"
    )


def test_unreadable_secret_file_is_named(tmp_path):
    """A missing file, a folder, and a file that is no text are told with their path."""
    (tmp_path / "binary").write_bytes(b"HUNTER2\xff")
    (tmp_path / "large").write_bytes(b"HUNTER2" * 10_000)

    assert said("file:key", base=tmp_path) == (
        f"file:key: {tmp_path}/key cannot be read: No such file or directory"
    )
    assert said("file:.", base=tmp_path).endswith("cannot be read: Is a directory")
    assert said("file:binary", base=tmp_path).endswith("is not UTF-8 text")
    assert said("file:large", base=tmp_path).endswith("large, got more")


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        pytest.param("keyring:acme/ccm", "s3cret", id="service and user"),
        pytest.param("keyring:acme/eu/ccm", "s3cret-eu", id="a service with a slash"),
    ],
)
def test_secret_is_resolved_from_the_keyring(reference, secret):
    """The last slash parts the service from its user."""
    found = resolve(SecretReference.parse(reference), environment={}, base=Path())

    assert found == Secret(secret)


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    ("reference", "why"),
    [
        pytest.param(
            "keyring:acme/nobody",
            "the keyring has no such entry; add it: keyring set acme nobody",
            id="no such entry",
        ),
        pytest.param(
            "keyring:no-backend/ccm",
            "this machine has no keyring; use env:NAME or file:PATH",
            id="no backend",
        ),
        pytest.param(
            "keyring:locked/ccm",
            "the keyring did not answer (KeyringError); unlock it",
            id="locked",
        ),
    ],
)
def test_keyring_without_the_secret_is_reported(reference, why):
    """Each way in which a keyring fails has its own next step."""
    assert said(reference) == f"{reference}: {why}"


def test_keyring_that_is_not_installed_is_reported(monkeypatch):
    """The extra that brings the keyring is named."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert said("keyring:acme/ccm") == (
        "keyring:acme/ccm: keyring is not installed; install ccm-core[keyring]"
    )


def test_all_secrets_of_a_command_are_resolved_together(tmp_path, connectors):
    """Secrets come by connection and field; what is missing is told all at once."""
    read = validate(read_settings(TWO, "ccm.yaml", base=tmp_path), connectors, TODAY)

    with pytest.raises(SecretError) as caught:
        resolve_all(read.connections, environment={}, base=read.base)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "connection a, key",
        "connection b, client_secret",
    ]

    (tmp_path / "b").write_text("s3cret\n")
    found = resolve_all(read.connections, environment={"A": "x"}, base=read.base)
    assert found == {"a": {"key": Secret("x")}, "b": {"client_secret": Secret("s3cret")}}
