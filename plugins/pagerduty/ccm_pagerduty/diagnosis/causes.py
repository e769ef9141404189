"""The causes that ``ccm check`` distinguishes: one word each, for programs and for the docs."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why evidence is missing. The list is closed; a word never changes its meaning."""

    UNREACHABLE = "unreachable"
    NETWORK_SETUP = "network_setup"
    WRONG_REGION = "wrong_region"
    KEY_REFUSED = "key_refused"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word, not a token
    INSUFFICIENT_SCOPE = "insufficient_scope"
    TIED_TO_USER = "tied_to_user"
    UNKNOWN_OWNER = "unknown_owner"
    TEAM_SCOPE = "team_scope"
    DENIED = "denied"
    NOTHING_LISTED = "nothing_listed"
    SHORT_LIST = "short_list"
    NOT_IN_PLAN = "not_in_plan"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    SCHEDULE_WITHOUT_LAYERS = "schedule_without_layers"
    ACKNOWLEDGEMENTS_MISSING = "acknowledgements_missing"
    INCOMPLETE = "incomplete"
    SOURCE_ERROR = "source_error"
