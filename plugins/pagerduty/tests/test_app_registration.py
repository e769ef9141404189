"""Whoever connects PagerDuty is told every step of its side."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from ccm_pagerduty.connector import connector

from ccm_core.sdk.vendor.guidance import FilledIn

METHODS = {method.name: method for method in connector().auth_methods}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_steps_and_links_to_pagerdutys_own_pages(name):
    """The pages of the API and of authentication among them."""
    guidance = METHODS[name].guidance
    assert len(guidance.steps) >= 2
    assert any("now" in step.text for step in guidance.steps), "a secret is shown once"
    hosts = {urlsplit(link.url).hostname for link in guidance.links}
    assert hosts <= {"developer.pagerduty.com", "support.pagerduty.com"}
    assert "https://developer.pagerduty.com/api-reference/" in {link.url for link in guidance.links}


@pytest.mark.parametrize(
    ("name", "filled_in"),
    [
        ("oauth", {FilledIn.REDIRECT_URL, FilledIn.SCOPES}),
        ("oauth_app", {FilledIn.SCOPES}),
        ("api_key", set()),
    ],
)
def test_what_only_the_host_knows_is_filled_in(name, filled_in):
    """An app without a browser needs no redirect URL, and a key no scope."""
    fields = [field for step in METHODS[name].guidance.steps for field in step.fields]
    assert {field.filled_in for field in fields if field.filled_in} == filled_in
    assert all(field.value or field.filled_in for field in fields)


def test_a_key_is_made_for_reading_by_a_service_account():
    """With a description by which it is known later."""
    guidance = METHODS["api_key"].guidance
    fields = {field.label: field.value for step in guidance.steps for field in step.fields}
    assert fields == {"Description": "ccm", "Type": "Read-only API Key"}
    assert "service account" in guidance.who


def test_connections_lead_to_pagerdutys_hosts_by_region():
    """Both regions, and the identity server of both."""
    described = connector()
    assert described.hosts == (
        "api.pagerduty.com",
        "api.eu.pagerduty.com",
        "identity.pagerduty.com",
    )
    assert described.destination_settings == ("region",)
