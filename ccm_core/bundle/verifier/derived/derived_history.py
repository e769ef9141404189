"""The results of evaluations in the logs of rows and verdicts, read by change and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.counting.period_items import (
    Evaluated,
)
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
    History,
    Reading,
    ScopedHistory,
    add_results,
    add_shares,
    empty_history,
    items_of,
    merge_failure,
)
from ccm_core.bundle.verifier.method_facts import extend
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest
from ccm_core.bundle.verifier.scoping.framework_scopes import EVERYTHING, scope_words
from ccm_core.bundle.verifier.scoping.scoped_rules import (
    active_letter,
    results_on_rows,
    scoped_rule,
    stated_scope,
    supports,
)


class EvidenceVersion(NamedTuple):
    """A leaf that states what a record was, or a manifest."""

    number: int
    """Its index."""
    name: str
    """As rows name it: ``kind:key``."""
    digest: bytes
    """Packed."""


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
    evidence: Iterable[EvidenceVersion] | None
    """Read twice where something was erased; None: nobody asks for the evidence behind results."""
    bounds: EvidenceBounds
    size: int
    """Of the log of rows and verdicts: what its checkpoint proves."""


class DerivedConnection:
    """The rows and verdicts of one connection, at one evaluation after the other."""

    def __init__(
        self, connection: str, logs: ConnectionLogs, erased: Collection[str], history: History
    ) -> None:
        self.connection, self.logs, self.history = connection, logs, history
        self.erased = set(map(pack_digest, erased))
        self.versions = Lookahead(logs.versions)
        evidence = logs.evidence or ()
        self.erased_names = {
            entry.name for entry in (evidence if erased else ()) if entry.digest in self.erased
        }
        self.evidence = Lookahead(evidence)
        self.digests: dict[str, bytes] = {}
        """The newest of each record, packed, by its name."""
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
        views = list(self.views.values())
        for entry in self.evidence.up_to(evidence_bound):
            if self.digests.get(entry.name) != entry.digest:
                self.digests[entry.name] = entry.digest
                for view in views:
                    if entry.name in view.names.keys or entry.name in view.looked_up.keys:
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
        for framework in {scope["framework"] for scope in need.scopes} & {*reading.frameworks}:
            history.scopes[framework] = ScopedHistory(empty_history(), {}, set(), set())

    def read(
        self, order: Evaluated, evaluation: Mapping[str, Any], leaf: Mapping[str, Any]
    ) -> None:
        """Read what an evaluation left."""
        states = {state["connection"]: state for state in evaluation["derived"]}
        when = evaluation["evaluated_at"]
        if bool(states) and "act" not in leaf:
            self.report("act", when, "states rows and verdicts, and no act of making them")
        self.read_scopes(evaluation)
        for name in sorted(states.keys() & self.reading.connections):
            self.advance(self.connections[name], order[1], states[name], evaluation)
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules:
                self.read_rule(order, rule, states, when)
                for framework in self.scoped_for(rule):
                    self.read_scoped_rule(order, rule, states, evaluation, framework)

    def read_scopes(self, evaluation: Mapping[str, Any]) -> None:
        """Note which scopes an evaluation states, and that its inputs state them too."""
        at = evaluation["evaluated_at"]
        for framework, part in self.history.scopes.items():
            scope = stated_scope(evaluation, framework)
            extend(part.stated, EVERYTHING if scope is None else scope_words(scope), at)
            known = scope is None or active_letter(self.need.scopes, scope) is not None
            if not known and evaluation["derived"]:
                text = "than the others that were made with the same inputs"
                self.report(f"scope {framework}", at, f"states another scope of {framework} {text}")

    def scoped_for(self, rule: Mapping[str, Any]) -> Iterator[str]:
        """Yield the frameworks with a scope that a rule supports."""
        yield from (name for name in sorted(self.history.scopes) if supports(rule, name))

    def letter_of(self, evaluation: Mapping[str, Any], framework: str) -> int | None:
        """Return which letter of rows tells what is outside in an evaluation; None: nothing is."""
        return active_letter(self.need.scopes, stated_scope(evaluation, framework))

    def read_scoped_rule(
        self,
        order: Evaluated,
        rule: Mapping[str, Any],
        states: Mapping[str, Any],
        evaluation: Mapping[str, Any],
        framework: str,
    ) -> None:
        """Read what an evaluation states of a rule for what is in the scope of a framework."""
        scoped, history = scoped_rule(rule, framework), self.history.scopes[framework].history
        since = {name: state["period_since"] for name, state in states.items()}
        if states:
            self.read_rule(order, scoped, states, evaluation["evaluated_at"], framework)
        elif scoped is not rule:
            letter = self.letter_of(evaluation, framework)
            rows = results_on_rows(rule, scoped["results"], partial(self.is_outside, rule, letter))
            scoped = {**scoped, "results": [*scoped["results"], *rows]}
        add_shares(history, order, scoped, since)
        add_results(history, order, scoped, self.reading, late=not states)

    def is_outside(
        self, rule: Mapping[str, Any], letter: int | None, result: Mapping[str, Any]
    ) -> bool:
        """Return whether a result is on a row that is known to be outside of a scope."""
        connection, subject = self.connections.get(result["connection"]), result["subject"]
        if connection is None:
            return False
        row = connection.view(rule["over"]).rows.get(f"{subject['kind']}:{subject['key']}")
        return row is not None and row.is_outside(letter)

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
            view, rated = connection.view(rule["over"]), rule["rule"] in state["rated"]
            for framework in ("", *self.scoped_for(rule)):
                letter = self.letter_of(evaluation, framework) if framework else None
                tally = self.tally(connection, rule, framework)
                tally.key = f"{state['rule_keys'][rule['rule']]} {letter}"
                view.set_rated(tally, rated=rated)
                view.set_letter(tally, letter)
        since = moment(state["period_since"])
        for view in connection.views.values():
            view.set_period(since)
            view.refresh(self.history)
        for rule in self.rules_of(evaluation, state):
            waived = state["waived"].get(rule["rule"], {})
            for framework in ("", *self.scoped_for(rule)):
                self.tally(connection, rule, framework).set_waived(waived, self.history)

    def tally(
        self, connection: DerivedConnection, rule: Mapping[str, Any], framework: str = ""
    ) -> RuleTally:
        """Return the tally of a rule over a connection: of all, or of the scope of a framework."""
        scoped = self.history.scopes.get(framework)
        history = self.history if scoped is None else scoped.history
        items = items_of(history, self.reading, rule["rule"], connection.connection)
        view = connection.view(rule["over"])
        name = (rule["rule"], rule["pack"], connection.connection)
        return view.tally(*name, items, (framework, scoped))

    def rules_of(
        self, evaluation: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the rules of the package that an evaluation has over a connection."""
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules and rule["rule"] in state["rule_keys"]:
                yield rule

    def read_rule(
        self,
        order: Evaluated,
        rule: Mapping[str, Any],
        states: Mapping[str, Any],
        when: str,
        framework: str = "",
    ) -> None:
        """Count one rule, hold the counts against what is stated, and add its results.

        Args:
            order: When the evaluation was, and the index of its leaf.
            rule: As the evaluation states it: for all, or for what is in scope.
            states: What the evaluation left of each connection.
            when: Its moment.
            framework: Whose scope is counted; empty: all.
        """
        name, history = rule["rule"], self.history.of_framework(framework)
        counted, others = [], []
        for connection in sorted(states):
            state = states[connection]
            if name not in state["rule_keys"]:
                continue
            if connection not in self.connections:
                others.append(connection)
                continue
            here = self.connections[connection]
            view, tally = here.view(rule["over"]), self.tally(here, rule, framework)
            judged = name in state["judged"]
            rows = unevaluated_rows(rule, connection, len(view.present)) if not judged else 0
            counted.append(
                ConnectionCounts(connection, tally if judged else None, rows, view.unreadable)
            )
            if judged:
                for key in () if framework else unused_waivers(tally):
                    text = f"has a waiver of {name} for {key} of {connection}, which does not fail"
                    self.report(f"{name} waiver", when, text)
                unstated = view.add_evidence(tally, here.digests, here.erased, self.history)
                if here.logs.evidence is not None:
                    self.report_unstated(connection, unstated, when)
                tally.judge(order, failures=rule["status"] not in PASSING)
        failed = rule["population"]["failed"] - count_figures(rule, counted)["failed"]
        if others and failed > 0 and rule["status"] not in PASSING:
            self.add_elsewhere(history, order, name, others)
        about = f"{name} in the scope of {framework}" if framework else name
        for figure, problem in count_problems(rule, counted, others, whole=not states):
            self.report(f"{about} {figure}", when, f"states of {about} {problem}")

    def report_unstated(self, connection: str, names: Collection[str], when: str) -> None:
        """Report the records that results rest on and that no leaf states, once for each kind.

        What a row was handed no record of, it names as absent; what was erased still has its leaf.
        """
        by_kind: dict[str, list[str]] = {}
        for name in sorted(names):
            kind, _, key = name.partition(":")
            by_kind.setdefault(kind, []).append(key)
        for kind, keys in by_kind.items():
            count = f"{len(keys)} records" if len(keys) > 1 else "a record"
            text = f"has results that rest on {count} of {kind} of {connection}"
            problem = f"{text} that no leaf states, such as {keys[0]}: expected each of them"
            self.report(f"{connection} {kind} unstated", when, problem)

    def add_elsewhere(
        self, history: History, order: Evaluated, rule: str, others: Sequence[str]
    ) -> None:
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
        merge_failure(history.failures, key, (order, order), 1, subject, waived=False)

    def report(self, about: str, when: str, problem: str) -> None:
        """Add a problem of an evaluation; of one thing only the first."""
        if about not in self.reported:
            self.reported.add(about)
            self.problems.append(f"the evaluation of {when} {problem}")

    def finish(self) -> None:
        """Add what lasts up to the last evaluation."""
        for connection in self.connections.values():
            connection.finish()
