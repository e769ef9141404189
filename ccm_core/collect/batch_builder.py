"""Gathering: what a collector yields over one window becomes what the store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from ccm_core.collect.projection import Projector, Pseudonymizer
from ccm_core.collect.schema_references import references
from ccm_core.collect.validation import SchemaValidator
from ccm_core.model.evidence.collection import Counts, Reason, Request, Shortfall
from ccm_core.model.evidence.record import RecordSource, Rejected
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, Pack
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import EvidenceKind, Page

MOST_REQUESTS = 100
"""Different requests that a manifest lists for one collection; the count has all of them."""


@dataclass(slots=True)
class _Listing:
    """What one question has given so far."""

    keys: set[str] = field(default_factory=set)
    rows: int = 0
    keyless: int = 0
    first_total: int | None = None
    last_total: int | None = None
    ended: bool = False
    """Whether the source said that there is no more."""
    cut: bool = False
    """Whether it was left on purpose before its end."""
    linked: bool = True
    """Whether every page was seen to begin with what the one before it ended with."""
    shifted: bool = False

    def add(self, page: Page) -> None:
        self.rows += len(page.items)
        self.ended = page.last
        self.linked = self.linked and (page.number == 1 or page.shifted is not None)
        self.shifted = self.shifted or bool(page.shifted)
        if page.total is not None:
            self.first_total = page.total if self.first_total is None else self.first_total
            self.last_total = page.total

    @property
    def received(self) -> int:
        """Count what was received; where nobody looked at the pages' edges, each key once."""
        return self.rows if self.linked else len(self.keys) + self.keyless

    @property
    def drifted(self) -> bool:
        """Whether what was received is not what was counted, or the counts disagree."""
        if self.shifted or self.first_total != self.last_total:
            return True
        whole = self.last_total is None or self.cut or self.received == self.last_total
        return not whole


class RecordValidator:
    """One kind's projector and schema check, compiled once for a run."""

    def __init__(self, kind: EvidenceKind, pseudonyms: Pseudonymizer) -> None:
        """Compile the kind's schema."""
        schema = kind.schema()
        self.kind = kind
        self.projector = Projector(schema, pseudonyms)
        self.references = references(schema)
        self.check = SchemaValidator(schema)


