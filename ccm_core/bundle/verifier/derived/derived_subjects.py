"""The rows of one view of one connection and what rules say of them, kept by change."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.counting.period_items import (
    LEFT_SCOPE,
    Items,
)
from ccm_core.bundle.verifier.derived.derived_bodies import RuleVerdict, SubjectRow
from ccm_core.bundle.verifier.derived.rule_tally import RuleTally, Standing
from ccm_core.bundle.verifier.evaluations import (
    History,
    ScopedHistory,
)
from ccm_core.bundle.verifier.scoping.framework_scopes import INSIDE

Verdicts = Mapping[str, RuleVerdict]


class GroupTallies(NamedTuple):
    """The rules of one pack over the view, and what they say by subject."""

    verdicts: dict[str, Any]
    """By key; None where it was erased."""
    tallies: dict[tuple[str, str], RuleTally]
    """By framework, which is empty for all that there is, and rule."""


class NamedRecords:
    """Which subjects name a record: one subject as its key, several as a set of keys."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}

    def add(self, names: Iterable[str], key: str) -> None:
        """Note that a subject names some records."""
        for name in names:
            before = self.keys.get(name)
            if before is None:
                self.keys[name] = key
            elif isinstance(before, set):
                before.add(key)
            elif before != key:
                self.keys[name] = {before, key}

    def remove(self, names: Iterable[str], key: str) -> None:
        """Note that a subject does not name some records any more."""
        for name in names:
            before = self.keys.get(name)
            if isinstance(before, set):
                before.discard(key)
            elif before == key:
                del self.keys[name]

    def of(self, name: str) -> Iterable[str]:
        """Return the subjects that name a record."""
        keys = self.keys.get(name, ())
        return (keys,) if isinstance(keys, str) else keys


