"""What may be missing from a list that looks complete. Pure.

A source shows a credential what it may see, and does not say what it leaves out. So a list is as
complete as the credential's reach; an account without a single user is none; and a population of
which most is gone at once is believed when a person says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from ccm_core.model.evidence.amendments import VISIBILITY, amend, newest_forms
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    Reason,
    Shortfall,
    Visibility,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.evidence_kind import EvidenceKind, Shape

SMALLEST_POPULATION = 10
"""A population of fewer records may lose most of them without a doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPopulation:
    """What a list of one kind, read to its end, contained."""

    kind: EvidenceKind
    records: int
    """Different objects, those included that their schema rejected."""
    before: int = 0
    """Current records before it was read."""

    @property
    def impossible(self) -> bool:
        """Whether it is empty, though there is always at least one such object."""
        return self.kind.never_empty and not self.records

    @property
    def collapsed(self) -> bool:
        """Whether more than half of at least ten records are gone."""
        snapshot = self.kind.shape is Shape.SNAPSHOT
        return snapshot and self.before >= SMALLEST_POPULATION and 2 * self.records < self.before


@dataclass(slots=True, kw_only=True)
class Reach:
    """What one run knows of how far its credential sees."""

    credential: CredentialInfo | None = None
    accepted_collapses: Mapping[str, str] = field(default_factory=dict)
    """Why the collapse of a kind's population is accepted, by kind."""
    nothing_seen: Shortfall | None = None
    """That a list was empty that never is."""

    def shortfalls(self, listing: ListedPopulation) -> list[Shortfall]:
        """Return what may be missing from a list; note where it shows that nothing is seen."""
        if listing.impossible:
            self.nothing_seen = _nothing_seen(listing.kind)
        return [*self.of_credential(listing.kind), *self._collapse(listing)]

    def of_credential(self, kind: EvidenceKind) -> list[Shortfall]:
        """Return what the credential may not see of a kind; nothing where it sees all."""
        if not kind.filtered:
            return []
        hidden = _hidden(self.credential)
        return [shortfall for shortfall in (self.nothing_seen, hidden) if shortfall]

    def _collapse(self, listing: ListedPopulation) -> list[Shortfall]:
        if not listing.collapsed or listing.kind.name in self.accepted_collapses:
            return []
        return [_collapse(listing)]

    @property
    def sees_whole(self) -> bool:
        """Whether nothing can be hidden from the credential."""
        return _hidden(self.credential) is None and self.nothing_seen is None

    def amendments(
        self, collections: Sequence[Collection], kinds: Mapping[str, EvidenceKind], now: datetime
    ) -> tuple[Collection, ...]:
        """Return the amendments of what a run had read before it showed that nothing is seen."""
        read = newest_forms(collections).values()
        filtered = [(form, kinds[form.kind]) for form in read if kinds[form.kind].filtered]
        return tuple(
            amend(form, name=VISIBILITY, shortfalls=self.of_credential(kind), now=now)
            for form, kind in filtered
        )

    def note(self, listing: ListedPopulation) -> str | None:
        """Return that a collapse was accepted, where it was."""
        reason = self.accepted_collapses.get(listing.kind.name)
        if reason is None or not listing.collapsed:
            return None
        return f"accepted: {listing.before} records before, {listing.records} now: {reason}"


def without_repeated(
    inherited: Iterable[Shortfall], own: Iterable[Shortfall]
) -> Sequence[Shortfall]:
    """Return inherited shortfalls without the credential's reach, where the own ones name it."""
    named = any(shortfall.reason is Reason.VISIBILITY for shortfall in own)
    return [
        shortfall
        for shortfall in inherited
        if not (named and shortfall.reason is Reason.VISIBILITY and not shortfall.subjects)
    ]


def _hidden(credential: CredentialInfo | None) -> Shortfall | None:
    if credential is not None and credential.visibility is Visibility.WHOLE:
        return None
    unknown = credential is None or credential.visibility is Visibility.UNKNOWN
    seen = "is not shown to see the whole account" if unknown else "sees a part of the account"
    named = f"the credential ({credential.kind})" if credential else "the credential"
    why = f": {credential.visibility_reason}" if credential and credential.visibility_reason else ""
    return Shortfall(
        reason=Reason.VISIBILITY,
        detail=f"{named} {seen}{why}, and lists do not say what they leave out",
    )


def _nothing_seen(kind: EvidenceKind) -> Shortfall:
    return Shortfall(
        reason=Reason.VISIBILITY,
        detail=f"the source listed 0 of {kind.name}, expected at least 1: there is always one. "
        "The credential sees nothing, or the address is not that of the account",
    )


def _collapse(listing: ListedPopulation) -> Shortfall:
    name = listing.kind.name
    return Shortfall(
        reason=Reason.COLLAPSED,
        detail=f"{listing.before} of {name} were listed before and {listing.records} now, on a "
        "second read too. If that is right, accept it with accept_collapse in the connection's "
        "settings",
        missing=listing.before - listing.records,
    )