@dataclass(slots=True, kw_only=True)
class BatchBuilder:
    """Everything one window has given so far."""

    gauge: RecordValidator
    pack: Pack
    collection: str
    window: Window | None
    """What the collection stands for: items outside it are counted and left out."""
    observations: dict[str, Observation] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    shortfalls: list[Shortfall] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """What the records name: ``(field, kind, key)``, each with the key of one that names it."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """The paths at which records of this kind name what changed, by the kind of what changed."""
    changed: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """By such a kind and key: when the newest event that names it happened."""
    notes: list[str] = field(default_factory=list)
    through: list[str] = field(default_factory=list)
    """Kinds through whose records this is found."""
    pages: int = 0
    items: int = 0
    duplicates: int = 0
    outside: int = 0
    first_total: int | None = None
    last_total: int | None = None
    seen: set[str] = field(default_factory=set)
    """Every key that was received, those outside the window included."""
    _listings: dict[Request, _Listing] = field(default_factory=dict)

    def add(self, page: Page) -> None:
        """Take one page: project, validate, deduplicate."""
        self.pages += 1
        self.items += len(page.items)
        listing = self._listings.setdefault(page.request, _Listing())
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
            self._take(item, page, source, listing)

    def reach(self, at: datetime) -> None:
        """End the window early: what happened from an instant on belongs to the next one."""
        if self.window is None:
            return
        self.window = Window(self.window.since, at)
        later = [
            key
            for key, one in self.observations.items()
            if one.occurred_at is not None and one.occurred_at >= at
        ]
        for key in later:
            del self.observations[key]
        self.outside += len(later)
        for listing in self._listings.values():
            listing.cut = True

    def counts(self) -> Counts:
        """Give the arithmetic so far; traffic and the store add theirs."""
        return Counts(
            pages=self.pages,
            items=self.items,
            total_at_start=self.first_total,
            total_at_end=self.last_total,
            more_false_seen=all(one.ended for one in self._listings.values()),
            duplicates=self.duplicates,
            outside_window=self.outside,
            rejected=len(self.rejected),
        )

    def requests(self) -> tuple[Request, ...]:
        """Give the different requests that were made, up to a bound."""
        return tuple(self._listings)[:MOST_REQUESTS]

    def drifted(self) -> bool:
        """Whether a listing does not hold what the source counted, or moved while it was read."""
        return not self.shortfalls and any(one.drifted for one in self._listings.values())

    def judged(self) -> tuple[Shortfall, ...]:
        """Give every shortfall, those that only the whole window shows included."""
        return (*self.shortfalls, *self._rejections(), *self._unfinished())

    # -- one item -----------------------------------------------------------------------------

    def _take(self, item: JsonObject, page: Page, source: RecordSource, listing: _Listing) -> None:
        projected = self.gauge.projector.project(item)
        body = projected.body
        if projected.unknown:
            self.unknown.update(projected.unknown)
        problems = self.gauge.check.problems(body)
        key = key_of(body, self.gauge.kind.key)
        if key is None:
            listing.keyless += 1
        else:
            listing.keys.add(key)
            self.seen.add(key)
        if not problems and key is None:
            problems = (f"$: has no key ({', '.join(self.gauge.kind.key)})",)
        if problems:
            refused = Rejected(key=key or "", source=source, body=body, problems=problems)
            self.rejected.append(refused)
        elif key is not None:
            self._place(key, body, page, source)

    def _place(self, key: str, body: JsonObject, page: Page, source: RecordSource) -> None:
        """Take a good record where it belongs to the window."""
        path = self.gauge.kind.occurred_at
        if self.window is None or path is None:
            self._observe(key, body, page, source, None)
            return
        told = at_path(body, path)
        instant = parse_instant(told) if isinstance(told, str) else None
        if instant is None or instant not in self.window:
            self.outside += 1
            return
        self._name_changes(body, instant)
        self._observe(key, body, page, source, instant)

    def _name_changes(self, body: JsonObject, instant: datetime) -> None:
        for kind, path in self.changes.items():
            if isinstance(key := at_path(body, path), str):
                newest = self.changed.setdefault(kind, {})
                newest[key] = max(instant, newest.get(key, instant))

    def _observe(
        self, key: str, body: JsonObject, page: Page, source: RecordSource, instant: datetime | None
    ) -> None:
        self.duplicates += key in self.observations
        self.observations[key] = Observation(
            key=key,
            observed_at=page.received_at,
            source=source,
            body=self.pack(encode(body)),
            occurred_at=instant,
        )
        for reference in self.gauge.references:
            for kind, named in reference.names(body):
                self.names.setdefault((reference.field, kind, named), key)

    # -- what only the whole shows ------------------------------------------------------------

    def _rejections(self) -> Iterable[Shortfall]:
        if self.rejected:
            count = len(self.rejected)
            yield Shortfall(
                reason=Reason.REJECTED_RECORDS,
                detail=f"{count} of {self.items} objects do not satisfy the schema; "
                f"the first: {self.rejected[0].problems[0]}",
                missing=count,
            )

    def _unfinished(self) -> Iterable[Shortfall]:
        unended = (ask for ask, one in self._listings.items() if not (one.ended or one.cut))
        unfinished = None if self.shortfalls else next(unended, None)
        if unfinished is not None:
            yield Shortfall(
                reason=Reason.SOURCE_ERROR,
                detail=f"{unfinished.endpoint}: the listing ended and the source "
                "never said that there is no more",
            )
        if self.drifted():
            moved = [one for one in self._listings.values() if one.drifted]
            counted = sum(one.last_total or 0 for one in moved)
            received = sum(one.received for one in moved)
            yield Shortfall(
                reason=Reason.DRIFTED,
                detail=f"the source counted {counted} objects and listed {received}; "
                "the data changed while it was read",
                missing=max(0, counted - received) or None,
            )


def key_of(body: JsonObject, paths: Iterable[str]) -> str | None:
    """Join the values at the key's paths by ``/``; None where the first of them is missing.

    Parts that may be null by nature (a shift's end, a policy's direct user) are written ``-``.
    """
    parts = [at_path(body, path) for path in paths]
    if not parts or parts[0] is None:
        return None
    if len(parts) == 1:
        return str(parts[0])
    return "/".join("-" if part is None else str(part) for part in parts)


def at_path(body: Any, path: str) -> Any:
    """Give the value at a dotted path, or None."""
    for name in _steps(path):
        body = body.get(name) if isinstance(body, dict) else None
    return body


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))
