"""The view ``pagerduty.account_visibility``: how much of the account a credential can see and do.

PagerDuty filters its lists silently by what the credential may see. An account's key sees
everything; a user's sees what that user sees. Whether a key may write cannot be asked; a token of
OAuth tells its scopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.types import Subject
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.manifest_runs import collections, ended, runs
from ccm_pagerduty.views.on_call.responders import PRIVILEGED_ROLES, ROLE_NAMES
from ccm_pagerduty.views.row_builder import RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN = {
    "read_only": "PagerDuty does not tell what an API key may do",
    "credential_age": "ccm knows the age only of credentials that its own vault keeps",
}
"""Why each of these is left out."""

CONNECTION = "connection"
"""What the row is about."""

OF_THE_ACCOUNT = frozenset({"account_api_key", "oauth_app_token"})
OF_A_USER = frozenset({"user_api_key", "oauth_user_token"})

_HARMLESS = frozenset({"read", "openid"})
_SEEN_AGAIN = frozenset({"there", "gone"})
"""Whereabouts of an object that is named and not listed which hide nothing."""
_MOST_DOUBTS = 3
"""How many reasons are written out."""
_UNCERTAIN = frozenset({"absent", "untold"})


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for the connection; none where no run ever reached the account."""
    library = RecordIndex(request.records)
    manifests = runs(library)
    reached = [run for run in manifests if run.body["credential"] is not None]
    if not reached:
        return
    newest, now = reached[-1], request.now.replace(microsecond=0)
    trail = RowBuilder(library)
    credential = trail.read(newest)["credential"]
    hidden, doubts = _unseen(manifests, trail)
    role = credential["role"]
    body = {
        "observed_at": format_instant(ended(newest.body)),
        "credential_kind": credential["kind"],
        "role": role,
        "role_name": role and ROLE_NAMES.get(role, role),
        "scopes": credential["scopes"],
        "hidden_objects": hidden,
    } | known_fields(
        sees_whole_account=_sees_all(credential, hidden, doubts=doubts),
        read_only=_read_only(credential["scopes"]),
        credential_age=_age(newest.body, now),
    )
    name = newest.connection
    yield trail.build_for(
        Subject(kind=CONNECTION, key=name, title=name),
        body,
        UNKNOWN | {"sees_whole_account": _doubt(doubts)},
    )


def _unseen(manifests: Sequence[Record], trail: RowBuilder) -> tuple[list[str], list[str]]:
    """Name what is there and was not listed, and say what leaves open whether there is more."""
    shapes = {promise["kind"]: promise["shape"] for promise in manifests[-1].body["promised"]}
    hidden: set[str] = set()
    doubts: set[str] = set()
    for kind in sorted(shapes):
        found = collections(manifests, kind)
        if not found:
            doubts.add(f"{kind} was never collected")
            continue
        run, newest = found[-1]
        trail.read(run)
        for one in newest["dangling"]:
            if shapes.get(one["kind"]) == "event" and one["whereabouts"] is None:
                # An event from before the period is named and not listed, and hides nothing.
                continue
            name, whereabouts = f"{one['kind']}:{one['key']}", one["whereabouts"]
            if whereabouts in _UNCERTAIN or whereabouts is None:
                doubts.add(f"{name} is not in the evidence, and may be deleted or hidden")
            elif whereabouts not in _SEEN_AGAIN:
                hidden.add(name)
    return sorted(hidden), sorted(doubts)


def _doubt(doubts: Sequence[str]) -> str:
    """Say why it cannot be told whether everything is seen."""
    if not doubts:
        return "PagerDuty did not tell whose the credential is"
    more = f"; and {len(doubts) - _MOST_DOUBTS} more" if len(doubts) > _MOST_DOUBTS else ""
    return "; ".join(doubts[:_MOST_DOUBTS]) + more


def _sees_all(
    credential: JsonObject, hidden: Sequence[str], *, doubts: Sequence[str]
) -> bool | None:
    """Tell whether nothing is kept from it; None where that cannot be told."""
    if hidden:
        return False
    if credential["kind"] in OF_A_USER:
        role = credential["role"]
        if role is None:
            return None
        if role not in PRIVILEGED_ROLES:
            return False
    elif credential["kind"] not in OF_THE_ACCOUNT:
        return None
    return None if doubts else True


def _read_only(scopes: Sequence[str] | None) -> bool | None:
    """Tell whether no scope lets it write; None where the source does not tell its scopes."""
    if scopes is None:
        return None
    return all(
        scope in _HARMLESS or scope.endswith(".read") or scope.startswith("as_account-")
        for scope in scopes
    )


def _age(manifest: JsonObject, now: datetime) -> float | None:
    entered = manifest.get("entered_at")
    return None if entered is None else seconds_of(now - parse_instant(entered).replace(microsecond=0))
