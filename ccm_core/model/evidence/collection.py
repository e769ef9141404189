"""Collections: one attempt each to collect one kind over one window, and its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evidence.response_trail import without_trails
from ccm_core.model.evidence.window import Window, union
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


class Outcome(StrEnum):
    """The outcome of a collection; only the first lets a rule pass."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


WORST_FIRST = (Outcome.FAILED, Outcome.UNAVAILABLE, Outcome.PARTIAL, Outcome.COMPLETE)
"""The order in which several outcomes decide for all of them."""


class Reason(StrEnum):
    """Why a collection could not see everything. The list is closed."""

    DENIED = "denied"
    NOT_AVAILABLE = "not_available"
    TRUNCATED = "truncated"
    DRIFTED = "drifted"
    RATE_LIMITED = "rate_limited"
    REJECTED_RECORDS = "rejected_records"
    HIDDEN_REFERENCES = "hidden_references"
    VISIBILITY = "visibility"
    """The credential is not shown to see everything, and lists do not say what they leave out."""
    COLLAPSED = "collapsed"
    """Most of the population is gone at once, and nobody has accepted that."""
    CONTRADICTED = "contradicted"
    """Another kind that was read in the same run states the opposite."""
    UNIDENTIFIED = "unidentified"
    """The source does not tell whose account was read, and it told before."""
    INTERRUPTED = "interrupted"
    SOURCE_ERROR = "source_error"
    ERASED = "erased"
    """Not of a collection: its records were erased since."""


UNLISTED_ONLY = frozenset({Reason.VISIBILITY, Reason.COLLAPSED})
"""Reasons that leave what was listed as it is: only what was not listed is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One thing a collection did not see, and why."""

    reason: Reason
    detail: str
    """In plain words: the request, the response, the next step if there is one."""
    missing: int | None = None
    """How many items are missing, where that is known."""
    subjects: tuple[str, ...] = ()
    """The only objects concerned, as ``kind:key``, where they are known; empty: any may be."""

    @property
    def statement(self) -> str:
        """Reason and detail as a verdict states them: the same for the same fault.

        What identifies the one response of a source, such as the id of its request, is left out.
        """
        return f"{self.reason}: {without_trails(self.detail)}"

    @property
    def unlisted_only(self) -> bool:
        """Whether objects may be missing while those that were listed are sound."""
        return self.reason in UNLISTED_ONLY and not self.subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to the source: the same for every page of one listing."""

    endpoint: str
    parameters: tuple[tuple[str, str], ...] = ()
    """Without the paging parameters and without any credential, in the order sent."""


class LookupOutcome(StrEnum):
    """The outcome of looking up an object that is referenced and not listed."""

    FOUND = "found"
    """It can be read: it is older than what was listed, or of another form."""
    UNLISTED = "unlisted"
    """It can be read, and its kind's listing should have had it."""
    DELETED = "deleted"
    """It was deleted: a finding about what references it, and no evidence gap."""
    HIDDEN = "hidden"
    """The credential may not see it."""
    NOT_FOUND = "not_found"
    """Deleted or hidden: the source responds to both alike."""
    UNKNOWN = "unknown"
    """It was not looked up, or the response does not say."""
    FAILED = "failed"
    """The source did not respond to the lookup: the next run asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangling:
    """An id that this kind references and that the other kind does not list."""

    field: str
    kind: str
    """The kind that should list it."""
    key: str
    named_by: str
    """The key of one record that names it."""
    lookup_outcome: LookupOutcome | None = None
    """None where it cannot be looked up."""

    @property
    def hidden(self) -> bool:
        """Whether the object may exist and be invisible."""
        return self.lookup_outcome not in {None, LookupOutcome.FOUND, LookupOutcome.DELETED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The arithmetic of a collection."""

    pages: int = 0
    items: int = 0
    """Items received, before deduplication."""
    total_at_start: int | None = None
    total_at_end: int | None = None
    read_to_end: bool = False
    """Whether every listing was read up to the page on which the source said there is no more."""
    duplicates: int = 0
    outside_window: int = 0
    rejected: int = 0
    appended: int = 0
    """Record versions that were new or changed."""
    unchanged: int = 0
    tombstones: int = 0
    requests: int = 0
    retries: int = 0
    refused: int = 0
    """Requests that the source refused."""
    waited: float = 0.0
    """Seconds spent waiting because of rate limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One attempt to collect one kind over one window."""

    id: str
    run: str
    connection: str
    kind: str
    version: int
    window: Window | None = None
    """None for a snapshot kind: it states the whole population. None for an event kind: what may
    have changed was read again, whatever its age."""
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    shortfalls: tuple[Shortfall, ...] = ()
    requests: tuple[Request, ...] = ()
    counts: Counts = Counts()
    unknown_fields: tuple[str, ...] = ()
    """Dotted names of fields the source sent and the schema does not name: drift, not evidence."""
    dangling: tuple[Dangling, ...] = ()
    population_root: str | None = None
    """Merkle root over the sorted ``(key, digest)`` pairs of a complete snapshot."""
    notes: tuple[str, ...] = ()
    """How it was read, where there was a choice."""
    depends_on: tuple[str, ...] = ()
    """Other kinds through whose records this was read."""
    amends: str | None = None
    """The collection to which this adds the lookups of its references."""
    account: str | None = None
    """The account that it was read from; None where the source did not tell."""

    @property
    def doubted(self) -> frozenset[str] | None:
        """The only objects whose evidence is in doubt, as ``kind:key``; None: any may be.

        A complete collection that names shortfalls contradicts itself and is taken as partial.
        """
        falls = self.shortfalls
        if self.outcome is Outcome.COMPLETE and not falls:
            return frozenset()
        narrow = self.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
        if narrow and falls and all(fall.subjects for fall in falls):
            return frozenset(subject for fall in falls for subject in fall.subjects)
        return None


