"""The view ``pagerduty.account_visibility``: what a credential can see and do in the account.

PagerDuty silently filters its lists by what the credential may see: how much that is, the connector
states of each credential. Whether a key may write cannot be queried; an OAuth token reports its
scopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.types import Subject
from ccm_pagerduty.views.manifest_runs import (
    by_run,
    clock_since,
    collections_by_kind,
    ended,
    runs,
    same_since,
)
from ccm_pagerduty.views.on_call.responders import ROLE_NAMES
from ccm_pagerduty.views.row_builder import CONNECTION, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN = {
    "read_only": "PagerDuty does not report the permissions of an API key",
    "credential_entered_at": "ccm knows the age only of credentials in its own vault",
    "credential_clock": "ccm knows the age only of credentials in its own vault",
}
"""Why each of these fields is missing."""

WHOLE, PART = "whole", "part"

_READ_SCOPES = frozenset({"read", "openid"})
_NOT_HIDDEN = frozenset({"found", "deleted"})
"""Lookup outcomes of a referenced, unlisted object that is not hidden."""
_INCONCLUSIVE = {
    "not_found": "is not in the evidence, and may be deleted or hidden",
    "unknown": "is not in the evidence, and may be deleted or hidden",
    "unlisted": "exists, and its list left it out",
    None: "is not in the evidence, and may be deleted or hidden",
}
"""Why such a lookup outcome leaves open whether the credential sees everything."""
_MAX_REASONS = 3
"""How many reasons are written out."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for the connection; none where no run ever reached the account."""
    index = RecordIndex(request.records)
    manifests = runs(index)
    connected = [run for run in manifests if run.body["credential"] is not None]
    if not connected:
        return
    run = same_since([(run, _stated(run.body)) for run in connected])
    builder = RowBuilder(index)
    credential = builder.read(run)["credential"]
    hidden, uncertain = _unlisted_objects(manifests, builder)
    role = credential["role"]
    body = {
        "observed_since": format_instant(ended(run.body)),
        "credential_kind": credential["kind"],
        "role": role,
        "role_name": role and ROLE_NAMES.get(role, role),
        "scopes": credential["scopes"],
        "hidden_objects": hidden,
    } | known_fields(
        sees_whole_account=_sees_all(credential["visibility"], hidden, uncertain),
        read_only=_read_only(credential["scopes"]),
        **_in_use(run.body),
    )
    name = run.connection
    yield builder.build_for(
        Subject(kind=CONNECTION, key=name, title=name),
        body,
        UNKNOWN | {"sees_whole_account": _reason(uncertain)},
    )


def _unlisted_objects(
    manifests: Sequence[Record], builder: RowBuilder
) -> tuple[list[str], list[str]]:
    """Return the hidden objects, and the reasons why there may be more."""
    shapes = {
        scheduled["kind"]: scheduled["shape"] for scheduled in manifests[-1].body["scheduled"]
    }
    history = collections_by_kind(manifests)
    hidden: set[str] = set()
    uncertain: set[str] = set()
    for kind in sorted(shapes):
        tried = [
            (run, _unlisted(run.body, collections, shapes))
            for run, collections in by_run(history.get(kind, ()))
        ]
        if not tried:
            uncertain.add(f"{kind} was never collected")
            continue
        builder.read(same_since(tried))
        _, (of_kind, doubts) = tried[-1]
        hidden |= of_kind
        uncertain |= doubts
    return sorted(hidden), sorted(uncertain)


def _stated(manifest: JsonObject) -> tuple[JsonObject, str | None]:
    """Return what a run states of the credential."""
    return manifest["credential"], manifest.get("entered_at")


def _unlisted(
    manifest: JsonObject, collections: Iterable[JsonObject], shapes: Mapping[str, str]
) -> tuple[set[str], set[str]]:
    """Return the hidden objects that a run's collections of a kind name, and what is uncertain."""
    hidden: set[str] = set()
    uncertain = set(_nothing_listed(manifest, collections))
    for ref in (ref for collection in collections for ref in collection["dangling"]):
        if shapes.get(ref["kind"]) == "event" and ref["lookup_outcome"] is None:
            # An event from before the period is referenced and not listed; it is not hidden.
            continue
        name, outcome = f"{ref['kind']}:{ref['key']}", ref["lookup_outcome"]
        if why := _INCONCLUSIVE.get(outcome):
            uncertain.add(f"{name} {why}")
        elif outcome not in _NOT_HIDDEN:
            hidden.add(name)
    return hidden, uncertain


def _nothing_listed(manifest: JsonObject, collections: Iterable[JsonObject]) -> Iterator[str]:
    """Yield what the lists of a run lack for a credential that is stated to see everything."""
    credential = manifest["credential"]
    if credential is None or credential["visibility"] != WHOLE:
        return
    for collection in collections:
        for shortfall in collection["shortfalls"]:
            if shortfall["reason"] == "visibility":
                yield shortfall["detail"]


def _reason(uncertain: Sequence[str]) -> str:
    """Return why it is unknown whether the credential sees everything."""
    if not uncertain:
        return "PagerDuty did not report whose credential it is"
    more = f"; and {len(uncertain) - _MAX_REASONS} more" if len(uncertain) > _MAX_REASONS else ""
    return "; ".join(uncertain[:_MAX_REASONS]) + more


def _sees_all(visibility: str, hidden: Sequence[str], uncertain: Sequence[str]) -> bool | None:
    """Return whether the credential sees the whole account; None where that is unknown."""
    if hidden or visibility == PART:
        return False
    return None if uncertain or visibility != WHOLE else True


def _read_only(scopes: Sequence[str] | None) -> bool | None:
    """Return whether no scope allows writing; None where the scopes are unknown."""
    if scopes is None:
        return None
    return all(
        scope in _READ_SCOPES or scope.endswith(".read") or scope.startswith("as_account-")
        for scope in scopes
    )


def _in_use(manifest: JsonObject) -> JsonObject:
    """Return since when the credential is in use; nothing where that is unknown."""
    entered_at = manifest.get("entered_at")
    if entered_at is None:
        return {}
    since = parse_instant(entered_at).replace(microsecond=0)
    return {"credential_entered_at": format_instant(since), "credential_clock": clock_since(since)}