class DerivedSubjects:
    """The subjects of one view, and which of them count in the period of an evaluation."""

    def __init__(self) -> None:
        self.rows: dict[str, SubjectRow | None] = {}
        """None: it was erased."""
        self.groups: dict[str, GroupTallies] = {}
        """By pack."""
        self.dated: list[tuple[datetime, str]] = []
        self.names = NamedRecords()
        """Which of the subjects that count have a row that names a record."""
        self.looked_up = NamedRecords()
        self.since: datetime | None = None
        self.present: set[str] = set()
        """The subjects of the period."""
        self.unreadable: set[str] = set()
        self.erased: dict[tuple[str, str], bytes] = {}
        """Packed digests of rows and verdicts that were erased, by pack (none: a row) and key."""
        self.changed: set[str] = set()

    def tally(
        self,
        rule: str,
        pack: str,
        connection: str,
        items: Items,
        scoped: tuple[str, ScopedHistory | None] = ("", None),
    ) -> RuleTally:
        """Return the tally of a rule, which begins with what is known where it is new.

        Args:
            rule: The rule.
            pack: Whose it is.
            connection: Whose rows.
            items: What becomes of its items.
            scoped: The framework whose scope is counted, and to what that is added.
        """
        group = self.groups.setdefault(pack, GroupTallies({}, {}))
        name = (scoped[0], rule)
        if name not in group.tallies:
            group.tallies[name] = RuleTally(rule, connection, items, scoped[1])
            self.changed.update(self.rows)
        return group.tallies[name]

    def note_erased(self, pack: str, key: str, digest: bytes | None) -> None:
        """Note that a row, or what a pack says of a subject, was erased; None: it was not."""
        self.erased.pop((pack, key), None)
        if digest is not None:
            self.erased[pack, key] = digest

    def set_row(self, key: str, row: SubjectRow | None, digest: bytes | None) -> None:
        """Set the row of a subject: None where it was erased, and no digest where it is gone."""
        gone = digest is None
        before = self.rows.pop(key, None)
        if before is not None:
            self.names.remove(before.names, key)
            if before.occurred_at is not None:
                entry = (before.occurred_at, key)
                del self.dated[bisect_left(self.dated, entry)]
        if not gone:
            self.rows[key] = row
        self.note_erased("", key, digest if row is None else None)
        if row is not None and row.occurred_at is not None:
            insort(self.dated, (row.occurred_at, key))
        self.changed.add(key)

    def set_verdicts(
        self, pack: str, key: str, verdicts: Verdicts | None, digest: bytes | None
    ) -> None:
        """Set what a pack says: None where that was erased, and no digest where it is gone."""
        gone = digest is None
        group = self.groups.setdefault(pack, GroupTallies({}, {}))
        before = group.verdicts.pop(key, None)
        if before is not None:
            for verdict in before.values():
                self.looked_up.remove(verdict.looked_up, key)
        if not gone:
            group.verdicts[key] = verdicts
        self.note_erased(pack, key, digest if verdicts is None else None)
        for verdict in (verdicts or {}).values():
            self.looked_up.add(verdict.looked_up, key)
        self.changed.add(key)

    def set_period(self, since: datetime) -> None:
        """Set when the period begins: what lies between the two beginnings is looked at again."""
        if self.since is None:
            self.changed.update(self.rows)
        elif since != self.since:
            first, last = sorted((since, self.since))
            start, end = bisect_left(self.dated, (first, "")), bisect_left(self.dated, (last, ""))
            self.changed.update(key for _, key in self.dated[start:end])
        self.since = since

    def set_rated(self, tally: RuleTally, *, rated: bool) -> None:
        """Set whether a rule judges a share: what occurred before the period is not its own."""
        if tally.rated != rated:
            tally.rated = rated
            self.changed.update(self.rows)

    def set_letter(self, tally: RuleTally, letter: int | None) -> None:
        """Set which letter of rows tells what is outside of the scope of a tally."""
        if tally.letter != letter:
            tally.letter, tally.rescoped = letter, True
            self.changed.update(self.rows)

    def refresh(self, history: History) -> None:
        """Count again what changed."""
        if self.since is None:
            return
        since = self.since
        for key in self.changed:
            row = self.rows.get(key)
            known = key in self.rows
            (self.unreadable.add if known and row is None else self.unreadable.discard)(key)
            counts = row is not None and row.counts(since, rated=False)
            if row is not None:
                (self.names.add if counts else self.names.remove)(row.names, key)
            (self.present.add if counts else self.present.discard)(key)
            for pack, group in self.groups.items():
                verdicts = group.verdicts.get(key)
                erased = key in group.verdicts and verdicts is None
                for (_, rule), tally in group.tallies.items():
                    standing = None
                    verdict = verdicts.get(rule) if verdicts else None
                    if row is not None and verdict and row.counts(since, rated=tally.rated):
                        standing = in_scope(tally, key, Standing(row, verdict))
                    tally.put(key, standing, history)
                    unreadable = known and (erased or row is None) and key in group.verdicts
                    (tally.unreadable.add if unreadable else tally.unreadable.discard)(key)
                    if unreadable and (verdicts is None or rule in verdicts):
                        names = (self.erased.get((place, key)) for place in ("", pack))
                        tally.rest_on_erased(key, frozenset(filter(None, names)))
        self.changed.clear()
        for tally in (t for group in self.groups.values() for t in group.tallies.values()):
            tally.rescoped = False

    def record_changed(self, name: str, *, erased: bool) -> None:
        """Note that a record changed, for the evidence behind the subjects that name it."""
        if self.since is None:
            return
        keys = self.naming(name)
        for tally in (t for group in self.groups.values() for t in group.tallies.values()):
            resting = [key for key in keys if names_record(tally.standings.get(key), name)]
            if erased:
                tally.fresh.update(resting)
            elif resting:
                tally.fresh_names.add(name)

    def naming(self, name: str) -> list[str]:
        """Return the subjects whose row or verdicts name a record."""
        return [*self.names.of(name), *self.looked_up.of(name)]

    def add_evidence(
        self,
        tally: RuleTally,
        digests: Mapping[str, bytes],
        erased: Collection[bytes],
        history: History,
    ) -> set[str]:
        """Add what changed behind the results of a rule, in an evaluation in which they count.

        Returns:
            The records that these results rest on and that no leaf states.
        """
        tally.fresh_names = {
            name
            for name in tally.fresh_names
            if any(names_record(tally.standings.get(key), name) for key in self.naming(name))
        }
        return tally.add_evidence(digests, erased, history)


def in_scope(tally: RuleTally, key: str, standing: Standing) -> Standing | None:
    """Return what counts of a subject in the scope of a tally, where it has one.

    What was in scope and is not any more left it; of what never was nothing counts. Where the scope
    was changed instead, what was found before stands: nobody takes items away afterwards.
    """
    if tally.scoped is None:
        return standing
    row, letter = standing.row, tally.letter
    if row.is_outside(letter):
        tally.scoped.left_out.add((tally.connection, key))
        left = Standing(row, RuleVerdict(LEFT_SCOPE, ()))
        return left if key in tally.standings and not tally.rescoped else None
    if letter is not None and row.letters[letter] == INSIDE:
        tally.scoped.named.add((tally.connection, key))
    return standing


def names_record(standing: Standing | None, name: str) -> bool:
    """Return whether a result that counts rests on a record."""
    return standing is not None and (
        name in standing.row.names or name in standing.verdict.looked_up
    )