def is_not_offered(
    outcome: Outcome | None, shortfalls: Iterable[Shortfall], *, optional: bool = False
) -> bool:
    """Whether a kind was not read because the source does not offer it, and for nothing else.

    Args:
        outcome: Of the attempt to read it.
        shortfalls: What that attempt did not see.
        optional: Whether the kind is: then a denial counts as not being offered, too.
    """
    reasons = {shortfall.reason for shortfall in shortfalls} - {Reason.HIDDEN_REFERENCES}
    refusals = {Reason.NOT_AVAILABLE, Reason.DENIED} if optional else {Reason.NOT_AVAILABLE}
    return outcome is Outcome.UNAVAILABLE and bool(reasons) and reasons <= refusals


def is_denied(shortfalls: Iterable[Shortfall]) -> bool:
    """Whether a kind was denied to the credential, which another one might read."""
    return any(shortfall.reason is Reason.DENIED for shortfall in shortfalls)


class Visibility(StrEnum):
    """How much of the account a credential is shown to see."""

    WHOLE = "whole"
    PART = "part"
    UNKNOWN = "unknown"
    """Nothing shows how much. It counts as little as a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialInfo:
    """What the source reports of the credential in use; never the credential itself."""

    kind: str
    """Such as ``account_api_key`` or ``user_api_key``."""
    scopes: tuple[str, ...] | None = None
    """None where the source does not report them."""
    role: str | None = None
    detail: JsonObject | None = None
    visibility: Visibility = Visibility.UNKNOWN
    """How much of the account it is shown to see. Where that is not the whole, no list of a kind
    that the source can filter counts as complete."""
    visibility_reason: str = ""
    """What shows that, or what it may not see, in plain words: ``an account key``."""
    account: str | None = None
    """What identifies the account that it opens, the same for every credential of that account:
    ``acme.example.com``. None where the source does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentCount:
    """How much of one kind is current."""

    connection: str
    kind: str
    version: int
    records: int
    """Keys that have not vanished."""
    last_collected_at: datetime | None
    last_outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount(CurrentCount):
    """How much of one kind is stored."""

    versions: int
    """Record versions ever stored."""
    rejected: int


def complete_windows(collections: Iterable[Collection]) -> tuple[Window, ...]:
    """Return what complete collections of events cover together, disjoint and in order."""
    return union(
        collection.window
        for collection in collections
        if collection.window is not None and collection.outcome is Outcome.COMPLETE
    )
