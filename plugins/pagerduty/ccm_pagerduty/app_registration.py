"""How an app or an API key for ccm is made in PagerDuty, step by step.

Follows https://developer.pagerduty.com/docs/register-an-app,
https://developer.pagerduty.com/docs/oauth-functionality and
https://support.pagerduty.com/main/docs/api-access-keys.
"""

from __future__ import annotations

from ccm_core.sdk.vendor.guidance import (
    FilledIn,
    VendorField,
    VendorGuidance,
    VendorLink,
    VendorStep,
)
from ccm_pagerduty.oauth_provider import OPTIONAL_SCOPES

_API = VendorLink(
    title="PagerDuty: REST API reference", url="https://developer.pagerduty.com/api-reference/"
)
_OAUTH_LINKS = (
    VendorLink(
        title="PagerDuty: register an app",
        url="https://developer.pagerduty.com/docs/register-an-app",
    ),
    VendorLink(
        title="PagerDuty: OAuth 2.0 functionality",
        url="https://developer.pagerduty.com/docs/oauth-functionality",
    ),
    _API,
)
_KEY_LINKS = (
    VendorLink(
        title="PagerDuty: API access keys",
        url="https://support.pagerduty.com/main/docs/api-access-keys",
    ),
    VendorLink(
        title="PagerDuty: authentication",
        url="https://developer.pagerduty.com/docs/authentication",
    ),
    _API,
)
_REGISTRARS = "In PagerDuty, as a Manager, a Global Admin or the Account Owner"
_OPTIONAL = (
    f"The scopes {', '.join(OPTIONAL_SCOPES)} may be left out; name those that are in the setting "
    "without_scopes."
)
_SEES_AS_PERSON = (
    "ccm sees what the person who authorizes it sees: use an Account Owner or a Global Admin, best "
    "a service account of its own that nobody offboards."
)
_SEES_AS_APP = (
    "The app authenticates as itself: it sees the whole account within its scopes, without a "
    "browser."
)
_NEW_APP = VendorStep(
    text="Open Integrations > App Registration, and choose New App.",
    fields=(
        VendorField(label="App name", value="ccm"),
        VendorField(
            label="Description", value="Reads the account to test controls; changes nothing."
        ),
        VendorField(label="Category, where it is asked for", value="Compliance, or Security"),
        VendorField(label="Functionality", value="OAuth 2.0"),
    ),
)
_SCOPES = VendorField(label="Scope", filled_in=FilledIn.SCOPES)
_COPY = VendorStep(
    text="Choose Register App, and copy the client id and the client secret now: the secret is "
    "shown once."
)

OAUTH_GUIDANCE = VendorGuidance(
    who=f"{_REGISTRARS}:",
    steps=(
        _NEW_APP,
        VendorStep(
            text="Choose Classic User OAuth with the scope read, or Scoped OAuth with its scopes: "
            "the same as under app in the settings of the connection.",
            fields=(
                VendorField(label="Redirect URL", filled_in=FilledIn.REDIRECT_URL),
                _SCOPES,
            ),
        ),
        _COPY,
    ),
    remarks=(
        _SEES_AS_PERSON,
        f"Of Scoped OAuth: {_OPTIONAL[0].lower()}{_OPTIONAL[1:]}",
    ),
    links=_OAUTH_LINKS,
)
OAUTH_APP_GUIDANCE = VendorGuidance(
    who=f"{_REGISTRARS}:",
    steps=(
        _NEW_APP,
        VendorStep(text="Choose Scoped OAuth. No redirect URL is needed.", fields=(_SCOPES,)),
        _COPY,
    ),
    remarks=(
        _SEES_AS_APP,
        _OPTIONAL,
    ),
    links=_OAUTH_LINKS,
)
API_KEY_GUIDANCE = VendorGuidance(
    who="In PagerDuty, as an administrator, best signed in as a service account of its own that "
    "nobody offboards:",
    steps=(
        VendorStep(
            text="Open Integrations > API Access Keys, and choose Create New API Key.",
            fields=(
                VendorField(label="Description", value="ccm"),
                VendorField(label="Type", value="Read-only API Key"),
            ),
        ),
        VendorStep(
            text="Choose Create Key, and copy the key now: PagerDuty shows it once and never again."
        ),
    ),
    remarks=("ccm sends nothing but GET.",),
    links=_KEY_LINKS,
)
