"""Builds the batch to store from what a collector yields over one window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from ccm_core.collect.listing import PageListing
from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.collect.references.schema_references import reference_fields
from ccm_core.collect.validation import SchemaValidator
from ccm_core.model.evidence.collection import Counts, Reason, Request, Shortfall
from ccm_core.model.evidence.record import RecordSource, RejectedObject
from ccm_core.model.evidence.window import SECOND, Window
from ccm_core.model.evidence.write_batch import BodyEncoder, Observation
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.types import CreationEvents, EvidenceKind, Page, Shape

MAX_REQUESTS = 100
"""Different requests that a manifest lists for one collection; the count has all of them."""
MAX_NAMED_KEYS = 5
"""Keys that the detail of a shortfall names; its subjects are all of them."""


class RecordValidator:
    """One kind's projector and schema validator, compiled once for a run."""

    def __init__(self, kind: EvidenceKind, pseudonyms: Pseudonymizer) -> None:
        """Compile the kind's schema."""
        schema = kind.schema()
        self.kind = kind
        self.projector = Projector(schema, pseudonyms)
        self.reference_fields = reference_fields(schema)
        self.schema_validator = SchemaValidator(schema)


@dataclass(slots=True, kw_only=True)
class BatchBuilder:
    """Everything one window has returned so far."""

    validator: RecordValidator
    pack: BodyEncoder
    collection: str
    window: Window | None
    """What the collection covers: items outside it are counted and left out."""
    requested: Window | None = None
    """What was requested from the source: the window, and its overlap with the one before."""
    observations: dict[str, Observation] = field(default_factory=dict)
    rejected: list[RejectedObject] = field(default_factory=list)
    shortfalls: list[Shortfall] = field(default_factory=list)
    unknown_fields: set[str] = field(default_factory=set)
    references: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """``(field, kind, key)``, each with the key of one record that contains the reference."""
    change_paths: Mapping[str, str] = field(default_factory=dict)
    """The paths at which records of this kind name what changed, by the kind of what changed."""
    reported_changes: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """By such a kind and key: when the newest event that names it happened."""
    creation_events: Sequence[CreationEvents] = ()
    """What marks the events of this kind that show the creation of objects."""
    created: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    """By the kind and key of such an object: when an event shows it, and the event's key."""
    instants: dict[str, datetime] = field(default_factory=dict)
    """By key: when what was read without a window happened."""
    gone: set[str] = field(default_factory=set)
    """Keys that were asked for and that the source has no more."""
    notes: list[str] = field(default_factory=list)
    depends_on: list[str] = field(default_factory=list)
    """Kinds through whose records these were found."""
    pages: int = 0
    items: int = 0
    duplicates: int = 0
    outside: int = 0
    strays: dict[str, datetime] = field(default_factory=dict)
    """By key: the events outside what was requested, with their instants."""
    has_requested: bool = False
    """Whether an event lies in what was requested."""
    first_total: int | None = None
    last_total: int | None = None
    keys: set[str] = field(default_factory=set)
    """Every key that was received, those outside the window included."""
    conflicting_keys: set[str] = field(default_factory=set)
    """Keys that were received with different bodies; the last one is stored."""
    _listings: dict[Request, PageListing] = field(default_factory=dict)
    _stored: int = 0
    """Observations that were taken to be stored before the end."""

    def add(self, page: Page) -> None:
        """Project, validate and deduplicate the items of one page."""
        self.pages += 1
        self.items += len(page.items)
        listing = self._listings.setdefault(page.request, PageListing())
        listing.add(page)
        if page.total is not None:
            self.first_total = page.total if self.first_total is None else self.first_total
            self.last_total = page.total
        source = RecordSource(
            endpoint=page.request.endpoint,
            window=self.window,
            page=page.number,
            response_digest=page.response_digest,
        )
        for item in page.items:
            self._add_item(item, page, source, listing)

    def take_unstored(self) -> tuple[Observation, ...]:
        """Return the observations since the last call: to store them before the end."""
        unstored = tuple(islice(self.observations.values(), self._stored, None))
        self._stored = len(self.observations)
        return unstored

    def add_stored(self, key: str, body: JsonObject) -> bool:
        """Add what an event of the window shows that is stored; return whether it is new here."""
        instant = self._instant(body)
        if key in self.observations or not isinstance(instant, datetime):
            return False
        self._add_reported_changes(body, instant)
        self._add_created(key, body, instant)
        self._add_references(key, body)
        return True

    def truncate(self, at: datetime) -> None:
        """End the window at an instant: what happened from it on belongs to the next window."""
        if self.window is None:
            return
        self.window = Window(self.window.since, at)
        later = [
            key
            for key, observation in self.observations.items()
            if observation.occurred_at is not None and observation.occurred_at >= at
        ]
        for key in later:
            del self.observations[key]
        self.outside += len(later)
        for listing in self._listings.values():
            listing.cut = True

    def counts(self) -> Counts:
        """Return the counts so far; traffic and the store add theirs."""
        return Counts(
            pages=self.pages,
            items=self.items,
            total_at_start=self.first_total,
            total_at_end=self.last_total,
            read_to_end=all(listing.ended for listing in self._listings.values()),
            duplicates=self.duplicates,
            outside_window=self.outside,
            rejected=len(self.rejected),
        )

    def requests(self) -> tuple[Request, ...]:
        """Return the different requests that were made, up to a bound."""
        return tuple(self._listings)[:MAX_REQUESTS]

    def drifted(self) -> bool:
        """Return whether a listing differs from the source's count or changed meanwhile."""
        listings = self._listings.values()
        has_drifted = any(listing.drifted or listing.disorder for listing in listings)
        return (has_drifted or bool(self._conflicts())) and not self.shortfalls

    def all_shortfalls(self) -> tuple[Shortfall, ...]:
        """Return every shortfall, those that only the whole window shows included."""
        return (
            *self.shortfalls,
            *self._rejections(),
            *self._conflicting_bodies(),
            *self._disordered(),
            *self._none_requested(),
            *self._unfinished(),
        )

    # -- one item -----------------------------------------------------------------------------

    def _add_item(
        self, item: JsonObject, page: Page, source: RecordSource, listing: PageListing
    ) -> None:
        projected = self.validator.projector.project(item)
        body = projected.body
        if projected.unknown_fields:
            self.unknown_fields.update(projected.unknown_fields)
        problems = self.validator.schema_validator.problems(body)
        key = key_of(body, self.validator.kind.key)
        if key is None:
            listing.keyless += 1
        else:
            listing.keys.add(key)
            self.keys.add(key)
        if not problems and key is None:
            problems = (f"$: has no key ({', '.join(self.validator.kind.key)})",)
        instant = None if problems else self._instant(body)
        if isinstance(instant, str):
            problems = (instant,)
        if problems:
            rejected = RejectedObject(key=key or "", source=source, body=body, problems=problems)
            self.rejected.append(rejected)
        elif key is not None and not isinstance(instant, str):
            self._add_record(key, body, page, source, instant)

    def _instant(self, body: JsonObject) -> datetime | str | None:
        """Return when an event happened, or what is wrong with that; None: it is no event."""
        kind = self.validator.kind
        if kind.shape is not Shape.EVENT or kind.occurred_at is None:
            return None
        timestamp = at_path(body, kind.occurred_at)
        try:
            return parse_instant(timestamp)
        except (TypeError, ValueError):
            got = "text that is none" if isinstance(timestamp, str) else _json_type(timestamp)
            return f"$.{kind.occurred_at}: expected the instant of the event, got {got}"

    def _add_record(
        self,
        key: str,
        body: JsonObject,
        page: Page,
        source: RecordSource,
        instant: datetime | None,
    ) -> None:
        """Add a valid record if it lies in the window."""
        if self.window is None or instant is None:
            if instant is not None:
                self.instants[key] = instant
            self._observe(key, body, page, source, None)
            return
        self._note_stray(key, instant, self.requested or self.window)
        if instant not in self.window:
            self.outside += 1
            return
        self._add_reported_changes(body, instant)
        self._add_created(key, body, instant)
        self._observe(key, body, page, source, instant)

    def _note_stray(self, key: str, instant: datetime, requested: Window) -> None:
        """Note an event that was not requested; no source says which ends a window includes."""
        if requested.since - SECOND <= instant <= requested.until + SECOND:
            self.has_requested = True
        else:
            self.strays[key] = instant

    def _add_reported_changes(self, body: JsonObject, instant: datetime) -> None:
        for kind, path in self.change_paths.items():
            if isinstance(key := at_path(body, path), str):
                newest = self.reported_changes.setdefault(kind, {})
                newest[key] = max(instant, newest.get(key, instant))

    def _add_created(self, event: str, body: JsonObject, instant: datetime) -> None:
        for creation in self.creation_events:
            path, value = creation.marker
            if at_path(body, path) == value and isinstance(
                key := at_path(body, creation.path), str
            ):
                self.created[creation.creates, key] = (instant, event)

    def _observe(
        self, key: str, body: JsonObject, page: Page, source: RecordSource, instant: datetime | None
    ) -> None:
        encoded, before = self.pack(encode(body)), self.observations.get(key)
        self.duplicates += before is not None
        if before is not None and before.body.digest != encoded.digest:
            self.conflicting_keys.add(key)
        self.observations[key] = Observation(
            key=key,
            observed_at=page.received_at,
            source=source,
            body=encoded,
            occurred_at=instant,
        )
        self._add_references(key, body)

    def _add_references(self, key: str, body: JsonObject) -> None:
        for reference in self.validator.reference_fields:
            for kind, target in reference.targets(body):
                self.references.setdefault((reference.field, kind, target), key)

    # -- what only the whole window shows -----------------------------------------------------

    def _rejections(self) -> Iterable[Shortfall]:
        if self.rejected:
            count = len(self.rejected)
            yield Shortfall(
                reason=Reason.REJECTED_RECORDS,
                detail=f"{count} of {self.items} objects do not satisfy the schema; "
                f"the first: {self.rejected[0].problems[0]}",
                missing=count,
            )

    def _conflicts(self) -> list[str]:
        return sorted(self.conflicting_keys & self.observations.keys())

    def _conflicting_bodies(self) -> Iterable[Shortfall]:
        if keys := self._conflicts():
            kind, more = self.validator.kind.name, len(keys) - MAX_NAMED_KEYS
            names = ", ".join(keys[:MAX_NAMED_KEYS]) + (f" and {more} more" if more > 0 else "")
            yield Shortfall(
                reason=Reason.DRIFTED,
                detail=f"listed more than once with different bodies: {names}; either the data "
                "changed while it was read, or the key of the kind does not identify an object",
                subjects=tuple(f"{kind}:{key}" for key in keys),
            )

    def _disordered(self) -> Iterable[Shortfall]:
        for request, listing in self._listings.items():
            if listing.disorder is not None:
                yield Shortfall(
                    reason=Reason.SOURCE_ERROR,
                    detail=f"{request.endpoint}: {listing.disorder}; what was listed may not be "
                    "all that there is",
                )
                return

    def _none_requested(self) -> Iterable[Shortfall]:
        requested = self.requested or self.window
        if requested is not None and self.strays and not self.has_requested:
            key, instant = next(iter(self.strays.items()))
            yield Shortfall(
                reason=Reason.SOURCE_ERROR,
                detail=f"listed events, and none of them lies in the requested window, "
                f"{format_instant(requested.since)} to {format_instant(requested.until)}; for "
                f"example {key} at {format_instant(instant)}. The instants may be read in another "
                "unit or time zone than the source writes them",
            )

    def _unfinished(self) -> Iterable[Shortfall]:
        open_requests = (
            request
            for request, listing in self._listings.items()
            if not (listing.ended or listing.cut)
        )
        unfinished = None if self.shortfalls else next(open_requests, None)
        if unfinished is not None:
            yield Shortfall(
                reason=Reason.SOURCE_ERROR,
                detail=f"{unfinished.endpoint}: the listing ended before the source reported its "
                "last page",
            )
        drifted = [listing for listing in self._listings.values() if listing.drifted]
        if drifted and not self.shortfalls:
            counted = sum(listing.last_total or 0 for listing in drifted)
            received = sum(listing.received for listing in drifted)
            yield Shortfall(
                reason=Reason.DRIFTED,
                detail=f"the source counted {counted} objects and listed {received}; "
                "the data changed while it was read",
                missing=max(0, counted - received) or None,
            )


def key_of(body: JsonObject, paths: Iterable[str]) -> str | None:
    """Join the values at the key's paths by ``/``; None where the first is missing or empty.

    Parts that may be null by nature (a shift's end, a policy's direct user) are written ``-``.
    """
    parts = [at_path(body, path) for path in paths]
    if not parts or parts[0] is None or parts[0] == "":
        return None
    if len(parts) == 1:
        return str(parts[0])
    return "/".join("-" if part is None else str(part) for part in parts)


def at_path(body: Any, path: str) -> Any:
    """Return the value at a dotted path, or None."""
    for name in _path_segments(path):
        body = body.get(name) if isinstance(body, dict) else None
    return body


@cache
def _path_segments(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _json_type(value: Any) -> str:
    """Name the type of a JSON value; the value itself may be personal data."""
    names = {
        type(None): "null",
        bool: "true or false",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "a number")
