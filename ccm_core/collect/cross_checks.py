"""Holds kinds that tell of the same thing against each other, once a run has read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime, timedelta

from ccm_core.collect.repeated_contradictions import last_read_of_same, without_next_step
from ccm_core.model.evidence.amendments import CONTRADICTION, amend, newest_forms
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window, subtract
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.cross_check import CreationEvents, CrossCheck

MOST_EXAMPLES = 3
"""Contradictions that are written out; all are counted."""
CREATION_DELAY = timedelta(minutes=1)
"""How far an event of a creation may lie from the instant by which its object is listed."""
EVENT_DELAY = timedelta(minutes=10)
"""How long before the end of a window the event of a creation may not be listed yet."""

Creations = Mapping[tuple[str, str], tuple[datetime, str]]
"""By the kind and key of an object: when an event shows its creation, and the event's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unlisted:
    """An object that an event shows to have been created and that is not stored."""

    kind: str
    key: str
    created_at: datetime
    event: str
    named_in: str
    """The collection of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationTracker:
    """The objects of which this run's events show the creation and that are not stored."""

    existing_keys: Callable[[str, AbstractSet[str]], AbstractSet[str]]
    """Returns those of some keys that exist of a kind."""
    _unlisted: dict[tuple[str, str], _Unlisted] = field(default_factory=dict)

    def add(self, collection: str, creations: Creations) -> None:
        """Add the creations that a stored collection shows, without what is stored already."""
        unlisted = {
            (kind, key): _Unlisted(
                kind=kind, key=key, created_at=instant, event=event, named_in=collection
            )
            for (kind, key), (instant, event) in creations.items()
        }
        self._unlisted.update(self._not_stored(unlisted))

    def with_unlisted(
        self, keys: Sequence[str], kind: str, collections: Sequence[Collection]
    ) -> tuple[str, ...]:
        """Return the keys to read one by one, with those that an earlier run's list left out.

        Args:
            keys: To read anyway.
            kind: Of the objects.
            collections: Of this run: what its own windows left out, another read of them shows.
        """
        windows = [form.window for form in collections if form.kind == kind and form.window]
        left_out = {
            entry.key
            for entry in self._not_stored(self._unlisted).values()
            if entry.kind == kind and subtract([_around(entry.created_at)], windows)
        }
        return tuple(sorted({*keys, *left_out}))

    def contradictions(
        self, earlier: Sequence[Collection], collections: Sequence[Collection], now: datetime
    ) -> tuple[Collection, ...]:
        """Return the amendments of lists that lack an object created in their window.

        Args:
            earlier: The collections before this run; what they read to its end counts as well.
            collections: Of this run, in order.
            now: When this is found out.
        """
        forms, before = newest_forms(collections), newest_forms(earlier)
        amended: dict[str, list[_Unlisted]] = {}
        for unlisted in self._not_stored(self._unlisted).values():
            listed = list(_windows_read(unlisted.kind, [*before.values(), *forms.values()]))
            if subtract([_around(unlisted.created_at)], listed):
                continue
            for root in _concerned(unlisted, forms):
                amended.setdefault(root, []).append(unlisted)
        return tuple(
            amend(forms[root], name=CONTRADICTION, shortfalls=[_left_out(named)], now=now)
            for root, named in amended.items()
        )

    def _not_stored(
        self, unlisted: Mapping[tuple[str, str], _Unlisted]
    ) -> Mapping[tuple[str, str], _Unlisted]:
        keys: dict[str, set[str]] = {}
        for kind, key in unlisted:
            keys.setdefault(kind, set()).add(key)
        stored = {kind: self.existing_keys(kind, of_kind) for kind, of_kind in keys.items()}
        return {name: entry for name, entry in unlisted.items() if name[1] not in stored[name[0]]}


def contradictions(
    checks: Iterable[CrossCheck],
    collections: Sequence[Collection],
    current_records: Callable[[str], Sequence[JsonObject]],
    *,
    moment: datetime,
    now: datetime,
) -> tuple[Collection, ...]:
    """Return the amendments of collections whose records contradict each other.

    Args:
        checks: Of the connector.
        collections: Of this run, in order. Kinds that it did not read, or not to the end, prove
            nothing.
        current_records: Loads the current bodies of a kind.
        moment: The run's moment.
        now: When this is found out.
    """
    amended: list[Collection] = []
    for check in checks:
        newest = newest_forms([*collections, *amended])
        read = [form for form in newest.values() if form.kind in check.kinds]
        if {form.kind for form in read} != set(check.kinds) or not all(map(_is_listed, read)):
            continue
        bodies = {kind: current_records(kind) for kind in (*check.kinds, *check.uses)}
        if examples := check.contradictions(bodies, moment):
            shortfall = _shortfall(check, examples)
            amended += [
                amend(form, name=CONTRADICTION, shortfalls=[shortfall], now=now) for form in read
            ]
    return tuple(amended)


