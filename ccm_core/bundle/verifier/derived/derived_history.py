"""The results of evaluations in the logs of rows and verdicts, read by change and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.derived.derived_bodies import (
    DerivedBodies,
    DerivedVersion,
    SubjectRow,
    row_key,
)
from ccm_core.bundle.verifier.derived.derived_log import DERIVED, DerivedNeed
from ccm_core.bundle.verifier.derived.derived_subjects import DerivedSubjects
from ccm_core.bundle.verifier.derived.population_tree import PopulationRoot
from ccm_core.bundle.verifier.derived.rule_counts import (
    ConnectionCounts,
    count_figures,
    count_problems,
    unevaluated_rows,
)
from ccm_core.bundle.verifier.derived.rule_tally import RuleTally, unused_waivers
from ccm_core.bundle.verifier.evaluations import (
    PASSING,
    Evaluated,
    History,
    Reading,
    items_of,
    merge_failure,
)


class EvidenceVersion(NamedTuple):
    """A leaf that states what a record was, or a manifest."""

    number: int
    """Its index."""
    name: str
    """As rows name it: ``kind:key``."""
    digest: str


class EvidenceBounds(Protocol):
    """How many leaves of the evidence an evaluation could read."""

    def leaves(self, index: int, read: Mapping[str, Any] | None) -> int:
        """Return that, by the leaf of the evaluation and what it says it read."""


class ConnectionLogs(NamedTuple):
    """What the logs of one connection hold, in the order of their leaves."""

    versions: Iterable[DerivedVersion]
    """Of rows and verdicts, as far as a package has them."""
    bodies: Callable[[str], DerivedBodies]
    """By kind."""
    evidence: Iterable[EvidenceVersion]
    """Read twice where something was erased."""
    bounds: EvidenceBounds
    size: int
    """Of the log of rows and verdicts: what its checkpoint proves."""


class DerivedConnection:
    """The rows and verdicts of one connection, at one evaluation after the other."""

    def __init__(
        self, connection: str, logs: ConnectionLogs, erased: Collection[str], history: History
    ) -> None:
        self.connection, self.logs, self.erased, self.history = connection, logs, erased, history
        self.versions = Lookahead(logs.versions)
        evidence = logs.evidence if erased else ()
        self.erased_names = {entry.name for entry in evidence if entry.digest in erased}
        self.evidence = Lookahead(logs.evidence)
        self.digests: dict[str, str] = {}
        """The newest of each record, by its name."""
        self.roots: dict[str, PopulationRoot] = {}
        self.bodies: dict[str, DerivedBodies] = {}
        self.views: dict[str, DerivedSubjects] = {}

    def view(self, over: str) -> DerivedSubjects:
        """Return the subjects of a view."""
        return self.views.setdefault(over, DerivedSubjects())

    def advance(self, bound: int, evidence_bound: int) -> Iterator[str]:
        """Read up to some leaves of the two logs; yield what is wrong with rows or verdicts."""
        for version in self.versions.up_to(bound):
            self.roots.setdefault(version.kind, PopulationRoot()).put(version.key, version.digest)
            body = None
            if version.digest is not None:
                if version.kind not in self.bodies:
                    self.bodies[version.kind] = self.logs.bodies(version.kind)
                body = self.bodies[version.kind].body(version)
            form, _, name = version.kind.partition("/")
            if form == "rows":
                self.view(name).set_row(version.key, body, version.digest)
                if isinstance(body, SubjectRow) and row_key(body) != version.key:
                    yield (
                        f"{version.kind} of {self.connection}: the row of {version.key} is about "
                        f"{row_key(body)}"
                    )
            else:
                pack, _, over = name.partition("/")
                self.view(over).set_verdicts(pack, version.key, body, version.digest)
        for entry in self.evidence.up_to(evidence_bound):
            if self.digests.get(entry.name) != entry.digest:
                self.digests[entry.name] = entry.digest
                for view in self.views.values():
                    view.record_changed(entry.name, erased=entry.name in self.erased_names)

    def check_roots(self, state: Mapping[str, Any], kinds: Collection[str]) -> Iterator[str]:
        """Yield the kinds of which an evaluation left another population."""
        for stated in state["kinds"]:
            root = self.roots.setdefault(stated["kind"], PopulationRoot())
            if stated["kind"] in kinds and (stated["root"], stated["records"]) != (
                root.root,
                root.size,
            ):
                yield stated["kind"]

    def finish(self) -> None:
        """Add what lasts up to the last evaluation."""
        for view in self.views.values():
            for group in view.groups.values():
                for tally in group.tallies.values():
                    tally.finish(self.history)


class Lookahead:
    """Yields what has a number below a bound, and goes on from there the next time."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self.entries = iter(entries)
        self.next = next(self.entries, None)

    def up_to(self, bound: int) -> Iterator[Any]:
        """Yield the entries whose number is below a bound."""
        while self.next is not None and self.next.number < bound:
            entry, self.next = self.next, next(self.entries, None)
            yield entry


