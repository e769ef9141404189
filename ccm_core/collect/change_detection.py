"""What may have changed since it was read, told by events of another kind.

There is no cursor here either. The newest refresh that left nothing open to doubt is the mark: what
events that were kept after it tell of is read again. Without a refresh, the first window that was
read is the mark. A run that was cut off between the two loses nothing: its events come after the
mark, and the next run reads them back from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import at_path
from ccm_core.collect.outcome import named
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.window import Window, subtract
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import ChangedBy, Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedKeys:
    """What is known of changes."""

    keys: tuple[str, ...]
    """What may have changed."""
    unseen: tuple[Window, ...]
    """When something may have changed and nobody would have told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFeed:
    """One kind and the events that tell of its changes."""

    kind: str
    by: ChangedBy
    occurred_at: str
    """Where events have their instant."""
    late: timedelta
    """How long after it happened an event may come to be listed."""
    earlier: Sequence[Collection] = ()
    """What was kept of both kinds before this run, in order."""
    now: Sequence[Collection] = ()
    """The same for this run."""

    def told(
        self,
        heard: Mapping[str, datetime],
        fresh: AbstractSet[str],
        added: Callable[[Collection], Iterable[JsonObject]],
        moment: datetime,
    ) -> ChangedKeys:
        """Say what may have changed.

        Args:
            heard: What this run's events name, and when the newest of them happened.
            fresh: What this run's windows of the kind have read.
            added: Gives what was new in a collection of an earlier run.
            moment: Up to when changes count.
        """
        mark = self._mark()
        if mark is None:
            return ChangedKeys(keys=(), unseen=())
        since = mark.started_at - self.late
        keys = {key for key, instant in heard.items() if instant >= since}
        for collection in self._events_after(mark):
            keys |= set(self._named_in(added(collection), since))
        doubt = {one.removeprefix(f"{self.kind}:") for one in self._doubts(mark)}
        return ChangedKeys(
            keys=tuple(sorted((keys | doubt) - fresh)), unseen=self._unseen(mark.started_at, moment)
        )

    def heeded_since(self, now: datetime) -> datetime:
        """Say from when on changes count; ``now`` is the moment of the run."""
        mark = self._mark()
        # Without a mark, the first window that this run reads whole will be it.
        return (now if mark is None else mark.started_at) - self.late

    def _mark(self) -> Collection | None:
        mine = [one for one in (*self.earlier, *self.now) if one.kind == self.kind]
        refreshes = [one for one in mine if one.window is None and named(one) is not None]
        if refreshes:
            return refreshes[-1]
        seen = (one for one in mine if one.window and one.outcome is Outcome.COMPLETE)
        return next(seen, None)

    def _events_after(self, mark: Collection) -> Sequence[Collection]:
        """Give the telling collections of runs that ended before they could be acted upon."""
        place = next((n for n, one in enumerate(self.earlier) if one.id == mark.id), None)
        after = [] if place is None else self.earlier[place + 1 :]
        return [one for one in after if one.kind == self.by.kind and one.counts.appended]

    def _named_in(self, bodies: Iterable[JsonObject], since: datetime) -> Iterable[str]:
        for body in bodies:
            key, instant = at_path(body, self.by.path), at_path(body, self.occurred_at)
            if (
                isinstance(key, str)
                and isinstance(instant, str)
                and parse_instant(instant) >= since
            ):
                yield key

    def _doubts(self, mark: Collection) -> AbstractSet[str]:
        return (named(mark) or set()) if mark.window is None else set()

    def _unseen(self, since: datetime, moment: datetime) -> tuple[Window, ...]:
        if since >= moment:
            return ()
        heard = [
            one.window
            for one in (*self.earlier, *self.now)
            # Events found through the objects themselves cannot tell of objects nobody looked at.
            if one.kind == self.by.kind and one.window and one.outcome is Outcome.COMPLETE
            if self.kind not in one.through
        ]
        return subtract([Window(since, moment)], heard)


def heeded_since(
    collectors: Sequence[Collector], kept: Mapping[str, Sequence[Collection]], begin: datetime
) -> datetime | None:
    """Say from when on collections matter to a plan; None: all of them do.

    Args:
        collectors: Of the connection.
        kept: What is known of its collections by kind: the newest of each kind and outcome at
            least, those without a window apart.
        begin: Where the connection's horizon begins.
    """
    moments = [begin]
    for one in collectors:
        earlier = kept.get(one.kind, ())
        if one.refresh is None or one.changed_by is None or not earlier:
            continue
        marks = [each for each in earlier if each.window is None and named(each) is not None]
        if not marks:
            return None
        moments.append(marks[-1].started_at)
    return min(moments)
