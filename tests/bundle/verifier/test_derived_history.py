"""What evaluations left in logs of rows and verdicts, read by change, is what they state whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.bundle.verifier.contents import digest
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedBodies, DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import (
    ConnectionLogs,
    DerivedHistory,
    EvidenceVersion,
)
from ccm_core.bundle.verifier.derived.derived_log import DerivedNeed
from ccm_core.bundle.verifier.derived.population_tree import PopulationRoot
from ccm_core.bundle.verifier.derived_package import body_readers
from ccm_core.bundle.verifier.evaluations import Reading, empty_history, read_evaluations
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest, unpack_digest
from ccm_core.bundle.verifier.spans import instant_text
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.ledger.population import PopulationTree

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEYS = [*(f"door:{number}" for number in range(6)), "connection:hq"]
RULES = ("open", "share")
"""The second judges a share, in some histories."""
STATUSES = ("error", "fail", "insufficient", "pass", "not_applicable")
FIGURES = {
    "error": "error",
    "failed": "fail",
    "insufficient": "insufficient",
    "passed": "pass",
    "not_applicable": "not_applicable",
}
ROWS, VERDICTS = "rows/doors", "verdicts/locks/doors"


class Narrator:
    """Makes up evaluations by change, and the same ones whole."""

    def __init__(self, seed):
        self.random = Random(seed)  # noqa: S311 - histories, not keys
        self.rows, self.verdicts, self.records = {}, {}, {}
        self.versions, self.evidence, self.bodies = [], [], {}
        self.bounds, self.reads = {}, {}
        self.by_change, self.whole = [], []
        for number in range(self.random.randint(1, 8)):
            self.change()
            self.evaluate(number)
        every = sorted({unpack_digest(version.digest) for version in self.evidence})
        self.erased = set(self.random.sample(every, min(2, len(every))))

    def change(self):
        """Change records, rows and verdicts, some of them to what they were."""
        for name in self.random.sample(range(5), 2):
            content = f"{name} {self.random.randint(0, 2)}".encode()
            self.records[f"lock:{name}"] = digest(content)
            self.evidence.append(
                EvidenceVersion(len(self.evidence), f"lock:{name}", packed(content))
            )
        for key in self.random.sample(KEYS, self.random.randint(0, 5)):
            if self.random.random() < 0.2:
                self.put(self.rows, ROWS, key, None)
                self.put(self.verdicts, VERDICTS, key, None)
            else:
                self.put(self.rows, ROWS, key, self.row(key))
        for key in self.random.sample(KEYS, self.random.randint(0, 5)):
            if key in self.rows:
                self.put(self.verdicts, VERDICTS, key, self.verdict())

    def row(self, key):
        """Return a row."""
        kind, _, number = key.partition(":")
        at = BEGIN + self.random.randint(0, 9) * HOUR
        names = [f"lock:{name}" for name in self.random.sample(range(6), 2)]
        return {
            "subject": {
                "kind": kind,
                "key": number,
                "title": f"{key} {self.random.randint(0, 1)}",
                "url": None,
                "owners": [],
            },
            "fields": {},
            "names": names,
            "absent": [name for name in names if name not in self.records],
            "unknown": {},
            "occurred_at": self.random.choice([None, instant_text(at)]),
            "final": self.random.random() < 0.5,
        }

    def verdict(self):
        """Return what the rules say of a subject."""
        looked_up = [self.random.choice(sorted(self.records))]
        return {
            rule: {"status": self.random.choice(STATUSES), "reason": "so"}
            | ({"looked_up": looked_up} if self.random.random() < 0.5 else {})
            for rule in RULES
            if self.random.random() < 0.9
        }

    def put(self, current, kind, key, body):
        """Keep a version of a row or of verdicts."""
        if current.get(key) == body:
            return
        if body is None:
            del current[key]
        else:
            current[key] = body
        content = None if body is None else write_json(body)
        name = None if content is None else packed(content)
        self.bodies[name] = content
        self.versions.append(DerivedVersion(len(self.versions), kind, key, name))

    def evaluate(self, number):
        """Make an evaluation of what is there, both ways."""
        since = BEGIN + self.random.randint(0, 9) * HOUR
        rated = [rule for rule in RULES[1:] if self.random.random() < 0.7]
        judged = [rule for rule in RULES if self.random.random() < 0.8]
        waived = {rule: self.random.sample(KEYS, 2) for rule in judged}
        rules, whole, covered = [], [], {}
        for rule in RULES:
            subjects = [
                key for key, row in self.rows.items() if counts(row, since, is_rated=rule in rated)
            ]
            results = [
                self.result(rule, key, is_waived=key in waived[rule])
                for key in subjects
                if rule in judged and rule in self.verdicts.get(key, {})
            ]
            covered[rule] = {
                f"{result['subject']['kind']}:{result['subject']['key']}": "W"
                for result in results
                if result["waiver"]
            }
            inside = list(self.inside(rule, is_rated=rule in rated, is_judged=rule in judged))
            open_rows = (
                0
                if rule in judged
                else sum(counts(row, since, is_rated=False) for row in self.rows.values())
            )
            stated = statement(rule, results, inside, open_rows)
            rules.append({**stated, "results": inside})
            whole.append({**stated, "results": [*results, *inside]})
        at = instant_text(BEGIN + self.random.randint(0, 30) * HOUR)
        document = {
            "evaluated_at": at,
            "evidence_read": [],
            "packs": [],
            "controls": [
                {"framework": "f", "id": "1", "status": rules[0]["status"], "scope": None}
            ],
            "switched_off": [],
            "narrowing": [],
            "plugin_failures": [],
        }
        state = {
            "connection": "hq",
            "account": None,
            "period_since": instant_text(since),
            "kinds": [self.kind(ROWS, self.rows), self.kind(VERDICTS, self.verdicts)],
            "judged": judged,
            "rated": rated,
            "rule_keys": dict.fromkeys(RULES, ""),
            "waived": covered,
        }
        self.by_change.append({**document, "rules": rules, "derived": [state]})
        self.whole.append({**document, "rules": whole, "derived": []})
        self.bounds[number] = {"hq@derived": len(self.versions)}
        self.reads[number] = len(self.evidence)

    def kind(self, name, bodies):
        """Return the population of a kind."""
        digests = {key: digest(write_json(body)) for key, body in bodies.items()}
        return {
            "kind": name,
            "records": len(digests),
            "root": PopulationTree(digests.items()).root,
        }

    def result(self, rule, key, *, is_waived):
        """Return the result on one subject, as a whole evaluation has it."""
        row, verdict = self.rows[key], self.verdicts[key][rule]
        names = {*row["names"]} - {*row["absent"]} | {*verdict.get("looked_up", ())}
        digests = sorted({self.records[name] for name in names})
        waiver = "W" if is_waived and verdict["status"] == "fail" else None
        one = outcome(rule, row["subject"], verdict["status"], waiver, digests)
        return {**one, "occurred_at": row["occurred_at"]}

    def inside(self, rule, *, is_rated, is_judged):
        """Yield results on no subject."""
        kind = "population" if is_judged else "connection"
        subject = {"kind": kind, "key": "hq", "title": "hq", "url": None, "owners": []}
        if not is_judged:
            yield outcome(rule, subject, "insufficient", None, [])
        elif is_rated:
            yield outcome(rule, subject, self.random.choice(STATUSES[1:4]), None, [])

    def period(self):
        """Return a period in which some of the evaluations are."""
        moments = sorted(datetime.fromisoformat(one["evaluated_at"]) for one in self.whole)
        return moments[len(moments) // 3], moments[-1]

    def read(self, documents, *, act):
        """Return the history that documents make, and the problems with them."""
        history, problems = empty_history(), []
        reading = Reading(set(RULES), {"hq"}, self.erased, self.period())

        def lines(kind):
            names = [version.digest for version in self.versions if version.kind == kind]
            return [(name, self.bodies[name]) for name in dict.fromkeys(names) if name]

        logs = ConnectionLogs(
            self.versions,
            body_readers("hq", self.versions, self.erased, lines),
            self.evidence,
            Bounds(self.reads),
            len(self.versions),
        )
        need = DerivedNeed(frozenset({ROWS, VERDICTS}), self.bounds)
        reader = DerivedHistory(need, reading, {"hq": logs}, history, problems)
        leaf = {"act": "a"} if act else {}
        evaluations = (
            (number, leaf, write_json(document)) for number, document in enumerate(documents)
        )
        read_evaluations(evaluations, reading, history, reader)
        return history, problems


def packed(content):
    """Return the packed digest of a content."""
    return pack_digest(digest(content))


class Bounds:
    """How much of the evidence each evaluation could read."""

    def __init__(self, by_leaf):
        self.by_leaf = by_leaf

    def leaves(self, index, _):
        """Return the number of leaves."""
        return self.by_leaf[index]


def counts(row, since, *, is_rated):
    """Return whether a row counts in a period that begins at a moment."""
    at = row["occurred_at"]
    before = at is not None and datetime.fromisoformat(at) < since
    return not before or not (row["final"] or is_rated)


def outcome(rule, subject, status, waiver, digests):
    """Return a result."""
    return {
        "rule": rule,
        "connection": "hq",
        "subject": subject,
        "status": status,
        "waiver": waiver,
        "due_at": None,
        "occurred_at": None,
        "evidence_digests": digests,
    }


def statement(rule, results, inside, open_rows):
    """Return what an evaluation states of a rule."""
    subjects = [result for result in results if result["subject"]["kind"] == "door"]
    statuses = [result["status"] for result in subjects] + ["insufficient"] * open_rows
    figures = {figure: statuses.count(status) for figure, status in FIGURES.items()}
    shares = [result for result in inside if result["subject"]["kind"] == "population"]
    deciding = {result["status"] for result in (shares or [*results, *inside])}
    return {
        "rule": rule,
        "pack": "locks",
        "title": "Every door is locked",
        "over": "doors",
        "status": next((name for name in STATUSES if name in deciding), "insufficient"),
        "population": {
            **figures,
            "total": len(statuses),
            "waived": sum(result["waiver"] is not None for result in subjects),
        },
    }


@settings(max_examples=150, deadline=None)
@given(st.integers())
def test_results_by_change_are_those_of_whole_evaluations(seed):
    """Failures, evidence, what rests on erased evidence, and the counts, over any history."""
    narrator = Narrator(seed)
    by_change, problems = narrator.read(narrator.by_change, act=True)
    whole, _ = narrator.read(narrator.whole, act=True)
    assert problems == []
    same = {"items": {}, "method": None}  # these are objects, and compared by what they hold
    assert by_change._replace(**same) == whole._replace(**same)
    assert vars(by_change.method) == {**vars(whole.method), "accounts": {}}
    assert became_of(by_change) == became_of(whole)


def became_of(history):
    """Return what became of the items of each rule."""
    became = {
        name: (items.there, items.occurred, items.elsewhere)
        for name, items in history.items.items()
    }
    return {name: some for name, some in became.items() if any(some)}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([None, "a", "b"])), max_size=60))
def test_the_root_by_change_is_that_of_the_population(changes):
    """After each change, for buckets that appear and become empty as well."""
    population, root = {}, PopulationRoot()
    for number, name in changes:
        root.put(str(number), None if name is None else pack_digest(name))
        population[str(number)] = name
        current = [(key, value) for key, value in population.items() if value is not None]
        assert root.root == PopulationTree(current).root
        assert root.size == len(current)


def change_population(figure, by):
    """Return what changes a figure of the first rule in the last evaluation."""

    def change(document):
        document["rules"][0]["population"][figure] += by

    return change


def change_status(document):
    """State another status of the first rule."""
    rule = document["rules"][0]
    rule["status"] = "pass" if rule["status"] == "fail" else "fail"


def add_waiver(document):
    """Cover a subject that is not there."""
    document["derived"][0]["judged"] = list(RULES)
    document["derived"][0]["waived"]["open"] = {"door:99": "W"}


def change_root(document):
    """State another population of rows."""
    document["derived"][0]["kinds"][0]["root"] = "sha256:" + "0" * 64


def add_record(document):
    """State one verdict more."""
    document["derived"][0]["kinds"][1]["records"] += 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (change_population("failed", 1), "states of open"),
        (change_population("passed", -1), "states of open"),
        (change_population("waived", 1), "states of open"),
        (change_population("total", 1), "states of open"),
        (change_status, "states of open the status"),
        (add_waiver, "has a waiver of open for door:99 of hq, which does not fail"),
        (change_root, f"left another population of {ROWS} of hq"),
        (add_record, f"left another population of {VERDICTS} of hq"),
    ],
)
def test_what_does_not_follow_from_rows_and_verdicts_is_named(change, text):
    """A count, a status, a waiver or a root, in the last of several evaluations."""
    narrator = Narrator(7)
    change(narrator.by_change[-1])
    _, problems = narrator.read(narrator.by_change, act=True)
    assert any(text in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        (ROWS, {}, "expected the fields"),
        (ROWS, [], "has no form that is known"),
        (VERDICTS, {"open": {"status": "fine", "reason": ""}}, "'fine' is no status"),
        (VERDICTS, {"open": {"status": "pass"}}, "expected the fields"),
        (VERDICTS, {"open": {"status": "pass", "reason": "", "note": ""}}, "expected the fields"),
        (VERDICTS, [1], "has no form that is known"),
    ],
)
def test_a_body_of_no_known_form_is_named(kind, body, text):
    """With its connection, its kind and its subject."""
    content = write_json(body)
    version = DerivedVersion(0, kind, "door:1", packed(content))
    bodies = DerivedBodies(f"{kind} of hq", [(packed(content), content)], ())
    with pytest.raises(Exception, match=text) as error:
        bodies.body(version)
    assert f"{kind} of hq: the body of door:1" in str(error.value)