def without_events(
    creation_events: Iterable[CreationEvents],
    collections: Sequence[Collection],
    created_at: Mapping[str, Sequence[datetime]],
    earlier: Sequence[Collection],
    now: datetime,
) -> tuple[Collection, ...]:
    """Return the amendments of empty lists of events in whose windows objects were created.

    Args:
        creation_events: What marks the events of creations, of the connector.
        collections: Of this run, in order.
        created_at: By kind: when the objects were created that this run read.
        earlier: The collections before this run, as they were amended, in order. A window that was
            empty beside objects stays contradicted while it is, whether they are read again or not.
        now: When this is found out.
    """
    newest = newest_forms(collections)
    amended: list[Collection] = []
    for events in creation_events:
        for empty in collections:
            if empty.kind != events.kind or empty.amends or empty.counts.items:
                continue
            objects = _within(empty.window, created_at.get(events.creates, ()))
            shortfall = _no_events(events, objects) if objects else _stated(empty, earlier)
            if shortfall is not None and _is_listed(newest[empty.id]):
                amended.append(
                    amend(newest[empty.id], name=CONTRADICTION, shortfalls=[shortfall], now=now)
                )
    return tuple(amended)


def _within(window: Window | None, instants: Iterable[datetime]) -> int:
    if window is None or window.length <= CREATION_DELAY + EVENT_DELAY:
        return 0
    certain = Window(window.since + CREATION_DELAY, window.until - EVENT_DELAY)
    return sum(instant in certain for instant in instants)


def _stated(empty: Collection, earlier: Sequence[Collection]) -> Shortfall | None:
    """Return what the read of the same before stated of its events being empty."""
    before = last_read_of_same(empty, earlier)
    for shortfall in before.shortfalls if before is not None else ():
        if shortfall.reason is Reason.CONTRADICTED and _EMPTY in shortfall.detail:
            return replace(shortfall, detail=without_next_step(shortfall))
    return None


_EMPTY = "the source listed 0 events"


def _no_events(events: CreationEvents, objects: int) -> Shortfall:
    return Shortfall(
        reason=Reason.CONTRADICTED,
        detail=f"{events.kind}: {_EMPTY} of a window in which {objects} of "
        f"{events.creates} were created, expected at least one for each",
        missing=objects,
    )


def _is_listed(collection: Collection) -> bool:
    partial = collection.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
    return partial and all(shortfall.unlisted_only for shortfall in collection.shortfalls)


def _shortfall(check: CrossCheck, examples: Sequence[str]) -> Shortfall:
    more = f"; and {len(examples) - MOST_EXAMPLES} more" if len(examples) > MOST_EXAMPLES else ""
    return Shortfall(
        reason=Reason.CONTRADICTED,
        detail=f"{' and '.join(check.kinds)} contradict each other: "
        f"{'; '.join(examples[:MOST_EXAMPLES])}{more}",
    )


def _windows_read(kind: str, forms: Iterable[Collection]) -> Iterator[Window]:
    for form in forms:
        if form.kind == kind and form.window is not None and form.outcome is Outcome.COMPLETE:
            yield form.window


def _around(instant: datetime) -> Window:
    return Window(instant - CREATION_DELAY, instant + CREATION_DELAY)


def _concerned(unlisted: _Unlisted, forms: Mapping[str, Collection]) -> Iterator[str]:
    """Yield the ids of this run's lists that name the object, and that should have had it."""
    of_kind = {root: form for root, form in forms.items() if form.kind == unlisted.kind}
    around = _around(unlisted.created_at)
    windows = {
        root
        for root, form in of_kind.items()
        if form.window is not None and subtract([around], [form.window]) != (around,)
    }
    yield from windows or of_kind
    if unlisted.named_in in forms:
        yield unlisted.named_in


def _left_out(unlisted: Sequence[_Unlisted]) -> Shortfall:
    """Return that a list left out what events show; all of one kind, or the first kind's."""
    first = unlisted[0]
    keys = sorted({entry.key for entry in unlisted if entry.kind == first.kind})
    examples = ", ".join(keys[:MOST_EXAMPLES])
    more = f" and {len(keys) - MOST_EXAMPLES} more" if len(keys) > MOST_EXAMPLES else ""
    return Shortfall(
        reason=Reason.CONTRADICTED,
        detail=f"{len(keys)} of {first.kind} are not on the list of a window that was read to its "
        f"end, though events show that they were created in it: {examples}{more}, such as the "
        f"event {first.event}, at {first.created_at.isoformat()}",
        missing=len(keys),
    )