class DerivedHistory:
    """Adds the results on single subjects to a history, and checks what evaluations state."""

    def __init__(
        self,
        need: DerivedNeed,
        reading: Reading,
        logs: Mapping[str, ConnectionLogs],
        history: History,
        problems: list[str],
    ) -> None:
        self.need, self.reading, self.logs = need, reading, logs
        self.history, self.problems = history, problems
        self.connections = {
            name: DerivedConnection(name, entry, reading.erased, history)
            for name, entry in logs.items()
        }
        self.reported: set[str] = set()

    def read(
        self, order: Evaluated, evaluation: Mapping[str, Any], leaf: Mapping[str, Any]
    ) -> None:
        """Read what an evaluation left."""
        states = {state["connection"]: state for state in evaluation["derived"]}
        when = evaluation["evaluated_at"]
        if bool(states) and "act" not in leaf:
            self.report("act", when, "states rows and verdicts, and no act of making them")
        for name in sorted(states.keys() & self.reading.connections):
            self.advance(self.connections[name], order[1], states[name], evaluation)
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules:
                self.read_rule(order, rule, states, when)

    def advance(
        self,
        connection: DerivedConnection,
        index: int,
        state: Mapping[str, Any],
        evaluation: Mapping[str, Any],
    ) -> None:
        """Bring one connection to what an evaluation left of it."""
        name, when = connection.connection, evaluation["evaluated_at"]
        bound = self.need.bounds.get(index, {}).get(name + DERIVED, 0)
        if bound > connection.logs.size:
            text = f"left {bound} leaves of the log {name}{DERIVED}"
            proven = f"{connection.logs.size} are proven: it was truncated"
            self.report(f"{name} size", when, f"{text}, of which {proven}")
        read = next((r for r in evaluation["evidence_read"] if r["connection"] == name), None)
        self.problems.extend(connection.advance(bound, connection.logs.bounds.leaves(index, read)))
        for kind in connection.check_roots(state, self.need.kinds):
            text = f"left another population of {kind} of {name} than its leaves lead to"
            self.report(f"{name} {kind}", when, text)
        for rule in self.rules_of(evaluation, state):
            tally = self.tally(connection, rule)
            tally.key = state["rule_keys"][rule["rule"]]
            rated = rule["rule"] in state["rated"]
            connection.view(rule["over"]).set_rated(tally, rated=rated)
        since = moment(state["period_since"])
        for view in connection.views.values():
            view.set_period(since)
            view.refresh(self.history)
        for rule in self.rules_of(evaluation, state):
            waived = state["waived"].get(rule["rule"], {})
            self.tally(connection, rule).set_waived(waived, self.history)

    def tally(self, connection: DerivedConnection, rule: Mapping[str, Any]) -> RuleTally:
        """Return the tally of a rule over a connection."""
        items = items_of(self.history, self.reading, rule["rule"], connection.connection)
        view = connection.view(rule["over"])
        return view.tally(rule["rule"], rule["pack"], connection.connection, items)

    def rules_of(
        self, evaluation: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the rules of the package that an evaluation has over a connection."""
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules and rule["rule"] in state["rule_keys"]:
                yield rule

    def read_rule(
        self, order: Evaluated, rule: Mapping[str, Any], states: Mapping[str, Any], when: str
    ) -> None:
        """Count one rule, hold the counts against what is stated, and add its results."""
        name = rule["rule"]
        counted, others = [], []
        for connection in sorted(states):
            state = states[connection]
            if name not in state["rule_keys"]:
                continue
            if connection not in self.connections:
                others.append(connection)
                continue
            here = self.connections[connection]
            view, tally = here.view(rule["over"]), self.tally(here, rule)
            judged = name in state["judged"]
            rows = unevaluated_rows(rule, connection, len(view.present)) if not judged else 0
            counted.append(
                ConnectionCounts(connection, tally if judged else None, rows, view.unreadable)
            )
            if judged:
                for key in unused_waivers(tally):
                    text = f"has a waiver of {name} for {key} of {connection}, which does not fail"
                    self.report(f"{name} waiver", when, text)
                view.add_evidence(tally, here.digests, self.reading.erased, self.history)
                tally.judge(order, failures=rule["status"] not in PASSING)
        failed = rule["population"]["failed"] - count_figures(rule, counted)["failed"]
        if others and failed > 0 and rule["status"] not in PASSING:
            self.add_elsewhere(order, name, others)
        for figure, problem in count_problems(rule, counted, others, whole=not states):
            self.report(f"{name} {figure}", when, f"states of {name} {problem}")

    def add_elsewhere(self, order: Evaluated, rule: str, others: Sequence[str]) -> None:
        """Add that subjects fail of connections that are not here: nothing says which."""
        places = ", ".join(others)
        title = f"subjects of {places}, which is not in this package"
        subject: dict[str, Any] = {
            "kind": "connection",
            "key": places,
            "title": title,
            "url": None,
            "owners": [],
        }
        key = (rule, places, "connection", places)
        merge_failure(self.history.failures, key, (order, order), 1, subject, waived=False)

    def report(self, about: str, when: str, problem: str) -> None:
        """Add a problem of an evaluation; of one thing only the first."""
        if about not in self.reported:
            self.reported.add(about)
            self.problems.append(f"the evaluation of {when} {problem}")

    def finish(self) -> None:
        """Add what lasts up to the last evaluation."""
        for connection in self.connections.values():
            connection.finish()
