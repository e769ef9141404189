"""A secret prints as stars, wherever it is printed."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass

import pytest

from ccm_core.model.json_codec import encode
from ccm_core.sdk.secret import REDACTED, Secret, blank, disclosing

VALUE = "pd-key-1234567890"


@dataclass(frozen=True)
class Holder:
    """Something that holds a secret."""

    key: Secret


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(str, id="str"),
        pytest.param(repr, id="repr"),
        pytest.param(lambda secret: f"{secret}", id="f-string"),
        pytest.param(lambda secret: f"{secret!r:>40}", id="padded"),
        pytest.param(lambda secret: "%s" % secret, id="percent"),  # noqa: UP031 - the old way too
        pytest.param(lambda secret: str(Holder(secret)), id="in a dataclass"),
        pytest.param(lambda secret: str([{"key": secret}]), id="in containers"),
        pytest.param(lambda secret: str(ValueError(secret)), id="in an exception"),
    ],
)
def test_a_secret_prints_as_stars(show):
    """No way of printing shows the value."""
    text = show(Secret(VALUE))
    assert VALUE not in text
    assert "****" in text


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(copy.deepcopy, id="copy"),
        pytest.param(json.dumps, id="json"),
        pytest.param(encode, id="our json"),
    ],
)
def test_a_secret_is_not_serialized(write):
    """Serializing a secret is an error, not a leak."""
    with pytest.raises(TypeError):
        write(Secret(VALUE))


def test_secrets_are_compared_by_fingerprint_without_showing_them():
    """The fingerprint is stable, differs by value, and does not hold the value."""
    assert Secret(VALUE).fingerprint() == Secret(VALUE).fingerprint()
    assert Secret(VALUE).fingerprint() != Secret("other").fingerprint()
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE).reveal() == VALUE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("cannot read p@ss word/1", id="plain"),
        pytest.param("GET /?key=p%40ss%20word%2F1", id="in-a-url"),
        pytest.param("GET /?key=p%40ss+word%2F1", id="in-a-form"),
        pytest.param("Authorization: Basic dXNlcjpwQHNzIHdvcmQvMQ==", id="basic"),
        pytest.param("Authorization: Basic dXNlcjpwQHNzIHdvcmQvMQ", id="basic-without-padding"),
        pytest.param("token cEBzcyB3b3JkLzE=", id="base64"),
    ],
)
def test_a_disclosed_secret_is_blanked_in_every_form(text):
    """As it is, in a URL, and in Base64, alone or with a user's name."""
    with disclosing(["p@ss word/1"]):
        blanked = blank(text)

    assert REDACTED in blanked
    assert "word" not in blanked
    assert "d29yZC" not in blanked
    assert "cEBz" not in blanked


def test_a_secret_that_is_revealed_in_a_session_is_blanked_from_then_on():
    """A token that was renewed meanwhile too; outside the session nothing is."""
    renewed = Secret("renewed-token")
    with disclosing([]):
        before = blank("renewed-token")
        renewed.reveal()
        after = blank("renewed-token")

    assert (before, after, blank("renewed-token")) == ("renewed-token", REDACTED, "renewed-token")
