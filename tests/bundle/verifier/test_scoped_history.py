"""What becomes of items that enter and leave the scope of a framework, evaluation by evaluation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.bundle.verifier.contents import digest
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, DerivedHistory
from ccm_core.bundle.verifier.derived.derived_log import DerivedNeed
from ccm_core.bundle.verifier.derived_package import body_readers
from ccm_core.bundle.verifier.evaluations import Reading, empty_history, read_evaluations
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest
from ccm_core.bundle.verifier.scoping.framework_scopes import row_letter, scope_words
from ccm_core.bundle.verifier.scoping.scope_conclusions import scope_assurance, scope_problem
from ccm_core.bundle.verifier.spans import instant_text
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.ledger.population import PopulationTree
from ccm_core.model import json_codec
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.subject import Subject
from ccm_core.rules.choices.scope_matching import scope_letter
from ccm_core.rules.derive.row_record import row_body
from ccm_core.sdk.view import Row

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROWS, VERDICTS = "rows/doors", "verdicts/locks/doors"
SUBJECT = {"kind": "door", "key": "1", "title": "Door", "url": None, "owners": []}
FIGURES = {"passed": "pass", "failed": "fail", "not_applicable": "not_applicable"}


def packed(content):
    """Return the packed digest of a content."""
    return pack_digest(digest(content))


def zone(*names):
    """Return the document of a scope of zones."""
    scope = FrameworkScope(framework="soc2", fields={"zone": names} if names else {})
    return json_codec.decode(json_codec.encode(scope))


def figures(statuses):
    """Count statuses as evaluations do."""
    counted = {figure: statuses.count(status) for figure, status in FIGURES.items()}
    return {**counted, "insufficient": 0, "error": 0, "total": len(statuses), "waived": 0}


class Account:
    """A door that changes, and what evaluations in one scope or another state of it."""

    def __init__(self, steps, occurred_at=BEGIN + HOUR):
        self.versions, self.bodies, self.current = [], {}, {}
        self.documents, self.bounds = [], {}
        for number, (of, status, scope) in enumerate(steps):
            verdict = {"status": status.removesuffix(" later"), "reason": "so"}
            if status.endswith(" later"):
                verdict["due_at"] = instant_text(BEGIN + 99 * HOUR)
            self.put(ROWS, self.row(of, occurred_at))
            self.put(VERDICTS, {"open": verdict})
            self.evaluate(number, of, verdict["status"], scope)

    def row(self, of, occurred_at):
        """Return the row of the door."""
        return {
            "subject": SUBJECT,
            "fields": {"zone": of},
            "names": [],
            "absent": [],
            "unknown": {},
            "occurred_at": occurred_at and instant_text(occurred_at),
            "final": False,
        }

    def put(self, kind, body):
        """Keep a version."""
        content = write_json(body)
        if self.current.get(kind) != content:
            self.current[kind], self.bodies[packed(content)] = content, content
            self.versions.append(
                DerivedVersion(len(self.versions), kind, "door:1", packed(content))
            )

    def evaluate(self, number, of, status, scope):
        """State what an evaluation found."""
        is_outside = bool(scope and scope["fields"] and of not in scope["fields"]["zone"])
        inside = figures([] if is_outside else [status])
        scoped = {
            "framework": "soc2",
            "status": None if is_outside else status,
            "population": inside,
            "results": [],
        }
        rule = {
            "rule": "open",
            "pack": "locks",
            "title": "Every door is locked",
            "over": "doors",
            "status": status,
            "controls": [{"framework": "soc2", "id": "1"}],
            "population": figures([status]),
            "scoped": [scoped] if scope else [],
            "results": [],
        }
        kinds = [
            {
                "kind": kind,
                "records": 1,
                "root": PopulationTree([("door:1", digest(content))]).root,
            }
            for kind, content in self.current.items()
        ]
        state = {
            "connection": "hq",
            "account": None,
            "period_since": instant_text(BEGIN),
            "kinds": kinds,
            "judged": ["open"],
            "rated": [],
            "rule_keys": {"open": "k"},
            "waived": {},
        }
        self.documents.append(
            {
                "evaluated_at": instant_text(BEGIN + (number + 2) * HOUR),
                "evidence_read": [],
                "packs": [],
                "controls": [],
                "switched_off": [],
                "narrowing": [],
                "plugin_failures": [],
                "scopes": [scope] if scope else [],
                "rules": [rule],
                "derived": [state],
            }
        )
        self.bounds[number] = {"hq@derived": len(self.versions)}

    def history(self):
        """Return what the evaluations say, and the problems with them."""
        scopes = {write_json(one): one for doc in self.documents for one in doc["scopes"]}
        need = DerivedNeed(frozenset({ROWS, VERDICTS}), self.bounds, tuple(scopes.values()))
        history, problems = empty_history(), []
        period = (BEGIN, BEGIN + 90 * HOUR)
        reading = Reading({"open"}, {"hq"}, set(), period, {"soc2"})

        def lines(kind):
            names = dict.fromkeys(one.digest for one in self.versions if one.kind == kind)
            return [(name, self.bodies[name]) for name in names]

        readers = body_readers("hq", self.versions, set(), lines, need.scopes)
        logs = ConnectionLogs(self.versions, readers, [], Unbounded(), len(self.versions))
        reader = DerivedHistory(need, reading, {"hq": logs}, history, problems)
        evaluations = (
            (number, {"act": "a"}, write_json(document))
            for number, document in enumerate(self.documents)
        )
        read_evaluations(evaluations, reading, history, reader)
        return history, problems


class Unbounded:
    """Any evaluation could read all of the evidence."""

    def leaves(self, _index, _read):
        """Return the number of leaves."""
        return 0


A, B, AB = zone("a"), zone("b"), zone("a", "b")


@pytest.mark.parametrize(
    ("steps", "counts", "is_exception"),
    [
        pytest.param([("a", "fail", A)], {"fail": 1}, True, id="in scope"),
        pytest.param([("b", "fail", A)], {}, False, id="outside"),
        pytest.param([("b", "fail", None), ("b", "pass", A)], {"fail": 1}, True, id="scope added"),
        pytest.param([("b", "fail", A), ("b", "fail", None)], {"fail": 1}, True, id="scope gone"),
        pytest.param([("a", "fail", A), ("b", "fail", A)], {"fail": 1}, True, id="failed, left"),
        pytest.param([("a", "pass", A), ("b", "fail", A)], {}, False, id="passed, left"),
        pytest.param([("a", "not_applicable later", A), ("b", "fail", A)], {}, False, id="open"),
        pytest.param([("b", "pass", A), ("a", "fail", A)], {"fail": 1}, True, id="entered"),
        pytest.param([("a", "fail", A), ("a", "fail", B)], {"fail": 1}, True, id="narrowed away"),
        pytest.param(
            [("a", "pass", A), ("a", "pass", B)], {"pass": 1}, False, id="passed, narrowed"
        ),
        pytest.param(
            [("b", "pass", None), ("b", "fail", A)], {"pass": 1}, False, id="passed before"
        ),
        pytest.param([("a", "pass", A), ("a", "pass", AB)], {"pass": 1}, False, id="widened"),
        pytest.param(
            [("a", "fail", A), ("b", "fail", A), ("a", "pass", A)],
            {"pass": 1},
            False,
            id="failed, left, came back and passed",
        ),
    ],
)
def test_an_item_counts_where_it_was_in_scope(steps, counts, is_exception):
    """What failed in scope is no less an exception where it left, or the scope was changed."""
    history, problems = Account(steps).history()
    assert problems == []
    if "soc2" not in history.scopes:
        pytest.fail("no evaluation states a scope")
    items = history.scopes["soc2"].history.items["open", "hq"]
    assert {key: number for key, number in items.counts().items() if number} == counts
    assert items.is_exception("door:1") is is_exception
    whole = history.items["open", "hq"]
    assert whole.population == {"door:1"}, "checks are not touched by a scope"


def test_a_scope_and_what_it_left_out_are_stated():
    """With each change, and loudly where it names nothing."""
    steps = [("a", "pass", None), ("a", "pass", A), ("b", "pass", A), ("b", "pass", A)]
    history, _ = Account(steps, None).history()
    found = scope_assurance("soc2", {"open"}, history)
    words = [(one["scope"], one["evaluations"]) for one in found["stated"]]
    assert words == [("everything: no scope was stated", 1), ("zone a", 3)]
    assert (found["items"], found["items_named"], found["items_outside"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((0, 0, 0), ""),
        ((3, 1, 2), ""),
        ((3, 3, 0), "leaves nothing out: all 3 items are in it"),
        ((3, 0, 2), "matches nothing: outside of it are 2 items, and it names none"),
        ((0, 0, 2), "matches nothing: outside of it are 2 items, and it names none"),
    ],
)
def test_a_useless_scope_is_said(numbers, expected):
    """All or nothing; without any item there is nothing to say."""
    assert scope_problem(*numbers) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda scoped: scoped["population"].update(failed=0, total=0), "0 failed"),
        (lambda scoped: scoped.update(status="pass"), "the status pass"),
        (lambda scoped: scoped["population"].update(total=2, passed=1), "1 passed"),
    ],
)
def test_forged_counts_of_a_scope_are_noticed(change, expected):
    """They follow from the rows in scope, as those of the whole rule do."""
    account = Account([("a", "fail", A)])
    change(account.documents[0]["rules"][0]["scoped"][0])
    _, problems = account.history()
    assert any("in the scope of soc2" in one and expected in one for one in problems), problems


def test_a_scope_that_only_one_of_two_evaluations_of_the_same_inputs_states_is_a_problem():
    """Its rows have no letter for it, and nothing is left out."""
    account = Account([("a", "fail", A), ("a", "fail", A)])
    assert account.history()[1] == [], "a scope that is known is well"
    account.documents[1]["scopes"] = [zone("x")]
    history, problems = empty_history(), []
    need = DerivedNeed(frozenset({ROWS, VERDICTS}), account.bounds, (A,))
    reader = DerivedHistory(
        need, Reading(set(), set(), set(), None, {"soc2"}), {}, history, problems
    )
    reader.read_scopes(account.documents[1])
    assert "states another scope of soc2" in problems[0]


NAMES = ["pay", "pay*", "*", "P1", "", "low", "true", "1"]
lists = st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)
patterns = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple)
values = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(NAMES))


@given(data=st.data())
def test_the_verifier_reads_scopes_as_the_host_does(data):
    """Whatever is in scope, and whatever a row has."""
    names = ("connections", "services", "teams", "priorities", "incident_types", "urgencies")
    scope = FrameworkScope(
        framework="soc2",
        **{name: data.draw(lists) for name in names},
        fields=data.draw(
            st.dictionaries(st.sampled_from(["zone", "service.id", "zone.x"]), patterns, max_size=2)
        ),
    )
    keys = ["priority", "incident_type", "urgency", "zone", "service"]
    nested = st.dictionaries(st.sampled_from(["id", "title", "x"]), values, max_size=3)
    body = data.draw(
        st.dictionaries(
            st.sampled_from(keys), st.one_of(values, nested, st.lists(values, max_size=2))
        )
    )
    row = Row(
        subject=Subject(
            kind=data.draw(st.sampled_from(["acme.incident", "acme.service", "connection"])),
            key=data.draw(st.sampled_from(NAMES)),
            title="pay",
            owners=data.draw(lists),
        ),
        body=body,
        evidence_digests=(),
    )
    document, kept = (json_codec.decode(json_codec.encode(one)) for one in (scope, row_body(row)))
    assert row_letter(document, "pay", kept) == scope_letter(scope, "pay", row)
    assert scope_words(document) == scope.words
